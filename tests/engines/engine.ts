/** What a script in a page may be given, and may return. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An element of a page, which is used as a person would use it. */
export interface PageElement {
  /** Clicks its centre. */
  click(): Promise<void>;
  /** Types into it. Line breaks and named keys are not meant. */
  type(text: string): Promise<void>;
  /** Presses Enter in it. */
  enter(): Promise<void>;
}

/** A browser tab of somebody who shares nothing with the other tabs of a test. */
export interface Tab {
  /** Opens an address. */
  open(url: string): Promise<void>;
  /** Loads the page again. */
  reload(): Promise<void>;
  /**
   * Runs the body of a function in the page.
   * @param body reads its parameters as `arguments[0]` and so on
   */
  run(body: string, ...parameters: Json[]): Promise<Json>;
  /** The same for a body that returns an element, or null. */
  find(body: string, ...parameters: Json[]): Promise<PageElement | undefined>;
  /** A PNG of what is to be seen. */
  screenshot(): Promise<Uint8Array>;
  /** Closes the tab. */
  close(): Promise<void>;
}

/** A browser engine. */
export interface Engine {
  /** The name and version that the browser gives itself. */
  readonly version: string;
  /** Opens an empty tab. */
  tab(): Promise<Tab>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/** The engines that the client is tried in. */
export const ENGINES = ['chromium', 'firefox', 'webkit'] as const;

/** The name of an engine. */
export type EngineName = (typeof ENGINES)[number];
