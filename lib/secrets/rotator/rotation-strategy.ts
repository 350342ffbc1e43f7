/** What gets new values: a server with users, or nothing but the secret itself. All methods can be repeated. */
export interface RotationTarget {
  /**
   * Makes a new value. Changes nothing.
   * @param current the value in use; nothing before the first rotation
   */
  generate(current: string | undefined): Promise<string>;

  /** Whether a value works. @throws when that cannot be found out: a server that does not answer is no answer */
  accepts(value: string): Promise<boolean>;

  /** Makes a value work. The current one goes on working, unless the strategy says otherwise. */
  install(value: string, current: string | undefined): Promise<void>;

  /** Ends what no longer may work. @param kept the values that go on working: the current, the previous, and the next one */
  retire?(kept: readonly string[]): Promise<void>;
}

/** How values of one kind are rotated. */
export interface RotationStrategy {
  /** Runs `work` while nobody else works on the same secret. @throws SternaError `RotationLocked` */
  exclusively<Result>(work: (target: RotationTarget) => Promise<Result>): Promise<Result>;
}

/** Called at each point of a rotation that could be its last; the name says what has just been done. */
export type OnProgress = (point: string) => void | Promise<void>;
