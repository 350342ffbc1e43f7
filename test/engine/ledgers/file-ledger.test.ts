import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import { ledgerConformance, record } from "../../support/ledger-conformance";
import { repositoryRoot } from "../../support/repository";

const SCOPE = { system: "shop", environment: "staging" };

describe("the ledger in a directory", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-ledger-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  ledgerConformance((scope = SCOPE) => new FileLedger(join(directory, "ledger"), scope));

  it("is readable by its owner alone", async () => {
    // WHEN
    const ledger = new FileLedger(join(directory, "ledger"), SCOPE);
    await ledger.withLock("a", (session) => session.put(record("a")));

    // THEN
    expect(statSync(join(directory, "ledger/a.json")).mode & 0o777).toBe(0o600);
  });

  it("says which place cannot be used, when a file stands in its way", async () => {
    // GIVEN
    writeFileSync(join(directory, "ledger"), "");
    const ledger = new FileLedger(join(directory, "ledger"), SCOPE);

    // WHEN
    const locking = ledger.withLock("a", () => Promise.resolve());

    // THEN
    await expect(locking).rejects.toMatchObject({ code: "LedgerUnreachable" });
    await expect(locking).rejects.toThrow(join(directory, "ledger"));
  });

  it("keeps the old row when there is no room for the new one", async () => {
    // GIVEN a process that may write no file beyond 64 KB: the kernel writes that much, and then reports an error
    const ledger = new FileLedger(join(directory, "ledger"), SCOPE);
    await ledger.withLock("a", (session) => session.put(record("a")));
    const worker = join(repositoryRoot, "test/engine/ledgers/put-worker.ts");
    const script = 'trap "" XFSZ; ulimit -f 64; exec "$@"';

    // WHEN
    const { stdout } = await execa(
      "bash",
      ["-c", script, "bash", process.execPath, "--import", "tsx", worker, join(directory, "ledger")],
      { cwd: repositoryRoot, env: { TSX_DISABLE_CACHE: "1" } },
    );

    // THEN
    expect(stdout).toContain("EFBIG");
    expect(stdout).toContain("is not recorded");
    expect(await ledger.list()).toEqual([record("a")]);
  }, 60_000);

  it.each<[string, (path: string) => void, string]>([
    ["a named pipe", (path) => void execFileSync("mkfifo", [path]), "is a named pipe (FIFO), not a file"],
    ["a directory", (path) => mkdirSync(path), "is a directory, not a file"],
    ["a link to a device", (path) => symlinkSync("/dev/zero", path), "is a device, not a file"],
  ])("names %s in the place of a row, within a second", async (_what, put, message) => {
    // GIVEN
    const ledger = new FileLedger(join(directory, "ledger"), SCOPE);
    await ledger.withLock("b", (session) => session.put(record("b")));
    put(join(directory, "ledger/a.json"));

    // WHEN
    const begun = performance.now();
    const ended = await Promise.allSettled([
      ledger.get("a"),
      ledger.list(),
      ledger.withLock("a", (session) => session.get()),
    ]);

    // THEN
    expect(performance.now() - begun).toBeLessThan(1000);
    for (const result of ended) {
      const { code, message: said } = (result as PromiseRejectedResult).reason;
      expect(code).toBe("LedgerDamaged");
      expect(said).toContain(`${join(directory, "ledger/a.json")} ${message}`);
    }
  });

  it("names an endless link in the place of a row", async () => {
    // GIVEN
    const ledger = new FileLedger(directory, SCOPE);
    symlinkSync(join(directory, "a.json"), join(directory, "a.json"));

    // THEN
    await expect(ledger.get("a")).rejects.toMatchObject({ code: "LedgerUnreachable" });
    await expect(ledger.get("a")).rejects.toThrow(join(directory, "a.json"));
  });

  it("leaves no draft behind when a row cannot be put in its place", async () => {
    // GIVEN
    const ledger = new FileLedger(directory, SCOPE);
    mkdirSync(join(directory, "a.json/inside"), { recursive: true });

    // WHEN
    const written = ledger.withLock("a", (session) => session.put(record("a")));

    // THEN
    await expect(written).rejects.toMatchObject({ code: "LedgerUnreachable" });
    expect(readdirSync(directory).sort()).toEqual(["a.json", "locks"]);
  });

  it("keeps its directories to its user, also when the lock comes first", async () => {
    // WHEN
    const ledger = new FileLedger(join(directory, "ledger"), SCOPE);
    await ledger.withLock("a", () => Promise.resolve());

    // THEN
    for (const name of ["ledger", "ledger/locks", "ledger/locks/a"]) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o700);
    }
  });
});
