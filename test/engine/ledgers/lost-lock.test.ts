import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../../lib/engine/engine-error";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import type { Ledger } from "../../../lib/engine/ledgers/ledger";
import { program } from "../../support/program";
import { stepDefinition } from "../../../lib/manifest/step-record";

describe("a step whose lock is lost while it runs", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-lost-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is stopped at once, with the ledger's reason", async () => {
    // GIVEN a ledger that loses its lock soon, as one in a bucket that cannot be reached does
    const file = new FileLedger(join(directory, "ledger"), { system: "shop", environment: "staging" });
    const lost = new AbortController();
    const ledger = {
      location: file.location,
      withLock: (id, work, wait) => file.withLock(id, (session) => work({ ...session, lost: lost.signal }), wait),
    } as Ledger;
    const late = join(directory, "late");
    const definition = stepDefinition.parse({
      id: "slow",
      system: "shop",
      environment: "staging",
      release: "1.0.0",
      title: "Slow",
      phase: "migrate",
      program: program.parse({
        kind: "command",
        environment: { LATE: late },
        up: 'sleep 2; touch "$LATE"',
        down: "true",
        verify: [{ query: "echo yes", expected: "yes" }],
      }),
      variables: {},
      after: [],
      onRetry: "resume",
      onStop: "stop",
      onDestroy: "rollback",
    });

    // WHEN
    const applying = applyStep(definition, ledger);
    setTimeout(() => lost.abort(new EngineError("LedgerConflict", "another runner took the lock")), 300);

    // THEN
    await expect(applying).rejects.toMatchObject({ code: "LedgerConflict", message: "another runner took the lock" });
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect(existsSync(late)).toBe(false);
  });
});
