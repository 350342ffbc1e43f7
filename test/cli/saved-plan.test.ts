import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openProject } from "../../lib/toolkit/project/project";
import { planFiles, planParts } from "../../lib/toolkit/project/saved-plan";
import { changedParts } from "../../lib/promotion/plan/plan-summary";
import { TestProject } from "./project";

describe("what a saved plan stands on", () => {
  let test: TestProject;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(test.path(path)), { recursive: true });
    writeFileSync(test.path(path), text);
  };
  const parts = () => {
    const project = openProject(test.directory);
    return planParts(project, planFiles(project, "shop-staging"), join(test.directory, "stack"));
  };
  beforeEach(() => {
    test = new TestProject({ pins: { development: "1.0.0", staging: "1.0.0", production: "1.0.0" } });
    write("stack/cdk.tf.json", "{}");
    write("stack/assets/migrate/up.sh", "true");
    write(".sterna/plans/shop-staging.tfplan", "plan");
  });
  afterEach(() => rmSync(test.directory, { recursive: true, force: true }));

  it.each([
    ["stack/assets/migrate/up.sh", "assets/migrate/up.sh"],
    ["stack/cdk.tf.json", "cdk.tf.json"],
    ["stack/.terraform.lock.hcl", ".terraform.lock.hcl"],
    ["stack/terraform.d/plugins/registry.terraform.io/sterna/sterna/p.zip", "p.zip"],
    [".sterna/plans/shop-staging.tfplan", "the plan file"],
    ["environments.json", "environments.json"],
    ["waivers.json", "waivers.json"],
    ["stack/crash.sh", "crash.sh"],
    ["stack/terraform.d/z.sh", "terraform.d/z.sh"],
    ["stack/terraform.tfstate.sh", "terraform.tfstate.sh"],
    ["stack/assets/terraform.tfstate", "assets/terraform.tfstate"],
    ["stack/.terraform/modules/a/run.sh", ".terraform/modules/a/run.sh"],
  ])("names %s when it changes", (path, name) => {
    const before = parts();

    write(path, '{"changed": true}');

    expect(changedParts(before, parts())).toEqual([name]);
  });

  it("follows links, wherever they lead, and does not read what would never end", () => {
    // GIVEN
    write("elsewhere/real.sh", "true");
    write("elsewhere/lib/a.sh", "true");
    symlinkSync(test.path("elsewhere/real.sh"), test.path("stack/link.sh"));
    symlinkSync(test.path("elsewhere/lib"), test.path("stack/lib"));
    symlinkSync("..", test.path("elsewhere/lib/loop"));
    symlinkSync("nothing", test.path("stack/dangling"));
    execFileSync("mkfifo", [test.path("stack/pipe")]);
    const before = parts();

    // WHEN
    write("elsewhere/real.sh", "false");
    write("elsewhere/lib/a.sh", "false");

    // THEN
    const changed = changedParts(before, parts());
    expect(changed.filter((name) => !name.includes("loop"))).toEqual(["lib/a.sh", "link.sh"]);
    expect(before).toMatchObject({ dangling: expect.any(String), pipe: "neither a file nor a folder" });
  });

  it.each([
    "stack/.terraform/providers/a",
    "stack/terraform.d/plugins/registry.terraform.io/hashicorp/aws/p",
    "stack/terraform.tfstate",
    "stack/terraform.tfstate.backup",
    "stack/crash.log",
  ])("does not mind %s, which Terraform writes itself", (path) => {
    const before = parts();

    write(path, "other");

    expect(changedParts(before, parts())).toEqual([]);
  });
});
