import type { Paint } from "../promotion/report/text";

/** Where long work reports what it is doing. The terminal of the command line is one. */
export interface Reporter {
  /** Whether everything that the app and Terraform print is wanted. */
  readonly verbose: boolean;

  /** How texts are painted. */
  readonly colors: Paint;

  /** Takes a line that stays. */
  report(line: string): void;

  /** Takes what begins now. */
  announce(text: string): void;

  /** Takes what is going on at this moment; nothing when it is over. */
  showLive(text: string | undefined): void;
}

/** What the functions of the toolkit get besides their arguments. */
export interface ToolkitContext {
  readonly surroundings: { readonly environment: NodeJS.ProcessEnv };
  readonly terminal: Reporter;
}

const same = (text: string): string => text;
/** Leaves texts as they are. */
export const PLAIN: Paint = { bold: same, dim: same, green: same, red: same, yellow: same };

/** A reporter with all functions; what is left out reports nothing. */
export function completeReporter(given: Partial<Reporter> = {}): Reporter {
  return {
    verbose: given.verbose ?? false,
    colors: given.colors ?? PLAIN,
    report: (line) => given.report?.(line),
    announce: (text) => given.announce?.(text),
    showLive: (text) => given.showLive?.(text),
  };
}
