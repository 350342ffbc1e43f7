import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { repositoryRoot, scratchDirectory } from "../support/repository";

describe("bin/app.ts", () => {
  let project: string;
  beforeEach(() => {
    project = scratchDirectory("app");
    for (const file of ["environments.json", "releases.json"])
      copyFileSync(join(repositoryRoot, file), join(project, file));
  });
  afterEach(() => rmSync(project, { recursive: true }));

  const run = () =>
    execa("node", ["--import", pathToFileURL(require.resolve("tsx")).href, join(repositoryRoot, "bin/app.ts")], {
      cwd: project,
      reject: false,
    });

  test.each([
    [
      "a system that nobody declared",
      { "app-fe": { development: "1.0.0" } },
      'error[UnknownSystem]: releases.json names the system "app-fe"',
    ],
    [
      "an environment that nobody declared",
      { "app-ef": { development: "1.0.0", staging: "1.0.0", production: "0.1.0-beta", test: "1.0.0" } },
      "error[UnknownEnvironment]: ",
    ],
    [
      "a pin that skips an environment",
      { "app-ef": { development: "1.0.0", staging: "0.1.0-beta", production: "1.0.0" } },
      "error[PinSkipsEnvironment]: ",
    ],
    [
      "a release that does not exist",
      { "app-ef": { development: "3.0.0", staging: "1.0.0", production: "1.0.0" } },
      'error[UnknownRelease]: app-ef has no release "3.0.0"',
    ],
  ])("says in one line that releases.json names %s", async (_, pins, message) => {
    // given
    writeFileSync(join(project, "releases.json"), JSON.stringify(pins));

    // when
    const { exitCode, stderr } = await run();

    // then
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr.split("\n")).toHaveLength(1);
  });

  test("says where releases.json stops being JSON", async () => {
    writeFileSync(join(project, "releases.json"), '{ "app-ef": { "development": 1.0.0 } }');
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error\[FileNotJson\]: .*releases\.json/);
  });
});
