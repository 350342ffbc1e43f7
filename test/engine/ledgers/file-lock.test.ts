import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { execa } from "execa";
import { execFileSync } from "node:child_process";
import fs, {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
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

  describe("whose newest ticket cannot be read as one", () => {
    const ticket = () => join(directory, "ticket.3");
    const acquire = () => new FileLock(directory).acquire({ signal: AbortSignal.timeout(3000) });

    it.each<[string, () => void, string]>([
      ["is torn by a power failure", () => writeFileSync(ticket(), "\0".repeat(64)), "is damaged"],
      ["ends in the middle", () => writeFileSync(ticket(), '{"host":"build-1","pi'), "is damaged"],
      ["says something else", () => writeFileSync(ticket(), '{"user":"me"}'), "is damaged"],
      ["is a named pipe", () => void execFileSync("mkfifo", [ticket()]), "is a named pipe (FIFO), not a file"],
      ["is a directory", () => mkdirSync(ticket()), "is a directory, not a file"],
      ["is a link to a device", () => symlinkSync("/dev/zero", ticket()), "is a symbolic link, not a file"],
      ["is an endless link", () => symlinkSync(ticket(), ticket()), "is a symbolic link, not a file"],
      ["is longer than any ticket", () => writeFileSync(ticket(), "x".repeat(100_000)), "is 100000 bytes long"],
    ])("is refused within a second, and named, when it %s", async (_what, put, message) => {
      // GIVEN
      put();

      // WHEN
      const begun = performance.now();
      const acquiring = acquire();

      // THEN
      await expect(acquiring).rejects.toMatchObject({ code: "LedgerDamaged" });
      await expect(acquiring).rejects.toThrow(message);
      await expect(acquiring).rejects.toThrow(`delete ${ticket()}`);
      expect(performance.now() - begun).toBeLessThan(1000);
    });

    it("is taken when another user released it, whose files only that user can read", async () => {
      // GIVEN what the released ticket of a user with umask 077 looks like to others: its size can be seen
      writeFileSync(ticket(), "");
      chmodSync(ticket(), 0o000);
      const open = jest.spyOn(fs, "openSync");

      // WHEN
      const release = await acquire();

      // THEN
      expect(open.mock.calls.map(([path]) => path)).not.toContain(ticket());
      open.mockRestore();
      release();
      expect(readdirSync(directory)).toEqual(["ticket.4"]);
    });

    it.each(["ticket.abc", "ticket.", "ticket.1.swp", "ticket.99999999999999999999", "ticket.-1", "ticket.007"])(
      "is taken beside a file that is not a ticket: %s",
      async (name) => {
        // GIVEN
        writeFileSync(join(directory, name), "of an editor");

        // WHEN
        const release = await acquire();

        // THEN
        release();
        expect(readdirSync(directory).sort()).toEqual([name, "ticket.1"].sort());
      },
    );
  });

  it("says what to do about a holder on another machine that is gone", async () => {
    // GIVEN
    writeFileSync(join(directory, "ticket.1"), JSON.stringify({ host: "build-7", pid: 12 }));
    const waits: string[] = [];

    // WHEN
    const waiting = new FileLock(directory).acquire({
      onWait: (holder) => waits.push(holder),
      signal: AbortSignal.timeout(300),
    });

    // THEN
    await expect(waiting).rejects.toThrow("aborted");
    expect(waits[0]).toContain("process 12 on build-7");
    expect(waits[0]).toContain(`if it is gone for good, delete ${join(directory, "ticket.1")}`);
  });

  it("keeps its files to its user", async () => {
    // WHEN
    const release = await new FileLock(join(directory, "locks", "s1")).acquire();

    // THEN
    expect(statSync(join(directory, "locks")).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "locks/s1/ticket.1")).mode & 0o777).toBe(0o600);
    release();
  });
});
