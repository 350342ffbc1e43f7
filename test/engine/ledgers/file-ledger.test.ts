import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
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
  });
});
