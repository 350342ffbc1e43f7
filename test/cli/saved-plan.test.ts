import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
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
  ])("names %s when it changes", (path, name) => {
    const before = parts();

    write(path, '{"changed": true}');

    expect(changedParts(before, parts())).toEqual([name]);
  });

  it.each(["stack/.terraform/modules/a", "stack/terraform.tfstate", "stack/terraform.tfstate.backup"])(
    "does not mind %s, which Terraform writes itself",
    (path) => {
      const before = parts();

      write(path, "other");

      expect(changedParts(before, parts())).toEqual([]);
    },
  );
});
