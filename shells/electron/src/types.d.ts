// The shapes that the files of the main process pass to each other.

import type { BrowserWindow, WebContents } from "electron";

/** What a fork changes (dds.toml). */
export interface Project {
  /** Artifact names start with it. */
  name: string;
  /** What people read. */
  title: string;
  /** Reverse-domain identifier; also the name of the app-data folder. */
  identifier: string;
}

/** How the backend is run from its sources (dds.toml). */
export interface Checkout {
  /** Absolute. */
  root: string;
  /** Below `root`. */
  sourceRoot: string;
  /** Arguments of Python. */
  command: string[];
  settingsModule: string;
}

/** What this start of the program is. */
export interface Settings {
  project: Project;
  /** What people read in other languages than English, by its language and the English words. */
  words: Record<string, Record<string, string>>;
  /** Null in an installed program. */
  checkout: Checkout | null;
  /** Run from a package, not from a checkout. */
  isInstalled: boolean;
  /** `packaged`: a staged backend; `development`: the backend's sources. */
  mode: string;
  backendRoot: string;
  /** A picture for the windows, where it is there: on Linux they don't take it from the program. */
  icon: string;
  /** In development: another interpreter than uv's. */
  python: string | undefined;
  /** Everything that belongs to the person. */
  dataFolder: string;
  /** Where the backend writes its log, once it can. */
  log: string;
  /** Quit after the first page, ask nobody anything. */
  isSmokeTest: boolean;
}

/** The one process to start. */
export interface Launch {
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The page to show until the backend is ready. */
  splash: string;
}

/** Something went wrong, in the words that a person reads. */
export interface Failure extends Error {
  title: string;
  /** What happened and what to do next. */
  detail: string;
  /** A file to look into. */
  log: string | null;
}

type Place = Pick<Settings, "isInstalled">;

/** The texts of all failures. */
export interface Failures {
  unknownMode(mode: string): Failure;
  unusableDataFolder(folder: string, cause: unknown): Failure;
  missingManifest(file: string, place: Place): Failure;
  damagedManifest(file: string, problem: string, place: Place): Failure;
  missingPython(file: string, place: Place): Failure;
  cannotStart(command: string, cause: unknown): Failure;
  endedEarly(how: string, output: string, log: string | null): Failure;
  crashed(how: string, output: string, log: string | null): Failure;
  /** `pid` 0: unknown. */
  alreadyRunning(pid: number): Failure;
  strangeAddress(url: string, log: string): Failure;
  behindProxy(url: string): Failure;
  pageNotLoaded(url: string, cause: unknown, log: string): Failure;
  windowCrashed(why: string, log: string): Failure;
  tooLate(seconds: number, log: string): Failure;
  wrongPage(url: string, problem: string, log: string): Failure;
  defect(cause: unknown): Failure;
}

/** What counts of runtime-manifest.json; paths are absolute. */
export interface Manifest {
  python: string;
  cwd: string;
  sourceRoot: string;
  command: string[];
  settingsModule: string;
}

export interface BackendListener {
  phase(name: string): void;
  /** The first request to `url` will be answered. */
  ready(url: string): void;
  /** Called at most once, and never because of `stop`. */
  failed(failure: Failure): void;
}

/** Have the backend do something with a person's data, see docs/people-data.md. Rejects with a Failure when it refuses. */
export type AskBackend = (verb: string, options?: object, show?: (part: number) => void) => Promise<any>;

export interface Backend {
  ask: AskBackend;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Where Django is, once it is known, and what it asks every request for. */
export interface Site {
  origin: string | null;
  token: string;
}

export interface Windows {
  /** The window that a person looks at. */
  current(): BrowserWindow | undefined;
  /** The one with Django's pages, once it is on the screen. */
  main(): BrowserWindow | undefined;
  /** Get the main window ready while the backend starts, and show the splash if that takes longer than a moment. */
  open(splash: string): void;
  showPhase(name: string): void;
  /** No splash behind a message; what to attach the message to. */
  makeRoom(): BrowserWindow | undefined;
  /** Show this page in the main window until there is another one. */
  wait(splash: string): Promise<void>;
  /** Resolves when the page is on the screen; rejects with a Failure. */
  openMain(url: string): Promise<Page>;
}

/** What the menu offers for a person's data. */
export interface PeopleData {
  backUp(): Promise<void>;
  restore(): Promise<void>;
  exportData(): Promise<void>;
  saveSupportFile(): Promise<void>;
}

/** Ask a question: is it answered with the first button? */
export type Ask = (message: string, detail: string, ...buttons: string[]) => Promise<boolean>;

/** Where the main window was. */
export interface WindowPlace {
  x?: number;
  y?: number;
  width: number;
  height: number;
  minWidth: number;
  minHeight: number;
  isMaximized: boolean;
}

/** The first page. */
export interface Page {
  contents: WebContents;
  /** HTTP status; 0 when there was no answer. */
  status: number;
}

export interface Ending {
  /** Stop the backend and leave; the first call decides the exit code, unless something has failed. */
  end(code: number): Promise<void>;
  /** Say what went wrong, then end. Only the first failure counts. */
  fail(failure: unknown): Promise<void>;
  /** Stop the backend and stay, because an installer takes over. */
  release(): Promise<void>;
}
