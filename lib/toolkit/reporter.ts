import type { Paint } from "../promotion/report/text";

/** Receives progress reports of long work, such as the terminal of the command line. */
export interface Reporter {
  /** Whether all output of the app and Terraform is reported. */
  readonly verbose: boolean;

  /** Colors of texts. */
  readonly colors: Paint;

  /** Shows a permanent line. */
  report(line: string): void;

  /** Shows what begins now. */
  announce(text: string): void;

  /** Shows the current activity, or clears it if undefined. */
  showLive(text: string | undefined): void;
}

/** What the functions of the toolkit receive besides their arguments. */
export interface ToolkitContext {
  readonly surroundings: { readonly environment: NodeJS.ProcessEnv };
  readonly terminal: Reporter;
}

const same = (text: string): string => text;
/** Returns texts unchanged. */
export const PLAIN: Paint = { bold: same, dim: same, green: same, red: same, yellow: same };

/** A reporter with all functions. Missing ones do nothing. */
export function completeReporter(given: Partial<Reporter> = {}): Reporter {
  return {
    verbose: given.verbose ?? false,
    colors: given.colors ?? PLAIN,
    report: (line) => given.report?.(line),
    announce: (text) => given.announce?.(text),
    showLive: (text) => given.showLive?.(text),
  };
}
