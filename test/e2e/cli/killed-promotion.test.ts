import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptStep, TestProject } from "../../cli/project";
import { buildCli, startSterna, sterna } from "./sterna";

const ONE = scriptStep("one", "1.0.0");
const PINS = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
const PROMOTE = ["promote", "shop", "development", "staging", "--no-plan"];

describe("a promotion that is killed while it tries the new pin", () => {
  let project: TestProject;
  beforeAll(buildCli);
  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: [ONE] });
    project.record("development", ONE);
  });
  afterEach(() => {
    // The app that outlived the command ends with it.
    writeFileSync(project.path("go"), "");
    rmSync(project.directory, { recursive: true, force: true });
  });

  it("leaves releases.json byte for byte as it was, and nothing in the way of the next one", async () => {
    // GIVEN an app that takes the tried pin, and then takes its time
    writeFileSync(project.path("releases.json"), `{"shop":   ${JSON.stringify(PINS)}}`);
    const before = readFileSync(project.path("releases.json"), "utf8");
    writeFileSync(
      project.path("app.cjs"),
      `${readFileSync(project.path("app.cjs"), "utf8")}
      if (process.env.STERNA_PINS) {
        writeFileSync("tried.json", process.env.STERNA_PINS);
        const { existsSync } = require("node:fs");
        const timer = setInterval(() => (existsSync("go") || !existsSync("app.cjs")) && clearInterval(timer), 50);
      }`,
    );

    // WHEN
    const command = startSterna(project.directory, PROMOTE);
    while (!existsSync(project.path("tried.json"))) await sleep(50);
    command.kill("SIGKILL");
    const { signal } = await command;

    // THEN
    expect(signal).toBe("SIGKILL");
    expect(JSON.parse(readFileSync(project.path("tried.json"), "utf8"))).toEqual({
      file: project.path("releases.json"),
      content: { shop: { ...PINS, staging: "1.0.0" } },
    });
    expect(readFileSync(project.path("releases.json"), "utf8")).toBe(before);
    expect(readdirSync(project.directory).filter((name) => name.startsWith("releases.json"))).toEqual([
      "releases.json",
    ]);

    // WHEN
    writeFileSync(project.path("go"), "");
    const again = await sterna(project.directory, PROMOTE);

    // THEN
    expect(again).toMatchObject({ status: 2 });
    expect(JSON.parse(readFileSync(project.path("releases.json"), "utf8")).shop.staging).toBe("1.0.0");
  });
});
