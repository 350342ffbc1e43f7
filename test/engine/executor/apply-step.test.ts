import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { rollbackStep } from "../../../lib/engine/executor/rollback-step";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import type { ProgramInput } from "../../support/program";
import { stepDefinition, type StepDefinition } from "../../../lib/manifest/step-record";

type CommandInput = Extract<ProgramInput, { kind: "command" }>;

describe("a step with a ledger in a directory", () => {
  let directory: string;
  let ledger: FileLedger;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-executor-"));
    ledger = new FileLedger(join(directory, "ledger"), { system: "shop", environment: "staging" });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const append = (line: string) => `echo "${line}" >> world`;
  const world = (): string[] =>
    existsSync(join(directory, "world")) ? readFileSync(join(directory, "world"), "utf8").trim().split("\n") : [];
  const row = () => ledger.get("s1");

  const step = (program: Partial<CommandInput> = {}, overrides: Partial<StepDefinition> = {}): StepDefinition =>
    stepDefinition.parse({
      id: "s1",
      system: "shop",
      environment: "staging",
      release: "1.0.0",
      title: "A step",
      phase: "migrate",
      program: {
        kind: "command",
        directory,
        up: append("UP"),
        down: append("DOWN"),
        verify: [{ query: "grep -c UP world", expected: "1" }],
        ...program,
      },
      variables: {},
      after: [],
      onRetry: "resume",
      onDestroy: "rollback",
      ...overrides,
    });

  it("runs once: the second apply finds it", async () => {
    // WHEN
    const outcomes = [await applyStep(step(), ledger), await applyStep(step(), ledger)].map(({ outcome }) => outcome);

    // THEN
    expect(outcomes).toEqual(["ran", "found"]);
    expect(world()).toEqual(["UP"]);
    expect(await row()).toMatchObject({ status: "applied", attempt: 1, partial: true });
  });

  it("runs once, however many begin at the same time", async () => {
    // WHEN
    const applied = await Promise.all(Array.from({ length: 6 }, () => applyStep(step(), ledger)));

    // THEN
    expect(applied.map(({ outcome }) => outcome).sort()).toEqual(["found", "found", "found", "found", "found", "ran"]);
    expect(world()).toEqual(["UP"]);
  });

  it("is adopted when its probe finds it done", async () => {
    // WHEN
    const { outcome } = await applyStep(step({ probe: { query: "echo there", expected: "there" } }), ledger);

    // THEN
    expect(outcome).toBe("probed");
    expect(world()).toEqual([]);
    expect(await row()).toMatchObject({ status: "applied", adopted: true });
  });

  it("may get another down once it is applied, never another up", async () => {
    // GIVEN
    await applyStep(step(), ledger);

    // WHEN
    await applyStep(step({ down: append("BETTER DOWN") }, { title: "New" }), ledger);
    const edited = applyStep(step({ up: append("OTHER") }), ledger);

    // THEN
    await expect(edited).rejects.toMatchObject({ code: "AppliedStepEdited" });
    expect(await row()).toMatchObject({ title: "New" });
    expect(await rollbackStep(step(), ledger)).toBe("undone");
    expect(world()).toEqual(["UP", "BETTER DOWN"]);
  });

  describe("that fails", () => {
    const failsAt = (line: string) => `${append(line)}; exit 3`;

    it("says why, with the end of its output, and keeps the reason in the ledger", async () => {
      // WHEN
      const failing = applyStep(step({ up: "echo no space left >&2; exit 3" }), ledger);

      // THEN
      await expect(failing).rejects.toMatchObject({
        code: "StepFailed",
        message: "the command ended with exit status 3\nno space left",
      });
      expect(await row()).toMatchObject({
        status: "failed",
        partial: true,
        error: expect.stringContaining("no space"),
      });
    });

    it("before it began has left nothing: removing it runs no down", async () => {
      // GIVEN
      const unset = step({
        environment: { SECRET: { env: "NOT_SET_ANYWHERE" } },
        probe: { query: "true", expected: "x" },
      });
      await expect(applyStep(unset, ledger)).rejects.toMatchObject({ code: "VariableMissing" });
      const left = await row();

      // WHEN
      const outcome = await rollbackStep(unset, ledger);

      // THEN
      expect(left).toMatchObject({ status: "failed", partial: false });
      expect(outcome).toBe("nothing");
      expect(world()).toEqual([]);
    });

    it("is compensated with the program that failed, not with the mended one", async () => {
      // GIVEN
      await applyStep(step({ up: failsAt("HALF"), down: append("DOWN OLD") }), ledger).catch(() => undefined);

      // WHEN
      await applyStep(step({ down: append("DOWN NEW") }, { onRetry: "compensate" }), ledger);

      // THEN
      expect(world()).toEqual(["HALF", "DOWN OLD", "UP"]);
      expect(await row()).toMatchObject({ status: "applied", attempt: 2 });
    });

    it("keeps the program that can undo it while its compensation fails", async () => {
      // GIVEN
      const down = 'test -e mended || exit 9; echo "DOWN OLD" >> world';
      await applyStep(step({ up: failsAt("HALF"), down }), ledger).catch(() => undefined);
      const mended = step({ down: append("DOWN NEW") }, { onRetry: "compensate" });

      // WHEN
      const failing = applyStep(mended, ledger);
      await expect(failing).rejects.toThrow("exit status 9");
      const between = await row();
      writeFileSync(join(directory, "mended"), "");
      await applyStep(mended, ledger);

      // THEN
      expect(between).toMatchObject({ status: "failed", partial: true, program: { down }, attempt: 2 });
      expect(world()).toEqual(["HALF", "DOWN OLD", "UP"]);
    });

    it("says that it ran when only its row could not be written", async () => {
      // GIVEN a check that takes the ledger away
      const verify = [{ query: "mv ledger away; echo > ledger; echo 1", expected: "1" }];

      // WHEN
      const failing = applyStep(step({ verify }), ledger);

      // THEN
      await expect(failing).rejects.toMatchObject({ code: "LedgerUnreachable" });
      await expect(failing).rejects.toThrow("it ran and was verified, but the ledger could not note it");
      await expect(failing).rejects.not.toThrow("Nothing was run");
    });

    it("keeps the secrets it was given out of its message and its row", async () => {
      // GIVEN
      process.env.EXECUTOR_SECRET = "canary-4711\nsecond-line-0815";
      const environment = { SECRET: { env: "EXECUTOR_SECRET" } };
      const said: string[] = [];

      // WHEN
      const failing = applyStep(step({ environment, up: 'echo "$SECRET"; echo "got $SECRET" >&2; exit 1' }), ledger, {
        onProgress: (message) => said.push(message),
      });
      const { message } = (await failing.catch((error: unknown) => error)) as Error;
      delete process.env.EXECUTOR_SECRET;

      // THEN
      const everything = [message, ...said, JSON.stringify(await row())].join("\n");
      expect(everything).toContain("got ***");
      expect(everything).not.toMatch(/canary|4711|second-line|0815/);
    });
  });

  describe("that is removed", () => {
    it("is undone, and its row is gone", async () => {
      // GIVEN
      await applyStep(step(), ledger);

      // WHEN
      const outcomes = [await rollbackStep(step(), ledger), await rollbackStep(step(), ledger)];

      // THEN
      expect(outcomes).toEqual(["undone", "nothing"]);
      expect(world()).toEqual(["UP", "DOWN"]);
    });

    it("stays half undone when its down fails, and goes on from there", async () => {
      // GIVEN
      const flaky = step({ down: 'test -e mended || exit 9; echo "DOWN" >> world' });
      await applyStep(flaky, ledger);

      // WHEN
      await expect(rollbackStep(flaky, ledger)).rejects.toMatchObject({ code: "RollbackFailed" });
      const between = await row();
      writeFileSync(join(directory, "mended"), "");
      const outcome = await rollbackStep(flaky, ledger);

      // THEN
      expect(between).toMatchObject({ status: "undoing" });
      expect(outcome).toBe("undone");
    });

    it("is not undone when its probe still finds it", async () => {
      // GIVEN
      const stubborn = step({ down: "true", probe: { query: "grep -c UP world || true", expected: "1" } });
      await applyStep(stubborn, ledger);

      // WHEN
      const removal = rollbackStep(stubborn, ledger);

      // THEN
      await expect(removal).rejects.toMatchObject({ code: "RollbackFailed" });
      expect(await row()).toMatchObject({ status: "undoing" });
    });

    it.each([
      ["keeps its effect when it says so", { onDestroy: "keep" as const }, "kept"],
      ["is refused when it must stay", { onDestroy: "refuse" as const }, "StepRemovalRefused"],
      ["is refused when it cannot be undone", { irreversible: "it drops data" }, "StepIrreversible"],
      [
        "is forgotten when it is kept though it cannot be undone",
        { irreversible: "x", onDestroy: "keep" as const },
        "kept",
      ],
    ])("%s", async (_what, overrides, expected) => {
      // GIVEN
      await applyStep(step({}, overrides), ledger);

      // WHEN
      const outcome = await rollbackStep(step({}, overrides), ledger).catch((error: { code: string }) => error.code);

      // THEN
      expect(outcome).toBe(expected);
      expect(world()).toEqual(["UP"]);
      expect(await row()).toEqual(expected === "kept" ? undefined : expect.objectContaining({ status: "applied" }));
    });
  });
});
