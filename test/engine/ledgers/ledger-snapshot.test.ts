import { describe, expect, it } from "@jest/globals";
import { EngineError } from "../../../lib/engine/engine-error";
import type { Ledger } from "../../../lib/engine/ledgers/ledger";
import { LedgerSnapshot } from "../../../lib/engine/ledgers/ledger-snapshot";
import type { StepRecord } from "../../../lib/manifest/step-record";
import { record } from "../../support/ledger-conformance";

/** A ledger that counts how often it is read. */
function countedLedger(rows: readonly StepRecord[]) {
  const reads = { list: 0, get: 0 };
  const failures: Error[] = [];
  const ledger = {
    list: async () => {
      reads.list++;
      const failure = failures.shift();
      if (failure) throw failure;
      return [...rows];
    },
    get: async (id: string) => {
      reads.get++;
      return rows.find((row) => row.id === id);
    },
  } as unknown as Ledger;
  return { ledger, reads, failures };
}

describe("the rows of a ledger in a plan", () => {
  it("are read once for all steps, and for the list of them", async () => {
    // GIVEN
    const { ledger, reads } = countedLedger([record("a"), record("b")]);
    const snapshot = new LedgerSnapshot(ledger);

    // WHEN
    const rows = await Promise.all(["a", "b", "c"].map((id) => snapshot.get(id)));
    const all = await snapshot.list();

    // THEN
    expect(rows.map((row) => row?.id)).toEqual(["a", "b", undefined]);
    expect(all.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(reads).toEqual({ list: 1, get: 0 });
  });

  it.each(["LedgerRowUnreadable", "LedgerDamaged", "LedgerOfOtherEnvironment"] as const)(
    "are read alone when another row fails with %s",
    async (code) => {
      // GIVEN
      const { ledger, reads, failures } = countedLedger([record("a")]);
      failures.push(new EngineError(code, "the row of step z"));

      // WHEN
      const row = await new LedgerSnapshot(ledger).get("a");

      // THEN
      expect(row?.id).toBe("a");
      expect(reads).toEqual({ list: 1, get: 1 });
    },
  );

  it("are asked for again after the ledger could not be reached", async () => {
    // GIVEN
    const { ledger, failures } = countedLedger([record("a")]);
    failures.push(new EngineError("LedgerUnreachable", "no route"));
    const snapshot = new LedgerSnapshot(ledger);

    // WHEN
    const together = await Promise.allSettled([snapshot.get("a"), snapshot.get("b")]);
    const later = await snapshot.get("a");

    // THEN
    expect(together.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(later?.id).toBe("a");
  });
});
