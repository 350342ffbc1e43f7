import { describe, expect, it } from "@jest/globals";
import { program, type ProgramInput } from "../../support/program";
import { describeUndo, undoLoss } from "../../../lib/promotion/plan/undo";

const PLACE = { store: "directory" as const, path: "d" };
const check = [{ query: "q", expected: "e" }];
const PROGRAMS: readonly (readonly [ProgramInput, readonly string[]])[] = [
  [
    { kind: "sql", database: { env: "URL" }, up: "create", down: "drop\n  table t", verify: check },
    ["undo: drop table t"],
  ],
  [{ kind: "command", up: "make", verify: check }, ["undo: (its program has no down)"]],
  [
    { kind: "documents", directory: "d", database: { env: "URL" }, table: "t", key: "id" },
    ["undo: delete the rows that it imported into t of $URL (documents: 300)"],
  ],
  [
    { kind: "transfer", transfer: "media", phase: "bulk", from: PLACE, to: PLACE },
    ["undo: delete the objects that it copied and nobody changed since (transfer media) (documents: 300)"],
  ],
  [{ kind: "env", from: ".env", to: ".env.v1" }, ["undo: remove .env.v1"]],
  [{ kind: "http", url: "http://localhost/", verify: [] }, []],
  [{ kind: "archive", sources: ["d"], directory: "b" }, []],
];

describe("preview of an undo", () => {
  it.each(PROGRAMS.map(([input, lines]) => [input.kind, input, lines] as const))("of %s", (_kind, input, lines) => {
    const step = { program: program.parse(input), artifact: { documents: 300, sha256: "abc" } };
    expect(describeUndo(step)).toEqual([...lines, undoLoss(step)].filter((line) => line !== undefined));
  });
});
