import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceFileSync } from "../../core/replace-file";
import { EngineError } from "../engine-error";
import type { StepRecord } from "../../manifest/step-record";
import { NotRegularFileError, readRegularFile } from "../files/regular-file";
import { FileLock } from "./file-lock";
import { type Ledger, type LedgerSession, type LockWait, readRow, assertScope, type LedgerScope } from "./ledger";

/** A program that holds a long script is a few megabytes. */
const LONGEST_ROW_BYTES = 256 * 1024 ** 2;
const UNRECORDED = "What the step did since its last row is not recorded, so the next apply may do it again.";

/** A ledger in a directory: one JSON file per step. For one machine; the default where no database is at hand. */
export class FileLedger implements Ledger {
  readonly location: string;

  constructor(
    private readonly directory: string,
    private readonly scope: LedgerScope,
  ) {
    this.location = `directory ${directory}`;
  }

  async get(id: string): Promise<StepRecord | undefined> {
    return this.guard(() => this.read(id));
  }

  async list(): Promise<StepRecord[]> {
    return this.guard(() => {
      const records = this.names()
        .map((id) => this.read(id))
        .filter((record) => record !== undefined);
      return records.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
    });
  }

  async withLock<T>(id: string, work: (session: LedgerSession) => Promise<T>, wait?: LockWait): Promise<T> {
    const lock = new FileLock(join(this.directory, "locks", id));
    let release: () => void;
    try {
      // Before the lock creates it with wider permissions: rows are for their owner alone.
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      release = await lock.acquire(wait);
    } catch (error) {
      if (wait?.signal?.aborted) throw error;
      throw this.unreachable(error);
    }
    try {
      return await work({
        get: () => this.get(id),
        put: async (record) => this.guard(() => this.write(record), UNRECORDED),
        remove: async () => this.guard(() => rmSync(this.path(id), { force: true }), UNRECORDED),
      });
    } finally {
      release();
    }
  }

  async close(): Promise<void> {}

  private path(id: string): string {
    return join(this.directory, `${id}.json`);
  }

  private names(): string[] {
    try {
      return readdirSync(this.directory)
        .filter((name) => name.endsWith(".json"))
        .map((name) => name.slice(0, -".json".length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  private read(id: string): StepRecord | undefined {
    let content: string;
    try {
      content = readRegularFile(this.path(id), LONGEST_ROW_BYTES);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      if (!(error instanceof NotRegularFileError)) throw error;
      throw new EngineError(
        "LedgerDamaged",
        `the row of step "${id}" cannot be read: ${error.message}. Nothing was run. Put the row back from a backup of the ledger; without one, move ${error.path} away and say with \`sterna ledger repair\` what the step has done.`,
      );
    }
    return assertScope(readRow(content, id, this.location), this.scope, this.location);
  }

  /** A reader, or a machine that loses its power, sees the old row or the new one, never a half of one. */
  private write(record: StepRecord): void {
    replaceFileSync(this.path(record.id), `${JSON.stringify(record, undefined, 2)}\n`);
  }

  private guard<T>(access: () => T, consequence?: string): T {
    try {
      return access();
    } catch (error) {
      throw this.unreachable(error, consequence);
    }
  }

  private unreachable(error: unknown, consequence = "Nothing was run."): EngineError {
    if (error instanceof EngineError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new EngineError(
      "LedgerUnreachable",
      `the ledger in ${this.location} cannot be used: ${reason}. ${consequence} Mend the directory (does it exist, is it writable, is the disk full?) and apply again.`,
      { cause: error },
    );
  }
}
