import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { applyStep } from "../../lib/engine/executor/apply-step";
import { findStep, verifyStep } from "../../lib/engine/executor/question-step";
import { rollbackStep } from "../../lib/engine/executor/rollback-step";
import { FileLedger } from "../../lib/engine/ledgers/file-ledger";
import { toDefinition } from "../../lib/engine/step-definition";
import { registerKinds, type StepKind } from "../../lib/engine/step-kind";
import { EnvironmentChain, Migration, Step, variable, type StepProps } from "../../lib/index";
import { text, type Text } from "../../lib/manifest/text";
import { describeUndo } from "../../lib/promotion/plan/undo";
import { plannedFacts } from "../../lib/provider/step-state";
import { errorOf, stepsOf, temporaryDirectory, TestApp } from "../support/system-stack";
import { lintText } from "../lint/lint-text";

// What lib/steps/note/program.ts would hold.
const noteProgram = z.strictObject({ kind: z.literal("note"), file: text, line: z.string().default("hello") });
type NoteProgram = z.infer<typeof noteProgram>;

// What lib/steps/note/step.ts would hold.
class NoteStep extends Step {
  constructor(scope: Migration, id: string, props: StepProps & { readonly file: Text; readonly line?: string }) {
    super(scope, id, props, () => ({
      schema: noteProgram,
      program: { kind: "note", file: props.file, line: props.line },
    }));
  }
}

// What lib/steps/note/kind.ts would hold.
const noteKind: StepKind<NoteProgram> = {
  kind: "note",
  schema: noteProgram,
  effectless: false,
  preview: ({ line }) => [`note: ${line}`],
  undo: () => ["undo: tear the note off"],
  loss: (_program, since) => `lost: what was scribbled on it ${since}`,
  probe: async ({ file }, context) => existsSync(context.resolve(file)),
  up: async ({ file, line }, context) => {
    writeFileSync(context.resolve(file), line);
    return { characters: line.length };
  },
  verify: async ({ file, line }, context) => [
    { query: "the note", expected: line, actual: readFileSync(context.resolve(file), "utf8") },
  ],
  down: async ({ file }, context) => rmSync(context.resolve(file), { force: true }),
};

const project = temporaryDirectory();

describe("a kind of step that was just made up", () => {
  let directory: string;

  beforeEach(() => {
    // What one line of lib/provider/kinds.ts would do.
    registerKinds({ note: () => noteKind });
    directory = mkdtempSync(join(tmpdir(), "sterna-kind-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const file = () => join(directory, "note.txt");
  const synthesize = (props: Partial<ConstructorParameters<typeof NoteStep>[2]> = {}) => {
    const variables = { shop: { NOTE: file() } };
    const environment = new EnvironmentChain([{ name: "development", variables }]).get("development");
    const stack = new TestApp(project).stack({ environment });
    const steps = (m: Migration) => [new NoteStep(m, "write-note", { file: variable("NOTE"), ...props })];
    new Migration(stack, "first", { from: "0.1.0", to: "1.0.0", acknowledge: { MigrationWithoutBackup: "-" }, steps });
    return stepsOf(stack)["write-note"]!;
  };
  const ledger = () => new FileLedger(join(directory, "ledger"), { system: "shop", environment: "development" });

  test("is synthesized with its defaults, and checked by its schema", () => {
    const step = synthesize();
    expect(JSON.parse(step.program as string)).toEqual({ kind: "note", file: { variable: "NOTE" }, line: "hello" });
    expect(step).toMatchObject({ on_stop: "stop", phase: "migrate", variables: { NOTE: file() } });
    expect(errorOf(() => synthesize({ line: 1 as unknown as string })).code).toBe("InvalidStep");
  });

  test("is planned, run, found, asked and undone, by what it says itself", async () => {
    // GIVEN
    const given = synthesize();
    const definition = toDefinition(given, "development");
    expect(plannedFacts(given).preview).toEqual(["note: hello"]);
    // WHEN
    const { outcome, record } = await applyStep(definition, ledger());
    // THEN
    expect(outcome).toBe("ran");
    expect(await ledger().get("write-note")).toMatchObject({ status: "applied", artifact: { characters: 5 } });
    expect((await applyStep(definition, ledger())).outcome).toBe("found");
    expect(await findStep(definition)).toEqual({ state: "there", by: "probe" });
    expect(await verifyStep(record)).toEqual([{ query: "the note", expected: "hello", actual: "hello" }]);
    expect(describeUndo(record)).toEqual([
      "undo: tear the note off",
      `lost: what was scribbled on it since ${record.appliedAt}`,
    ]);
    // WHEN
    expect(await rollbackStep(definition, ledger())).toBe("undone");
    // THEN
    expect(existsSync(file())).toBe(false);
    expect(await ledger().get("write-note")).toBeUndefined();
  });

  test("reads a row of a version that did not know one of its options, and takes it for the same program", async () => {
    // GIVEN
    const definition = toDefinition(synthesize(), "development");
    await applyStep(definition, ledger());
    const path = join(directory, "ledger", "write-note.json");
    const row = JSON.parse(readFileSync(path, "utf8"));
    delete row.program.line;
    delete row.onStop;
    writeFileSync(path, JSON.stringify(row));
    // WHEN
    const { outcome, record } = await applyStep(definition, ledger());
    // THEN
    expect(outcome).toBe("found");
    expect(record).toMatchObject({ program: { line: "hello" }, onStop: "stop" });
  });

  test("is refused by a version that does not know it, which names those that it knows", () => {
    const program = JSON.stringify({ kind: "later", file: "x" });
    expect(errorOf(() => toDefinition({ ...synthesize(), program }, "development"))).toMatchObject({
      code: "InvalidProgram",
      message: expect.stringMatching(/of kind "later".*it knows .*sql.*note/),
    });
  });
});

describe("the two sides of a kind of step", () => {
  // An upward import of a file that is there closes a circle of folders besides, which another rule reports.
  const refused = (path: string, source: string) =>
    lintText(path, `import { x } from "${source}";\nx();`)
      .map(({ rule }) => rule)
      .filter((rule) => rule !== "sterna/folder-cycles");

  test.each([
    ["lib/steps/note/step.ts", "./kind"],
    ["lib/steps/note/kind.ts", "./step"],
    ["lib/steps/note/program.ts", "./kind"],
    ["lib/steps/note/program.ts", "./step"],
    ["lib/steps/note/program.ts", "../../engine/step-kind"],
    ["lib/steps/note/program.ts", "../../migrations/migration"],
    ["lib/steps/note/program.ts", "constructs"],
    ["lib/engine/executor/operations.ts", "../../provider/kinds"],
    ["lib/engine/executor/operations.ts", "../../steps/note/kind"],
    ["lib/manifest/program.ts", "../steps/note/program"],
  ])("%s must not import %s", (path, source) => {
    expect(refused(path, source)).toEqual(["sterna/arrows"]);
  });

  test.each([
    ["lib/steps/note/step.ts", "./program"],
    ["lib/steps/note/kind.ts", "./program"],
    ["lib/steps/transfer/program.ts", "../command/program"],
    ["lib/steps/note/program.ts", "../../manifest/program"],
    ["lib/provider/kinds.ts", "../steps/note/kind"],
  ])("%s may import %s", (path, source) => {
    expect(refused(path, source)).toEqual([]);
  });
});
