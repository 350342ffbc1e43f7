import { describe, expect, it } from "@jest/globals";
import type { StepRecord } from "../../../lib/manifest/step-record";
import { planRollback } from "../../../lib/promotion/gates/rollback";

const SQL = { kind: "sql" } as StepRecord["program"];
/** Asks, and changes nothing. */
const CHECK = { kind: "http" } as StepRecord["program"];

function row(id: string, release: string, change: Partial<StepRecord> = {}): StepRecord {
  const defaults = { after: [], program: SQL, onDestroy: "rollback", status: "applied", partial: true };
  return { id, release, ...defaults, ...change } as StepRecord;
}

const ids = (rows: readonly StepRecord[]) => rows.map(({ id }) => id);

describe("a rollback", () => {
  it("undoes the steps of newer releases in reverse order and leaves the others alone", () => {
    const rows = [
      row("two", "1.0.0", { after: ["one"] }),
      row("three", "1.1.0", { after: ["two"] }),
      row("one", "1.0.0"),
      row("old", "0.9.0"),
    ];

    expect(ids(planRollback(rows, "0.9.0").undo)).toEqual(["three", "two", "one"]);
    expect(ids(planRollback(rows, "1.0.0").undo)).toEqual(["three"]);
  });

  it("takes a prerelease for older than its release", () => {
    const rows = [row("beta", "1.0.0-beta"), row("final", "1.0.0")];

    expect(ids(planRollback(rows, "1.0.0-beta").undo)).toEqual(["final"]);
  });

  it("is blocked by steps that cannot or must not be undone, with the reason", () => {
    // GIVEN
    const rows = [
      row("dropped", "1.0.0", { irreversible: "the column is gone" }),
      row("guarded", "1.0.0", { onDestroy: "refuse" }),
    ];

    // WHEN
    const { blocked, undo } = planRollback(rows, "0.1.0");

    // THEN
    expect(undo).toEqual([]);
    expect(Object.fromEntries(blocked.map((each) => [each.row.id, each.code]))).toEqual({
      dropped: "StepIrreversible",
      guarded: "StepRemovalRefused",
    });
    expect(blocked.map(({ reason }) => reason)).toContain("the column is gone");
  });

  it("keeps what is meant to stay and what did nothing, even where it could not be undone", () => {
    const rows = [
      row("backup", "1.0.0", { onDestroy: "keep", irreversible: "a backup" }),
      row("check", "1.0.0", { program: CHECK, irreversible: "a check" }),
      row("failed-cleanly", "1.0.0", { status: "failed", partial: false, irreversible: "never ran" }),
    ];

    const { keep, blocked } = planRollback(rows, "0.1.0");

    expect(blocked).toEqual([]);
    expect(ids(keep).sort()).toEqual(["backup", "check", "failed-cleanly"]);
  });

  it("undoes an attempt that may have left something behind", () => {
    expect(ids(planRollback([row("half", "1.0.0", { status: "failed" })], "0.1.0").undo)).toEqual(["half"]);
  });
});
