import { lt } from "semver";
import type { ApplyRecord } from "../../promotion/apply-record";

/** Where an apply leads, seen from the last one. */
export interface Course {
  /** To an older release: neither evidence nor a window bars the way back, which is what people need at night. */
  readonly goesBack: boolean;
  /** To the end of an apply that failed half-way: that waits for no window. */
  readonly finishes: boolean;
}

/** @param last record of the last apply, if there is one */
export function courseTo(release: string, last: Pick<ApplyRecord, "release" | "result"> | undefined): Course {
  return {
    goesBack: last !== undefined && lt(release, last.release),
    finishes: last !== undefined && last.result !== "applied" && last.release === release,
  };
}
