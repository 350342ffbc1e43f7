import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareFile, refuseEdited, writePipelineFile, yamlText } from "../../../lib/pipelines/written-file";
import { scratchDirectory } from "../../support/repository";

const SHA = "8f4b7f84864484a7bf31766abe9204da3cbe65b3";

describe("a file of a pipeline", () => {
  let top: string;
  const path = "jobs.yml";
  const file = (steps: readonly object[]) => ({ path, text: yamlText("sterna ci github", { jobs: { steps } }) });
  const before = file([{ uses: "actions/checkout@v6" }, { run: "make test" }]);
  const after = file([{ uses: "actions/checkout@v6" }, { run: "false" }, { uses: "actions/upload-artifact@v6" }]);
  const edit = (from: string, to: string) => {
    writeFileSync(join(top, path), readFileSync(join(top, path), "utf8").replace(from, to));
  };
  beforeEach(() => {
    top = scratchDirectory("written-file");
    writePipelineFile(top, before);
  });
  afterEach(() => rmSync(top, { recursive: true }));

  it("is current, or out of date when other things are to be written", () => {
    expect(compareFile(top, before).state).toBe("current");
    expect(compareFile(top, after).state).toBe("outdated");
    expect(compareFile(top, { ...before, path: "other.yml" }).state).toBe("missing");
  });

  it("is known to be edited, or somebody else's, and is not overwritten", () => {
    // WHEN
    edit("make test", "make all");

    // THEN
    const edited = compareFile(top, before);
    expect(edited.state).toBe("edited");
    expect(() => refuseEdited([{ path, ...edited }])).toThrow(
      expect.objectContaining({
        code: "PipelineEdited",
        message: expect.stringContaining("jobs.yml was edited by hand"),
      }),
    );

    // WHEN
    writeFileSync(join(top, path), "jobs: {}\n");

    // THEN
    expect(compareFile(top, before).state).toBe("foreign");
    expect(() => refuseEdited([{ path, state: "foreign" }])).toThrow(/is not written by sterna/);
  });

  it.each([
    ["to a newer one", "actions/checkout@v7"],
    ["to a commit, as pinact and Dependabot write it", `actions/checkout@${SHA} # v6.0.1`],
    ["to a commit, as ratchet writes it", `"actions/checkout@${SHA}" # ratchet:actions/checkout@v6`],
  ])("keeps the versions of actions that somebody changed %s", (_name, uses) => {
    // GIVEN
    edit("actions/checkout@v6", uses);

    // WHEN
    const same = compareFile(top, before);
    const next = compareFile(top, after);

    // THEN
    expect(same.state).toBe("current");
    expect(next.state).toBe("outdated");
    expect(next.text).toContain(`uses: ${uses}\n`);
    expect(next.text).toContain("uses: actions/upload-artifact@v6\n");
  });
});
