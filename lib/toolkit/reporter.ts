import type pc from "picocolors";

/** Where long work reports what it is doing. The terminal of the command line is one. */
export interface Reporter {
  readonly verbose: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;

  /** Writes a line that stays. */
  report(line: string): void;

  /** Says what begins now. */
  announce(text: string): void;

  /** Shows what is going on at this moment, or clears it. */
  showLive(text: string | undefined): void;
}

/** What the functions of the toolkit get besides their arguments. */
export interface ToolkitContext {
  readonly surroundings: { readonly environment: NodeJS.ProcessEnv };
  readonly terminal: Reporter;
}
