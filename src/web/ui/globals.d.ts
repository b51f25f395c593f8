// What the pages add to the browser's own objects.

import type { Player } from './live/player.js';

declare global {
  interface Window {
    marqueeTheme: {
      get(): 'light' | 'dark' | 'auto';
      set(choice: 'light' | 'dark' | 'auto'): void;
    };
    marqueePlayer?: Player;
    /** Safari's own kind, the only one an iPhone has. */
    ManagedMediaSource?: typeof MediaSource;
  }
  interface HTMLElement {
    marquee?: Player;
  }
  interface HTMLVideoElement {
    /** Full screen on an iPhone, where only a video can have it. */
    webkitEnterFullscreen?(): void;
  }
}

export {};
