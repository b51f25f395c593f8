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

  /** @param {'light'|'dark'|'auto'} choice */
  function show(choice) {
    // A picture is looked at on black, whatever the pages around it have.
    var always = root.dataset.page === 'player' ? 'dark' : '';
    root.dataset.theme = always || (choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice);
  }

  function apply() {
    show(get());
  }

  /** @param {'light'|'dark'|'auto'} choice */
  function set(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch (error) {
      // Not remembered, but still shown.
    }
    show(choice);
  }

  dark.addEventListener('change', apply);
  window.addEventListener('storage', apply);
  window.marqueeTheme = { get: get, set: set };
  apply();
})();
