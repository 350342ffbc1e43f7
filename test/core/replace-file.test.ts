import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeWholeFile } from "../../lib/core/replace-file";
import { SternaError } from "../../lib/core/errors";
import { scratchDirectory } from "../support/repository";

describe("replacing a file", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = scratchDirectory("write-file");
    file = join(directory, "deep/report.json");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("writes pieces one after the other, for its owner only", () => {
    const pieces = Array.from({ length: 2_000 }, (_, index) => `${index}é${"x".repeat(300)}`);

    writeWholeFile(file, pieces);

    expect(readFileSync(file, "utf8")).toBe(pieces.join(""));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("leaves the old file, and nothing else, when a piece cannot be made", () => {
    // GIVEN
    writeWholeFile(file, "old");
    const broken = function* () {
      yield "x".repeat(1_000_000);
      throw new SternaError("PlanUnreadable", "the plan is not JSON");
    };

    // THEN it is no matter of the file
    expect(() => writeWholeFile(file, broken())).toThrow(expect.objectContaining({ code: "PlanUnreadable" }));
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(join(directory, "deep"))).toEqual(["report.json"]);
  });

  it("says which file cannot be written", () => {
    writeWholeFile(file, "a file, and no folder");

    expect(() => writeWholeFile(join(file, "inside"), "x")).toThrow(
      expect.objectContaining({ code: "FileUnwritable", message: expect.stringContaining("inside") }),
    );
  });
});
