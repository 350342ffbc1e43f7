import { EngineError } from "../../engine-error";
import type { BackupContext } from "../backup-context";
import { runProgram } from "../run-program";

/** What `redis-check-rdb` says about a snapshot. */
export interface SnapshotContent {
  readonly keys: number;
  /** Keys, among those, that expire by themselves. */
  readonly expires: number;
  /** Highest number of a logical database in it. */
  readonly highestDatabase: number;
}

/**
 * Reads a snapshot to its end and checks its checksum.
 *
 * @throws EngineError `BackupUnreadable`
 */
export async function readSnapshot(file: string, context: BackupContext): Promise<SnapshotContent> {
  const said = await runProgram("redis-check-rdb", [file], context, { failure: "BackupUnreadable" });
  const number = (what: RegExp): number => {
    const found = what.exec(said)?.[1];
    if (found !== undefined) return Number(found);
    throw new EngineError("BackupUnreadable", `redis-check-rdb does not say how many keys ${file} holds: ${said}`);
  };
  const databases = [...said.matchAll(/Selecting DB ID (\d+)/g)].map((match) => Number(match[1]));
  return {
    keys: number(/(\d+) keys read/),
    expires: number(/(\d+) expires/),
    highestDatabase: Math.max(0, ...databases),
  };
}
