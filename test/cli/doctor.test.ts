import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { TestProject } from "./project";
import { runCli } from "./run-cli";

describe("sterna doctor", () => {
  let project: TestProject;
  const doctor = async (environment: NodeJS.ProcessEnv = {}) => {
    const run = await runCli(project.directory, ["doctor", "--json"], environment);
    const { findings } = run.json<{ findings: { status: string; title: string; cure?: string }[] }>();
    return { status: run.status, find: (text: string) => findings.find(({ title }) => title.includes(text)) };
  };

  beforeEach(() => {
    project = new TestProject({ pins: { development: "0.1.0", staging: "0.1.0", production: "0.1.0" } });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("misses Terraform and says where to get it", async () => {
    const { status, find } = await doctor();

    expect(status).toBe(1);
    expect(find("node 2")).toMatchObject({ status: "ok" });
    expect(find("terraform is not on the PATH")).toMatchObject({
      status: "problem",
      cure: expect.stringContaining("Install"),
    });
  });

  it("misses node where Terraform would look for it", async () => {
    const { find } = await doctor({ PATH: project.directory });

    expect(find("node is not on the PATH")).toMatchObject({ status: "problem" });
  });

  it("prints the lines that an explicit provider_installation block needs", async () => {
    // GIVEN
    writeFileSync(project.path(".terraformrc"), "provider_installation {\n  direct {}\n}\n");

    // WHEN
    const finding = (await doctor()).find("provider_installation block");

    // THEN
    expect(finding?.status).toBe("problem");
    expect(finding?.cure).toContain('filesystem_mirror {\n    path    = "terraform.d/plugins"');
  });

  it("explains the lock step of cdktf deploy, unless it is skipped", async () => {
    expect((await doctor()).find("cdktf deploy")).toMatchObject({ status: "warning" });
    expect((await doctor({ CDKTF_SKIP_PROVIDER_LOCK: "true" })).find("cdktf deploy")).toMatchObject({ status: "ok" });
  });

  it("finds a plugin cache that is not there", async () => {
    const { find } = await doctor({ TF_PLUGIN_CACHE_DIR: project.path("no-cache") });

    expect(find("TF_PLUGIN_CACHE_DIR")).toMatchObject({ status: "problem" });
  });

  it("finds broken project files and stacks without the provider", async () => {
    // GIVEN
    project.write("environments.json", { environments: [] });
    const broken = await doctor();

    // THEN
    expect(broken.find("environments.json: InvalidEnvironments")).toMatchObject({ status: "problem" });

    // WHEN
    project.write("environments.json", { environments: [{ name: "development" }] });
    const { find } = await doctor();

    // THEN
    expect(find("shop-development: no provider")).toMatchObject({ status: "problem" });
    expect(find("shop-development: ledgers can be read")).toMatchObject({ status: "ok" });
  });

  it("checks the machine also where there is no project", async () => {
    rmSync(project.path("cdktf.json"));

    expect((await doctor()).find("ProjectMissing")).toMatchObject({ status: "problem" });
  });

  it("warns about a file of secrets that others may read", async () => {
    mkdirSync(project.path(".sterna"));
    writeFileSync(project.path(".sterna/staging.env"), "URL=postgresql://localhost/\n", { mode: 0o644 });

    expect((await doctor()).find("staging.env")).toMatchObject({
      status: "warning",
      cure: expect.stringContaining("chmod 600"),
    });
  });

  it("warns about secrets and stacks that git would commit", async () => {
    // GIVEN a repository of its own
    const environment = { PATH: process.env.PATH! };
    execFileSync("git", ["init", "--quiet"], { cwd: project.directory });

    // THEN
    expect((await doctor(environment)).find("git does not ignore .sterna/ and cdktf.out/")).toMatchObject({
      status: "warning",
      cure: expect.stringContaining("Add .sterna/ and cdktf.out/ to .gitignore"),
    });

    // WHEN
    writeFileSync(project.path(".gitignore"), ".sterna/\ncdktf.out/\n");

    // THEN
    expect((await doctor(environment)).find("git ignores .sterna")).toMatchObject({ status: "ok" });
  });

  it("counts one system as one", async () => {
    expect((await doctor()).find("releases.json")).toMatchObject({ title: "releases.json: 1 system" });
  });
});
