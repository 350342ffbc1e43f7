import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const PINS = { development: "1.0.0", staging: "1.0.0", production: "1.0.0" };

describe("sterna apply without a saved plan", () => {
  let project: TestProject;
  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: [scriptStep("one", "1.0.0")], protected: ["production"] });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it.each([
    [["apply", "shop", "production"], 3, "PlanNotReviewed"],
    [["apply", "shop", "development"], 3, "ApprovalMissing"],
    [["apply", "shop", "development", "--auto-approve"], 1, "TerraformMissing"],
    [["plan", "shop", "development"], 1, "TerraformMissing"],
    [["apply", "shop", "stagging"], 1, "UnknownEnvironment"],
  ])("%j ends with %s and %s", async (args, status, code) => {
    const run = await runCli(project.directory, [...args, "--json"]);

    expect(run.status).toBe(status);
    expect(run.json()).toMatchObject({ error: { code } });
  });
});

describe("sterna", () => {
  it.each(["status", "plan", "apply", "gates", "attest", "resume", "verify", "adopt", "promote", "rollback", "doctor"])(
    "%s --help has examples",
    async (command) => {
      const { status, stdout } = await runCli("/", [command, "--help"]);

      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples:\n {2}\\$ sterna ${command}`));
      expect(stdout).toContain("--json");
    },
  );

  it("suggests the command that was meant", async () => {
    const { status, stderr } = await runCli("/", ["promtoe"]);

    expect(status).toBe(1);
    expect(stderr).toContain("Did you mean promote?");
  });
});
