import type { CheckResult } from "../../lib/manifest/step-checks";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transferKind } from "../../lib/steps/transfer/kind";
import { transferProgram } from "../../lib/steps/transfer/program";
import { NASTY_FILES, writeFiles } from "../support/nasty-files";
import { type RecordingContext, stepContext } from "../support/step-context";

type Phase = "bulk" | "delta" | "cutover" | "retire";

describe("a transfer between directories", () => {
  let from: string;
  let to: string;

  beforeEach(() => {
    from = mkdtempSync(join(tmpdir(), "sterna-from-"));
    to = mkdtempSync(join(tmpdir(), "sterna-to-"));
  });
  afterEach(() => {
    for (const directory of [from, to]) rmSync(directory, { recursive: true });
  });

  const program = (phase: Phase, more: object = {}) =>
    transferProgram.parse({
      kind: "transfer",
      transfer: "files",
      phase,
      from: { store: "directory", path: from },
      to: { store: "directory", path: to },
      switch: [touch("switched")],
      ...more,
    });
  /** Makes a file, and removes it. */
  const touch = (name: string) => ({
    kind: "command",
    up: `touch '${join(to, "..", `${name}-${to.slice(-6)}`)}'`,
    down: `rm '${join(to, "..", `${name}-${to.slice(-6)}`)}'`,
    verify: [{ query: "echo yes", expected: "yes" }],
  });
  const touched = (name: string): boolean => existsSync(join(to, "..", `${name}-${to.slice(-6)}`));

  async function run(phase: Phase, more: object = {}): Promise<RecordingContext> {
    const said = stepContext(`files-${phase}`);
    const artifact = await transferKind.up(program(phase, more), said);
    expect(failed(await transferKind.verify(program(phase, more), said, artifact))).toEqual([]);
    return said;
  }
  const undo = (phase: Phase, more: object = {}) =>
    transferKind.down(program(phase, more), stepContext(`files-${phase}`), undefined);

  test("copies every name that UTF-8 has, hidden and empty files too, and undoes it", async () => {
    // GIVEN
    writeFiles(from, NASTY_FILES);
    // WHEN
    await run("bulk");
    // THEN
    expect(contents(to)).toEqual(NASTY_FILES);
    // WHEN
    await undo("bulk");
    // THEN
    expect(readdirSync(to)).toEqual([]);
    expect(contents(from)).toEqual(NASTY_FILES);
  });

  test("a file of the same size with an older time is a change, and a deleted one goes away", async () => {
    // GIVEN
    writeFiles(from, { same: "same", edited: "before", deleted: "x", "folder/deleted": "y" });
    await run("bulk");
    // WHEN
    writeFiles(from, { edited: "behind" });
    utimesSync(join(from, "edited"), 1, 1);
    rmSync(join(from, "deleted"));
    rmSync(join(from, "folder"), { recursive: true });
    // THEN
    await run("delta");
    expect(contents(to)).toEqual({ same: "same", edited: "behind" });
  });

  test("an object of somebody else is in the way, and stays unless it may be replaced", async () => {
    // GIVEN
    writeFiles(from, { a: "mine", b: "mine" });
    writeFiles(to, { a: "hers", other: "hers" });
    // WHEN
    const refusal = transferKind.up(program("bulk"), stepContext("x"));
    // THEN
    await expect(refusal).rejects.toMatchObject({ code: "TargetConflict", message: expect.stringMatching(/: a; /) });
    expect(contents(to)).toEqual({ a: "hers", other: "hers" });
    // WHEN
    await run("bulk", { onConflict: "replace" });
    await undo("bulk");
    // THEN what was there before the transfer is not deleted with its copies
    expect(contents(to)).toEqual({ a: "mine", other: "hers" });
  });

  test("what somebody changed in the target since is kept, and named", async () => {
    writeFiles(from, { a: "1", b: "2" });
    await run("bulk");
    writeFiles(to, { b: "changed" });
    const said = stepContext("files-bulk");
    await transferKind.down(program("bulk"), said, undefined);
    expect(contents(to)).toEqual({ b: "changed" });
    expect(said.messages).toEqual(["kept 1 objects that somebody else wrote or changed: b"]);
  });

  test("batches by folder: each has a checkpoint, and a part of them can go first", async () => {
    // GIVEN
    writeFiles(from, { "alpha/1": "a", "alpha/deep/2": "aa", "beta/1": "b", "gamma/1": "c", top: "t" });
    const first = { only: ["alpha/", "beta/"], batchDepth: 1 };
    // WHEN
    const said = await run("bulk", first);
    // THEN
    expect(Object.keys(contents(to))).toEqual(["alpha/1", "alpha/deep/2", "beta/1"]);
    expect(said.messages.at(-1)).toMatch(/^3\/3 objects, 4 B copied, /);
    expect(readdirSync(join(to, ".sterna/transfers/files/manifest"))).toHaveLength(2);
    // WHEN the rest follows, under another name
    await run("bulk", { except: ["alpha/", "beta/"], batchDepth: 1, transfer: "rest" });
    expect(contents(to)).toEqual(contents(from));
    // THEN a batch with a checkpoint is not read again by a bulk that goes on, but by the delta
    writeFiles(from, { "alpha/1": "A" });
    await run("bulk", first);
    expect(contents(to)["alpha/1"]).toBe("a");
    await run("delta", first);
    expect(contents(to)["alpha/1"]).toBe("A");
  });

  test("a flipped byte in the target is found, by name", async () => {
    writeFiles(from, { a: "content", b: "content" });
    await run("bulk");
    writeFiles(to, { b: "cOntent" });
    for (const phase of ["bulk", "delta"] as const) {
      const results = await transferKind.verify(program(phase), stepContext("x"), undefined);
      expect(failed(results)).toHaveLength(2);
      expect(results.at(-1)?.actual).toBe("b");
    }
  });

  test("a cutover copies the last changes, switches, and then nothing compares a target in use", async () => {
    // GIVEN
    writeFiles(from, { a: "1" });
    await run("bulk");
    writeFiles(from, { late: "2" });
    // WHEN
    await run("cutover", { freeze: [touch("frozen")] });
    // THEN
    expect([touched("frozen"), touched("switched")]).toEqual([true, true]);
    expect(contents(to)).toEqual({ a: "1", late: "2" });
    writeFiles(to, { a: "written by the application" });
    expect(await transferKind.verify(program("delta"), stepContext("x"), undefined)).toEqual([]);
    // WHEN it is undone, twice
    await undo("cutover", { freeze: [touch("frozen")] });
    await undo("cutover", { freeze: [touch("frozen")] });
    // THEN
    expect([touched("frozen"), touched("switched")]).toEqual([false, false]);
  });

  test("a cutover that fails on its way puts everything back", async () => {
    // GIVEN a switch of which the second action fails
    writeFiles(from, { a: "1" });
    await run("bulk");
    const broken = { ...touch("broken"), verify: [{ query: "echo no", expected: "yes" }] };
    const more = { freeze: [touch("frozen")], switch: [touch("switched"), broken, touch("never")] };
    // WHEN
    const said = stepContext("x");
    const failure = transferKind.up(program("cutover", more), said);
    // THEN
    await expect(failure).rejects.toMatchObject({ code: "VerificationFailed" });
    expect(["frozen", "switched", "broken"].map(touched)).toEqual([false, false, false]);
    expect(said.messages).toContain("the cutover did not come to its end; puts everything back");
    const results = await transferKind.verify(program("cutover", more), said, undefined);
    expect(failed(results)[0]).toMatch(/^cutover of files/);
  });

  test("a cutover that is interrupted while it switches puts everything back", async () => {
    // GIVEN
    writeFiles(from, { a: "1" });
    await run("bulk");
    const stop = new AbortController();
    const context = stepContext("x", { signal: stop.signal });
    const slow = { ...touch("slow"), up: `${touch("slow").up}; sleep 60` };
    const more = { freeze: [touch("frozen")], switch: [slow] };
    // WHEN
    const interrupted = transferKind.up(program("cutover", more), context);
    const watch = setInterval(() => touched("slow") && stop.abort(new Error("interrupted")), 20);
    // THEN
    await expect(interrupted).rejects.toThrow("interrupted");
    clearInterval(watch);
    expect(["frozen", "slow"].map(touched)).toEqual([false, false]);
  });

  test("a cutover that was killed is put back as far as it had come", async () => {
    // GIVEN the record of a process that died in the second of three actions
    const more = { freeze: [touch("frozen")], switch: [touch("switched"), touch("never")] };
    writeFiles(from, { a: "1" });
    await run("bulk");
    await run("cutover", more);
    writeFiles(to, { ".sterna/transfers/files/cutover.json": JSON.stringify({ begun: 2 }) });
    // WHEN
    await undo("cutover", more);
    // THEN
    expect(["frozen", "switched", "never"].map(touched)).toEqual([false, false, true]);
    rmSync(join(to, "..", `never-${to.slice(-6)}`));
  });

  test("places that are not equal are never switched", async () => {
    // GIVEN a writer that was not stopped: it writes right after the last copy
    writeFiles(from, { a: "1", z: "1" });
    await run("bulk");
    const context = stepContext("x");
    const writer = { ...context, progress: () => writeFiles(from, { a: "2" }) };
    // WHEN
    const failure = transferKind.up(program("cutover"), writer);
    // THEN
    await expect(failure).rejects.toMatchObject({
      code: "VerificationFailed",
      message: expect.stringMatching(/different/),
    });
    expect(touched("switched")).toBe(false);
  });

  test("retiring deletes what is verified, and only that; undoing it brings it back", async () => {
    // GIVEN
    writeFiles(from, { same: "1", "folder/lost": "2", changed: "3" });
    await run("bulk");
    await expect(transferKind.up(program("retire"), stepContext("x"))).rejects.toMatchObject({
      code: "TransferNotCutover",
    });
    await run("cutover");
    rmSync(join(to, "folder/lost"));
    writeFiles(to, { changed: "by the application" });
    // WHEN
    const said = await run("retire");
    // THEN
    expect(contents(from)).toEqual({ "folder/lost": "2", changed: "3" });
    expect(said.messages.at(-1)).toMatch(/^kept 2 objects .*: changed, folder\/lost$/);
    // WHEN
    await undo("retire");
    // THEN
    expect(contents(from)).toEqual({ same: "1", "folder/lost": "2", changed: "3" });
    await undo("cutover");
  });

  test("retiring deletes nothing while somebody writes to the source", async () => {
    writeFiles(from, { a: "1", b: "2" });
    await run("bulk");
    await run("cutover");
    writeFiles(from, { b: "3", new: "4" });
    await expect(transferKind.up(program("retire"), stepContext("x"))).rejects.toMatchObject({
      code: "SourceStillWritten",
      message: expect.stringMatching(/^2 objects .*: b, new; nothing was deleted/),
    });
    expect(contents(from)).toEqual({ a: "1", b: "3", new: "4" });
    await undo("cutover");
  });

  test("links are refused, left out or followed, and none leads a copy out of the target", async () => {
    writeFiles(from, { file: "content" });
    symlinkSync("file", join(from, "link"));
    await expect(transferKind.up(program("bulk"), stepContext("x"))).rejects.toMatchObject({ code: "SourceRefused" });
    await run("bulk", { symlinks: "skip" });
    expect(contents(to)).toEqual({ file: "content" });
    await run("delta", { symlinks: "follow" });
    expect(contents(to)).toEqual({ file: "content", link: "content" });
    // GIVEN a link in the target
    mkdirSync(join(from, "elsewhere"));
    writeFiles(from, { "elsewhere/x": "1" });
    symlinkSync(tmpdir(), join(to, "elsewhere"));
    const refusal = transferKind.up(program("delta", { symlinks: "skip" }), stepContext("x"));
    await expect(refusal).rejects.toMatchObject({ code: "SourceRefused", message: expect.stringMatching(/elsewhere/) });
  });

  test.each([
    ["source", "SourceMissing", () => rmSync(from, { recursive: true }), () => mkdirSync(from)],
    ["target", "TargetMissing", () => rmSync(to, { recursive: true }), () => mkdirSync(to)],
    ["source with nothing in it", "SourceEmpty", () => rmSync(join(from, "a")), () => undefined],
  ])("a missing %s is an error, not an empty directory", async (_what, code, remove, restore) => {
    writeFiles(from, { a: "1" });
    remove();
    await expect(transferKind.up(program("bulk"), stepContext("x"))).rejects.toMatchObject({ code });
    restore();
  });
});

/** Text by path, of everything but what Sterna keeps for itself. */
function contents(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((path) => !path.startsWith(".sterna/"))
    .sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(directory, path), "utf8")]));
}

function failed(results: readonly CheckResult[]): string[] {
  return results.filter(({ expected, actual }) => expected !== actual).map(({ query }) => query);
}
