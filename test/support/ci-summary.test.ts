import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot, scratchDirectory } from "./repository";

const SKIPPED = { file: "test/a.test.ts", title: "a suite", missing: ["moto_server"] };

describe("the summary of CI", () => {
  let directory: string;

  beforeEach(() => {
    directory = scratchDirectory("ci-summary");
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  /** Last line and exit status, for Jest's totals, the suites that were skipped, and the status of the run. */
  function summary(totals: Record<string, number> | undefined, skipped: object[], status: number) {
    const [results, skippedFile] = ["results.json", "skipped.jsonl"].map((name) => join(directory, name));
    if (totals !== undefined) writeFileSync(results!, JSON.stringify(totals));
    writeFileSync(skippedFile!, skipped.map((suite) => `${JSON.stringify(suite)}\n`).join(""));
    const script = join(repositoryRoot, ".ci/summary.mjs");
    const ended = spawnSync(process.execPath, [script, results!, skippedFile!, String(status)], { encoding: "utf8" });
    return { line: ended.stdout.trimEnd().split("\n").at(-1), status: ended.status, stderr: ended.stderr };
  }

  test("is green when tests passed and nothing was skipped for want of a tool", () => {
    expect(summary({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 1 }, [], 0)).toEqual({
      line: "3 passed, 0 failed, 1 skipped",
      status: 0,
      stderr: "",
    });
  });

  test("is red when a suite was skipped for want of a tool, and names it", () => {
    expect(summary({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 2 }, [SKIPPED], 0)).toEqual({
      line: "3 passed, 0 failed, 2 skipped",
      status: 1,
      stderr: "skipped: test/a.test.ts › a suite: moto_server missing\n",
    });
  });

  test.each([
    ["a test failed", { numPassedTests: 3, numFailedTests: 2 }, 1, "3 passed, 2 failed, 0 skipped"],
    ["a file did not load", { numPassedTests: 3, numRuntimeErrorTestSuites: 1 }, 1, "3 passed, 1 failed, 0 skipped"],
    ["no test ran", { numPassedTests: 0 }, 0, "0 passed, 0 failed, 0 skipped"],
    ["the build failed before the tests", undefined, 2, "0 passed, 1 failed, 0 skipped"],
    ["the demo failed after the tests", { numPassedTests: 3 }, 1, "3 passed, 1 failed, 0 skipped"],
    ["time ran out", { numPassedTests: 3 }, 124, "3 passed, 1 failed, 0 skipped"],
  ])("is red when %s", (_, totals, status, line) => {
    expect(summary(totals, [], status)).toMatchObject({ line, status: 1 });
  });
});
