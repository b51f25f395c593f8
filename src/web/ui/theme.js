// Light, dark or as the system has it. A classic script in the head, so that the first paint has its colours already.
(function () {
  'use strict';
  var KEY = 'marquee.theme';
  var root = document.documentElement;
  var dark = window.matchMedia('(prefers-color-scheme: dark)');

  /** @returns {'light'|'dark'|'auto'} */
  function get() {
    try {
      var stored = localStorage.getItem(KEY);
      return stored === 'light' || stored === 'dark' ? stored : 'auto';
    } catch (error) {
      return 'auto'; // Storage is switched off in this browser.
    }
  }

  function apply() {
    var choice = get();
    root.dataset.theme = choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice;
  }

  /** @param {'light'|'dark'|'auto'} choice */
  function set(choice) {
    try {
      localStorage.setItem(KEY, choice);
      apply();
    } catch (error) {
      // Not remembered, but still shown.
      root.dataset.theme = choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice;
    }
  }

  dark.addEventListener('change', apply);
  window.addEventListener('storage', apply);
  window.marqueeTheme = { get: get, set: set };
  apply();
})();
