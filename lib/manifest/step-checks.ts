/** The outcome of one check. */
export interface CheckResult {
  readonly query: string;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Whether a step's effect is in the store.
 *
 * - `there`: its probe finds it, or each of its verify queries gives the expected answer
 * - `absent`: they do not
 * - `unknown`: the check could not be run
 */
export interface Presence {
  readonly state: "there" | "absent" | "unknown";
  /** What decided: the table of the tool that was used before, its probe, or, without either, its verify queries. */
  readonly by: "history" | "probe" | "verify";
  /** Why it is not `there`. */
  readonly reason?: string;
}
