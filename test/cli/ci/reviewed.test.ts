import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { TestProject } from "../project";
import { runCli } from "../run-cli";

describe("sterna apply --reviewed", () => {
  let project: TestProject;
  const apply = (...args: string[]) => runCli(project.directory, ["apply", "shop", "production", ...args]);
  beforeEach(() => {
    project = new TestProject({
      pins: { development: "1.0.0", staging: "1.0.0", production: "1.0.0" },
      protected: ["production"],
    });
  });
  afterEach(() => rmSync(project.directory, { recursive: true }));

  it("is not for who approves without looking", async () => {
    const { status, stderr } = await apply("--reviewed", "review.json", "--auto-approve");

    expect(status).toBe(1);
    expect(stderr).toContain("cannot be used with option '--auto-approve'");
  });

  it("says when there is nothing that was reviewed, or something else", async () => {
    // GIVEN
    project.write("other.json", { version: 1, stack: "shop-production" });

    // THEN
    expect((await apply("--reviewed", "review.json")).stderr).toContain("error[FileUnreadable]");
    expect((await apply("--reviewed", "other.json")).stderr).toContain("error[PlanUnreadable]");
  });

  it("counts as the approval that a protected environment asks for", async () => {
    // GIVEN
    const review = { version: 1, stack: "shop-production", system: "shop", environment: "production" };
    const plan = { release: "1.0.0", plannedAt: "2026-01-01T00:00:00Z", parts: {}, changes: [], steps: [] };
    project.write("review.json", { ...review, ...plan });

    // THEN
    expect((await apply()).stderr).toContain("error[PlanNotReviewed]");
    // It gets as far as to Terraform, which is not on the PATH here.
    expect((await apply("--reviewed", "review.json")).stderr).toContain("error[TerraformMissing]");
  });
});
