// What the parts of the TV player hand each other. They are one classic script: what one declares, all of them see.

/** One item of a program, as the box compiled it. */
interface TvItem {
  /** Stable: proof of play counts by it. */
  key: string;
  kind: 'video' | 'slide' | 'live';
  name: string;
  asset: number | null;
  page: number | null;
  source: string | null;
  src: string | null;
  type: string | null;
  bytes: number | null;
  duration_ms: number;
  /** Where in the file it begins. */
  from_ms: number;
  fit: 'contain' | 'cover';
  sound: boolean;
  transition: 'cut' | 'fade';
  until_no_signal: boolean;
}

interface TvProgram {
  playlist: number | null;
  name: string;
  state: 'play' | 'splash' | 'standby';
  epoch_ms: number;
  total_ms: number;
  in_step: boolean;
  items: TvItem[];
}

interface TvMessage {
  id: number;
  text: string;
  until_ms: number | null;
}

/** What `/api/playlist` answers. */
interface TvAnswer {
  screen: { id: number; name: string; code: string; group: string | null };
  programs: TvProgram[];
  segments: { from_ms: number; until_ms: number; program: number }[];
  message: TvMessage | null;
  /** What begins in a day or later, in short; not in answers of older boxes. */
  later?: TvLater | null;
}

interface TvLater {
  programs: (Omit<TvProgram, 'items'> & { order: number[] })[];
  items: TvItem[];
  segments: { from_ms: number; until_ms: number; program: number }[];
}

/** What is to be seen over a stretch of time. */
interface TvPlace {
  /** The same place has the same. */
  id: string;
  state: 'play' | 'splash' | 'standby';
  program: TvProgram | null;
  /** None unless it plays. */
  item: TvItem | null;
  /** When the item begins, by the box's clock, had one looked from its start. */
  starts_ms: number;
  /** When the next place begins; infinite if nothing says so. */
  ends_ms: number;
  /** When it is to be seen first: at its start, or with what begins in its middle. */
  due_ms: number;
}

/** A file of the library kept here, or some of it. */
interface TvFile {
  url: string;
  type: string;
  bytes: number;
  /** Pieces that are here, from the first on. */
  pieces: number;
  whole: boolean;
  used_ms: number;
}

/** One item that was shown. `number` is given by the database. */
interface TvPlay {
  number?: number;
  item: string;
  playlist: number | null;
  asset: number | null;
  source: string | null;
  name: string;
  from_ms: number;
  until_ms: number;
  whole: boolean;
  /** Of which opening of the page, while it is still shown; none once it is over. */
  open?: string;
}

interface TvStorage {
  /** What is written survives the page. */
  lasting: boolean;
  get(store: string, key: any): Promise<any>;
  all(store: string, count_max: number): Promise<any[]>;
  keys(store: string): Promise<any[]>;
  put(store: string, value: any, key?: any): Promise<any>;
  /** Writes one of each at once, or nothing. */
  putBoth(first: [string, any, any?], second: [string, any, any?]): Promise<any>;
  remove(store: string, keys: any[]): Promise<any>;
}

/** What is shown of a live source. */
interface TvSession {
  view: HTMLVideoElement | HTMLCanvasElement;
  /** Resolves with the first picture, rejects if none comes. */
  ready: Promise<void>;
  /** Pictures so far. */
  frames(): number;
  end(): void;
}

/** Answers of the box. */
interface TvResponse {
  status: number;
  text: string;
  header(name: string): string | null;
  /** Only where one was asked for. */
  blob: Blob | null;
}

/** The box, as the player knows it. */
interface TvRemote {
  /** Resolves when there is something to play: of the box, or kept from before. */
  start(): Promise<void>;
  poll(): Promise<void>;
  report(): void;
  /** The page slept: everything is asked anew. */
  wake(): void;
  /** Resolves with the number through which the box has them. */
  sendPlays(plays: TvPlay[]): Promise<number>;
  isAway(): boolean;
  /** The box is there, and says that it can not answer. */
  isRefused(): boolean;
}

interface Window {
  marqueeTv?: any;
  webkitRTCPeerConnection?: typeof RTCPeerConnection;
}
