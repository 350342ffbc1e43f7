import { join } from "node:path";
import { scratchRoot } from "./repository";

/** A suite that was skipped: a line of `SKIPPED_FILE`. */
export interface Skipped {
  /** Test file, from the top of the checkout. */
  readonly file: string;
  readonly title: string;
  readonly missing: readonly string[];
}

/** Suites that were skipped since set-up ran, one JSON document a line. */
export const SKIPPED_FILE = join(scratchRoot, "skipped.jsonl");
