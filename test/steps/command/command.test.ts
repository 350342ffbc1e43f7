import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandKind } from "../../../lib/steps/command/kind";
import { commandProgram } from "../../../lib/steps/command/program";
import { stepContext } from "../../support/step-context";

const MEGABYTE = 1024 * 1024;

describe("a command", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-command-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const program = (up: string, query = "echo yes", expected = "yes") =>
    commandProgram.parse({ kind: "command", directory, up, verify: [{ query, expected }] });

  it("may print hundreds of megabytes: little of it is kept, all of it is read", async () => {
    // GIVEN
    const context = stepContext("s1");
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const before = process.memoryUsage().rss;

    // WHEN
    const lines = "set +o pipefail; yes 'a line of some length, as a tool would print it' | head -c 300000000";
    const failing = commandKind.up(program(`${lines}; echo the end; exit 3`), context);

    // THEN
    await expect(failing).rejects.toThrow(/^the command ended with exit status 3\n(a line[^\n]*\n)+the end$/);
    clearInterval(timer);
    expect((most - before) / MEGABYTE).toBeLessThan(200);
    expect(context.messages.at(-1)).toMatch(/^… \d+ more lines$/);
  }, 120_000);

  it("may print one endless line", async () => {
    // GIVEN
    const context = stepContext("s1");

    // WHEN
    const failing = commandKind.up(program("head -c 100000000 /dev/zero | tr '\\0' x; exit 3"), context);

    // THEN
    const message = await failing.then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toContain("exit status 3");
    expect(message.length).toBeLessThan(10_000);
    expect(context.messages.join("").length).toBeLessThan(100_000);
  }, 60_000);

  it("compares the whole answer of a check, up to a megabyte", async () => {
    // GIVEN
    const long = "ä".repeat(MEGABYTE / 4);

    // WHEN
    const equal = await commandKind.verify(
      program("true", `printf '%s\\n' "$(printf 'ä%.0s' {1..${long.length}})"`, long),
      stepContext("s1"),
      undefined,
    );
    const longer = await commandKind.verify(
      program("true", "head -c 5000000 /dev/zero | tr '\\0' x", "x"),
      stepContext("s1"),
      undefined,
    );

    // THEN
    expect(equal[0]!.actual === long).toBe(true);
    expect(longer[0]!.actual.length).toBeLessThan(2 * MEGABYTE);
    expect(longer[0]!.actual).toMatch(/x… \(5000000 bytes\)$/);
  });

  it("answers without its last line break, and only without that one", async () => {
    // WHEN
    const answers = ["printf 'a\\n\\n'", "printf 'a\\r\\n'", "printf ' a '", "true"].map((query) =>
      commandKind.verify(program("true", query), stepContext("s1"), undefined),
    );

    // THEN
    expect((await Promise.all(answers)).map(([result]) => result!.actual)).toEqual(["a\n", "a", " a ", ""]);
  });

  it("reports whole lines, whatever pieces they come in", async () => {
    // GIVEN
    const context = stepContext("s1");

    // WHEN
    await commandKind.up(
      program("printf 'Zür'; sleep 0.2; printf 'i\\303'; sleep 0.2; printf '\\244ch\\nlast'"),
      context,
    );

    // THEN
    expect(context.messages).toEqual(["Züriäch", "last"]);
  });

  it("ends when it is stopped, even if something that left its group holds its output", async () => {
    // GIVEN
    const controller = new AbortController();
    const context = stepContext("s1", { signal: controller.signal });
    const started = performance.now();

    // WHEN
    const running = commandKind.up(program("setsid sleep 20 & echo started; wait"), context);
    setTimeout(() => controller.abort(), 500);

    // THEN
    await expect(running).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 30_000);

  it("says which directory is missing", async () => {
    // GIVEN
    rmSync(directory, { recursive: true });

    // WHEN
    const running = commandKind.up(program("true"), stepContext("s1"));

    // THEN
    await expect(running).rejects.toMatchObject({ code: "SourceMissing" });
    await expect(running).rejects.toThrow(directory);
  });

  it("says which interpreter is missing", async () => {
    // WHEN
    const running = commandKind.up({ ...program("true"), interpreter: ["no-such-interpreter"] }, stepContext("s1"));

    // THEN
    await expect(running).rejects.toMatchObject({ code: "StepFailed" });
    await expect(running).rejects.toThrow("no-such-interpreter");
  });

  it("has an empty standard input, and knows its step", async () => {
    // GIVEN
    const context = stepContext("create-bucket");

    // WHEN
    await commandKind.up(program('cat; echo "$STERNA_STEP_ID"'), context);

    // THEN
    expect(context.messages).toEqual(["create-bucket"]);
  });

  it("shows in a plan what it runs, shortened", () => {
    // GIVEN
    const long = `echo ${"x".repeat(MEGABYTE)}`;

    // WHEN
    const preview = commandKind.preview(program(long, `${long}\n${long}`, long));

    // THEN
    expect(preview.map((line) => line.length < 1000)).toEqual([true, true]);
    expect(preview[0]).toMatch(/^run: bash -euo pipefail <<< echo x+…$/);
    expect(preview[1]).toMatch(/^verify: echo x+… … \(2 lines\) = echo x+…$/);
  });

  it("leaves no script behind", async () => {
    // GIVEN
    const context = stepContext("s1");

    // WHEN
    await commandKind.up(program('echo "$0"'), context);
    await sleep(0);

    // THEN
    expect(context.messages[0]).toMatch(/sterna-step-.*\/script$/);
    expect(() => rmSync(context.messages[0]!)).toThrow("ENOENT");
  });
});
