/** Exit statuses of every command. */
export const EXIT_STATUS = {
  /** Nothing to do, or done. */
  done: 0,
  /** Something is broken or was asked for wrongly. */
  error: 1,
  /** There are changes to apply. */
  changes: 2,
  /** A gate refused; nothing was changed. */
  refused: 3,
} as const;
export type ExitStatus = (typeof EXIT_STATUS)[keyof typeof EXIT_STATUS];
