/**
 * - `ok`: as it should be
 * - `problem`: something will not work; `doctor` ends with exit status 1
 * - `warning`: works here, and may surprise
 * - `note`: worth knowing
 */
export type FindingStatus = "ok" | "problem" | "warning" | "note";

/** What the doctor found. */
export interface Finding {
  readonly status: FindingStatus;
  readonly title: string;
  /** What to do about it, in lines. */
  readonly cure?: string;
}

export const ok = (title: string): Finding => ({ status: "ok", title });
export const problem = (title: string, cure: string): Finding => ({ status: "problem", title, cure });
export const warning = (title: string, cure: string): Finding => ({ status: "warning", title, cure });
export const note = (title: string, cure: string): Finding => ({ status: "note", title, cure });
