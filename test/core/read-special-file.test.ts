import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EnvironmentChain, Script } from "../../lib/index";
import { openProject, type Project, variablesOf } from "../../lib/toolkit/project/project";
import { changePins } from "../../lib/toolkit/project/change-pin";
import { readAllEvidence } from "../../lib/manifest/evidence";
import { readPins } from "../../lib/manifest/pins-file";
import { readWaivers } from "../../lib/manifest/waivers";
import { FolderStore, RecordChain } from "../../lib/promotion/records/record-chain";
import { planFiles, readSavedPlan } from "../../lib/toolkit/project/saved-plan";
import { readReviewFile } from "../../lib/toolkit/terraform/review-plan";
import { readIfThere } from "../../lib/core/read-file";
import { scratchDirectory } from "../support/repository";

const PLACE = { system: "shop", environment: "staging", release: "1.0.0" };

/** Every file that Sterna is given, with who reads it. */
const INPUTS: readonly [file: string, read: (path: string, project: Project) => unknown][] = [
  ["cdktf.json", (path) => openProject(dirname(path))],
  ["releases.json", (path) => readPins(path)],
  [
    "releases.json",
    (_, project) =>
      changePins(
        project,
        (pins) => pins,
        () => Promise.resolve(),
      ),
  ],
  ["environments.json", (path) => EnvironmentChain.fromFile(path)],
  ["waivers.json", (path) => readWaivers(path, PLACE)],
  [".sterna/staging.env", (_, project) => variablesOf(project, "staging", {})],
  [".sterna/plans/shop-staging.json", (_, project) => readSavedPlan(planFiles(project, "shop-staging"))],
  ["review.json", (path, project) => readReviewFile(project, path)],
  ["evidence/shop/staging/tests.json", (_, { directory }) => readAllEvidence(directory, "shop", "staging")],
  ["records/shop/head.json", (path) => new RecordChain(new FolderStore(join(path, "../..")), "", "shop").last()],
  ["up.sql", (path) => Script.fromFile(path)],
  [".env", (path) => readIfThere(path)],
];

describe.each(INPUTS)("what is not a file in the place of %s", (name, read) => {
  let project: Project;
  let path: string;
  beforeEach(() => {
    const directory = scratchDirectory("special");
    writeFileSync(join(directory, "cdktf.json"), '{"app":"true"}');
    project = openProject(directory);
    path = join(directory, name);
    rmSync(path, { force: true });
    mkdirSync(dirname(path), { recursive: true });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it.each<[string, (path: string) => void]>([
    ["a named pipe", (place) => void execFileSync("mkfifo", [place])],
    ["a device", (place) => symlinkSync("/dev/zero", place)],
    ["a folder", (place) => mkdirSync(place)],
  ])("is refused at once when it is %s", async (_, make) => {
    // GIVEN
    make(path);

    // WHEN
    const begun = performance.now();
    const reading = (async () => read(path, project))();

    // THEN
    await expect(reading).rejects.toMatchObject({ code: "FileUnreadable" });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe.each(INPUTS.filter(([name]) => name.endsWith(".json")))("%s that nests without end", (name, read) => {
  it.each(["[", "[]", '{"a":{}}'])("is an error with a code: %s", async (brackets) => {
    // GIVEN
    const directory = scratchDirectory("special");
    writeFileSync(join(directory, "cdktf.json"), '{"app":"true"}');
    const project = openProject(directory);
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    const [open, close] = [brackets.slice(0, Math.ceil(brackets.length / 2)), brackets.slice(-brackets.length / 2)];
    writeFileSync(path, open.repeat(100_000) + (brackets === "[" ? "" : close.repeat(100_000)));

    // WHEN
    const reading = (async () => read(path, project))();

    // THEN
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z]/) });
    rmSync(directory, { recursive: true });
  });
});

it.each([
  ["UTF-16", "utf16le" as const, "DATABASE_URL=postgresql://db/shop\n"],
  ["Latin-1", "latin1" as const, "NAME=Jos\u00e9\n"],
])("a file of variables in %s is refused: it would define nothing, or something else", (_, encoding, text) => {
  // GIVEN
  const directory = scratchDirectory("special");
  writeFileSync(join(directory, "cdktf.json"), '{"app":"true"}');
  mkdirSync(join(directory, ".sterna"));
  writeFileSync(join(directory, ".sterna/staging.env"), text, encoding);

  // WHEN
  const read = () => variablesOf(openProject(directory), "staging", {});

  // THEN
  expect(read).toThrow(expect.objectContaining({ code: "FileNotUtf8" }));
  rmSync(directory, { recursive: true });
});
