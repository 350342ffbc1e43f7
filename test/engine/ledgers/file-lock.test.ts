import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { FileLock } from "../../../lib/engine/ledgers/file-lock";
import { repositoryRoot } from "../../support/repository";

describe("a lock between processes", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-lock-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is held by one at a time, whoever comes, and never lost when a holder is killed", async () => {
    // GIVEN eight processes that take the lock over and over; half of them die while they hold it
    const log = join(directory, "log");
    const worker = join(repositoryRoot, "test/engine/ledgers/lock-worker.ts");
    const workers = Array.from({ length: 8 }, (_, index) =>
      execa(process.execPath, ["--import", "tsx", worker, join(directory, "lock"), log, index % 2 ? "die" : "live"], {
        cwd: repositoryRoot,
        reject: false,
      }),
    );

    // WHEN
    await Promise.all(workers);

    // THEN every "in" is followed by the same holder's "out", or by nothing more from one that died
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const dead = new Set<string>();
    lines.forEach((line, index) => {
      const [pid, event] = line.split(" ") as [string, string];
      expect(dead.has(pid)).toBe(false);
      const next = lines[index + 1]?.split(" ");
      if (event === "in" && next && next[0] !== pid) dead.add(pid);
      if (event === "out") expect(lines[index - 1]).toBe(`${pid} in`);
    });
    expect(dead.size).toBeLessThanOrEqual(4);
    expect(lines.filter((line) => line.endsWith(" out")).length).toBeGreaterThanOrEqual(4 * 20);
  }, 120_000);

  it("says once whom it waits for, and ends its waiting on a signal", async () => {
    // GIVEN
    const release = await new FileLock(directory).acquire();
    const waits: string[] = [];
    const controller = new AbortController();

    // WHEN
    const waiting = new FileLock(directory).acquire({
      onWait: (holder) => waits.push(holder),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 350);

    // THEN
    await expect(waiting).rejects.toThrow("aborted");
    expect(waits).toEqual([`process ${process.pid} on ${hostname()}`]);
    release();
  });

  it("is not taken from a process of another machine: nobody here can know that it is dead", async () => {
    // GIVEN
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "ticket.1"), JSON.stringify({ host: "elsewhere", pid: 999_999 }));

    // WHEN
    const waiting = new FileLock(directory).acquire({ signal: AbortSignal.timeout(300) });

    // THEN
    await expect(waiting).rejects.toThrow("aborted");
  });

  it("is taken from a process whose id another one has now", async () => {
    // GIVEN this process's id, with another start
    const reused = { host: hostname(), pid: process.pid, startTime: "1" };
    writeFileSync(join(directory, "ticket.7"), JSON.stringify(reused));

    // WHEN
    const release = await new FileLock(directory).acquire();

    // THEN
    release();
    expect(readdirSync(directory)).toEqual(["ticket.8"]);
    appendFileSync(join(directory, "ticket.8"), "");
  });

  it("writes nothing into a directory that took the place of its own while it was held", async () => {
    // GIVEN
    writeFileSync(join(directory, "ticket.7"), "");
    const release = await new FileLock(directory).acquire();
    renameSync(directory, `${directory}.away`);
    const other = await new FileLock(directory).acquire();

    // WHEN
    release();

    // THEN a released ticket with a higher number would have freed the other lock
    expect(readdirSync(directory)).toEqual(["ticket.1"]);
    other();
    rmSync(`${directory}.away`, { recursive: true });
  });
});
