import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLedger } from "../../lib/engine/ledgers/file-ledger";
import { UNKNOWN } from "../../lib/engine/protocol/dynamic-value";
import { PlanMemory } from "../../lib/provider/plan-memory";
import { readLedger } from "../../lib/provider/read-step";
import { ProviderSession } from "../../lib/provider/session";
import { record } from "../support/ledger-conformance";

describe("the data source of a ledger", () => {
  let directory: string;
  let session: ProviderSession;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-ledger-"));
    session = sessionOf(join(directory, "ledger"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const sessionOf = (ledger: string) =>
    new ProviderSession({ ledger: JSON.stringify({ kind: "file", directory: ledger }), environment: "staging" });

  it("says which steps are applied, missing and unexpected", async () => {
    // GIVEN
    const ledger = new FileLedger(join(directory, "ledger"), { system: "shop", environment: "staging" });
    for (const row of [record("a"), record("b", { status: "failed" }), record("z")])
      await ledger.withLock(row.id, (locked) => locked.put(row));

    // WHEN
    const { state, diagnostics } = await readLedger(
      { system: "shop", expected: ["a", "b", "c"] },
      session,
      new PlanMemory(),
    );

    // THEN
    expect(diagnostics).toEqual([]);
    expect(state).toEqual({
      system: "shop",
      expected: ["a", "b", "c"],
      applied: { a: record("a").checksum, z: record("z").checksum },
      missing: ["b", "c"],
      unexpected: ["z"],
    });
  });

  it("expects that steps go which this very plan rolls back, also when it learns of that a moment later", async () => {
    // GIVEN
    const ledger = new FileLedger(join(directory, "ledger"), { system: "shop", environment: "staging" });
    for (const row of [record("y"), record("z")]) await ledger.withLock(row.id, (locked) => locked.put(row));
    const memory = new PlanMemory();

    // WHEN
    const reading = readLedger({ system: "shop", expected: ["a"] }, session, memory);
    setTimeout(() => memory.destroys({ system: "shop", id: "z", applied: true }), 300);

    // THEN
    expect((await reading).state).toMatchObject({ unexpected: ["y"] });
  });

  it("reads the rows again once a step was applied: Terraform may have put it off until then", async () => {
    // GIVEN
    const ledger = new FileLedger(join(directory, "ledger"), { system: "shop", environment: "staging" });
    const read = async () => (await readLedger({ system: "shop", expected: ["a"] }, session, new PlanMemory())).state;
    const planned = await read();

    // WHEN
    await ledger.withLock("a", (locked) => locked.put(record("a")));
    const samePlan = await read();
    session.noteChange();
    const applied = await read();

    // THEN
    expect([planned, samePlan, applied].map((state) => state.missing)).toEqual([["a"], ["a"], []]);
  });

  it("finds nothing in a ledger that is not there yet", async () => {
    // WHEN
    const { state, diagnostics } = await readLedger({ system: "shop", expected: null }, session, new PlanMemory());

    // THEN
    expect(diagnostics).toEqual([]);
    expect(state).toMatchObject({ expected: null, applied: {}, missing: [], unexpected: [] });
  });

  it("warns when it cannot be read yet, or is not known yet: it may come with this very apply", async () => {
    // GIVEN
    writeFileSync(join(directory, "file"), "");

    // WHEN
    const replies = [
      await readLedger({ system: "shop", expected: ["a"] }, sessionOf(join(directory, "file")), new PlanMemory()),
      await readLedger(
        { system: "shop", expected: ["a"] },
        new ProviderSession({ ledger: UNKNOWN, environment: "x" }),
        new PlanMemory(),
      ),
    ];

    // THEN
    for (const { state, diagnostics } of replies) {
      expect(state).toMatchObject({ applied: {}, missing: ["a"], unexpected: [] });
      expect(diagnostics).toMatchObject([{ severity: 2, summary: "The ledger cannot be read yet" }]);
    }
  });

  it("is an error when nobody says where it is", async () => {
    await expect(
      readLedger(
        { system: "shop", expected: null },
        new ProviderSession({ environment: "staging" }, {}),
        new PlanMemory(),
      ),
    ).rejects.toMatchObject({ code: "LedgerNotConfigured" });
  });
});
