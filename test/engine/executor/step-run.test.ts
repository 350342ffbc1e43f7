import { afterEach, describe, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../../../lib/engine/engine-error";
import { StepRun, type StepRunOptions } from "../../../lib/engine/executor/step-run";
import { stepDefinition, type StepDefinition } from "../../../lib/manifest/step-record";

const definition = (overrides: Partial<StepDefinition> = {}): StepDefinition =>
  stepDefinition.parse({
    id: "s1",
    system: "shop",
    environment: "staging",
    release: "1.0.0",
    title: "A step",
    phase: "migrate",
    program: { kind: "command", up: "true", verify: [{ query: "true", expected: "" }] },
    variables: { BUCKET: "assets" },
    after: [],
    onRetry: "resume",
    onDestroy: "rollback",
    ...overrides,
  });

describe("a run of a step", () => {
  let run: StepRun | undefined;
  afterEach(() => run?.stop());

  const started = (overrides: Partial<StepDefinition>, options?: StepRunOptions): StepRun => {
    run = new StepRun(definition(overrides), options);
    run.start();
    return run;
  };

  it("is stopped at its timeout, and says so whatever the stopping broke", async () => {
    // GIVEN
    const short = started({ timeout: 0.01 });

    // WHEN
    await sleep(50);

    // THEN
    expect(short.signal.aborted).toBe(true);
    expect(short.explain(new Error("broken pipe"))).toMatchObject({ code: "StepTimedOut" });
  });

  it("may have a timeout of months: the longest timer of Node.js is three weeks, longer ones fire at once", async () => {
    // GIVEN
    const long = started({ timeout: 90 * 24 * 60 * 60 });

    // WHEN
    await sleep(50);

    // THEN
    expect(long.signal.aborted).toBe(false);
  });

  it("stops when its lock was lost before it began", () => {
    // GIVEN
    const reason = new EngineError("LedgerConflict", "the lock was lost");
    run = new StepRun(definition());

    // WHEN
    run.start({ lost: AbortSignal.abort(reason) });

    // THEN
    expect(run.signal.aborted).toBe(true);
    expect(run.explain(new Error("broken pipe"))).toBe(reason);
  });

  it("stops with Terraform, and says so", () => {
    // GIVEN
    const controller = new AbortController();
    const interrupted = started({}, { signal: controller.signal });

    // WHEN
    controller.abort();

    // THEN
    expect(interrupted.signal.aborted).toBe(true);
    expect(interrupted.explain(new Error("x"))).toMatchObject({ code: "StepInterrupted" });
  });

  it("comes to its end when Terraform is interrupted, where its on_stop says so, and says that it does", () => {
    // GIVEN
    const controller = new AbortController();
    const said: string[] = [];
    const finishing = started(
      { onStop: "finish" },
      { signal: controller.signal, onProgress: (message) => said.push(message) },
    );

    // WHEN
    controller.abort();

    // THEN
    expect(finishing.signal.aborted).toBe(false);
    expect(said).toEqual([expect.stringContaining("comes to its end first")]);
  });

  it("does not begin after an interrupt, whatever its on_stop says", () => {
    // GIVEN
    const controller = new AbortController();
    run = new StepRun(definition({ onStop: "finish" }), { signal: controller.signal });

    // WHEN
    controller.abort();
    run.start();

    // THEN
    expect(run.signal.aborted).toBe(true);
    expect(run.explain(new Error("x"))).toMatchObject({ code: "StepInterrupted" });
  });

  it("keeps the code of an error, and calls any other one a failed step", () => {
    expect(started({}).explain(new EngineError("TargetMissing", "no bucket"))).toMatchObject({ code: "TargetMissing" });
    expect(started({}).explain("a text")).toMatchObject({ code: "StepFailed", message: "a text" });
  });

  it("keeps what it was asked for in secret out of progress and errors", () => {
    // GIVEN
    const said: string[] = [];
    process.env.STEP_RUN_SECRET = "canary-4711";
    const redacting = started({}, { onProgress: (message) => said.push(message) });

    // WHEN
    const value = redacting.resolve({ env: "STEP_RUN_SECRET" });
    redacting.progress(`+ login ${value}`);
    const explained = redacting.explain(new Error(`refused: ${value}`));
    delete process.env.STEP_RUN_SECRET;

    // THEN
    expect(said).toEqual(["+ login ***"]);
    expect(explained.message).toBe("refused: ***");
  });

  it("keeps the secrets of a program that was recorded with other variables", () => {
    // GIVEN
    const said: string[] = [];
    process.env.STEP_RUN_SECRET = "canary-4711";
    const redacting = started({}, { onProgress: (message) => said.push(message) });
    const earlier = redacting.withVariables({ BUCKET: "old-assets" });

    // WHEN
    earlier.progress(`${earlier.resolve({ env: "STEP_RUN_SECRET" })} in ${earlier.resolve({ variable: "BUCKET" })}`);
    delete process.env.STEP_RUN_SECRET;

    // THEN
    expect(said).toEqual(["*** in old-assets"]);
  });

  it("cuts a message after its secrets were taken out", () => {
    // GIVEN
    const said: string[] = [];
    process.env.STEP_RUN_SECRET = "canary-4711";
    const redacting = started({}, { onProgress: (message) => said.push(message) });

    // WHEN
    const secret = redacting.resolve({ env: "STEP_RUN_SECRET" });
    redacting.progress(`${"x".repeat(1995)}${secret}`);
    delete process.env.STEP_RUN_SECRET;

    // THEN
    expect(said[0]).toHaveLength(1998);
    expect(said[0]).not.toContain("cana");
  });

  it("names the variable that its environment does not set", () => {
    expect(() => started({}).resolve({ variable: "QUEUE" })).toThrow(
      'step "s1" uses the variable "QUEUE", which this environment does not set (it sets: BUCKET)',
    );
  });
});
