import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../lib/core/read-json-file";
import { scratchDirectory } from "../support/repository";

describe("what is not a file in the place of a JSON file", () => {
  let directory: string;
  beforeEach(() => void (directory = scratchDirectory("special")));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const read = (file: string) => () => readJsonFile(file, z.unknown(), "InvalidWaivers");

  it("is refused at once: a pipe, a device, a folder", () => {
    execFileSync("mkfifo", [join(directory, "pipe")]);

    for (const file of [join(directory, "pipe"), "/dev/zero", directory]) {
      expect(read(file)).toThrow(expect.objectContaining({ code: "FileUnreadable" }));
    }
  });

  it("is no JSON when it nests without end", () => {
    writeFileSync(join(directory, "deep.json"), "[".repeat(100_000));

    expect(read(join(directory, "deep.json"))).toThrow(expect.objectContaining({ code: "FileNotJson" }));
  });
});
