import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { TestProject } from "../project";
import { runCli } from "../run-cli";

const PINS = { development: "1.0.0", staging: "1.0.0", production: "1.0.0" };
const REMOTE = {
  backend: { s3: { bucket: "example-state", key: "@stack@.tfstate", region: "eu-central-1" } },
  ledger: { kind: "s3", bucket: "example-ledger", prefix: "sterna/" },
};
const ENVIRONMENTS = Object.keys(PINS).map((name) => ({ name }));

describe("sterna ci", () => {
  let project: TestProject;
  const run = (...args: string[]) => runCli(project.directory, ["ci", ...args]);
  const written = (name: string) => existsSync(project.path(name));
  beforeEach(() => {
    project = new TestProject({ pins: PINS, ...REMOTE });
    project.write("environments.json", {
      environments: ENVIRONMENTS,
      records: { kind: "s3", bucket: "example-records", prefix: "shop/" },
    });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it.each([
    ["github", [".github/actions/sterna/action.yml", ".github/workflows/sterna-promote.yml"]],
    ["gitlab", [".gitlab/sterna.yml"]],
    ["atlantis", ["atlantis.yaml", "atlantis-server.yaml"]],
  ])("%s writes what is missing, and then has nothing to do", async (target, files) => {
    // GIVEN
    expect((await run(target, "--check")).status).toBe(2);
    const dry = await run(target, "--dry-run");
    expect(dry.status).toBe(2);
    expect(dry.stdout).toContain(`# ${files[0]}\n# Written by \`sterna ci ${target}\``);
    expect(files.filter(written)).toEqual([]);

    // WHEN
    const first = await run(target);

    // THEN
    expect(first.status).toBe(0);
    expect(first.stdout).toContain("Next: ");
    expect(files.filter(written)).toEqual(files);
    const check = await run(target, "--check", "--json");
    expect(check.status).toBe(0);
    expect(check.json()).toMatchObject({
      written: false,
      files: expect.arrayContaining([{ path: files[0], state: "current" }]),
    });
  });

  it("overwrites what was edited by hand only with --force", async () => {
    // GIVEN
    await run("gitlab");
    const file = project.path(".gitlab/sterna.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("node:22", "node:20"));

    // WHEN
    const refused = await run("gitlab");
    const check = await run("gitlab", "--check");
    const forced = await run("gitlab", "--force");

    // THEN
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("error[PipelineEdited]") });
    expect(check).toMatchObject({
      status: 2,
      stdout: expect.stringContaining(".gitlab/sterna.yml was edited by hand."),
    });
    expect(forced.status).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("names all that a fresh checkout would lose", async () => {
    // GIVEN
    project.write("environments.json", { environments: ENVIRONMENTS });
    project.define({});

    // WHEN
    const { status, stderr } = await run("github", "--system", "shop");

    // THEN
    expect(status).toBe(1);
    expect(stderr).toContain("error[StateInCheckout]");
    for (const lost of [
      "Terraform's state of shop-staging",
      "the ledger of shop-production",
      "the records of applies",
    ]) {
      expect(stderr).toContain(lost);
    }
    expect(written(".github")).toBe(false);
  });

  it("takes state and records in folders outside of the checkout, for a runner that keeps them", async () => {
    const local = {
      backend: { local: { path: "/var/lib/sterna/@stack@" } },
      ledger: { kind: "file", directory: "/var/lib/sterna" },
    };
    project.define(local);
    project.write("environments.json", {
      environments: ENVIRONMENTS,
      records: { kind: "file", directory: "/var/lib/records" },
    });

    expect((await run("github")).status).toBe(0);
  });

  it("works in a project below the top of the repository, and in no other", async () => {
    // GIVEN
    const name = project.directory.split("/").at(-1)!;

    // WHEN
    const inside = await run("github", "--out", "..", "--dry-run");
    const outside = await run("github", "--out", "./elsewhere");

    // THEN
    expect(inside.stdout).toContain(`working-directory: ${name}\n`);
    expect(outside).toMatchObject({ status: 1, stderr: expect.stringContaining("error[PipelineOutside]") });
  });

  it.each([
    [["--schedule", "every night"], "--schedule"],
    [["--branch", "main; rm"], "--branch"],
    [["--terraform", "latest"], "--terraform"],
    [["--terraform", "1.14"], "--terraform"],
    [["--node", "lts"], "--node"],
    [["--cloud", "azure"], "--cloud"],
    [["--system", "cart"], "UnknownSystem"],
  ])("refuses %j", async (args, named) => {
    const { status, stderr } = await run("github", ...args);

    expect(status).toBe(1);
    expect(stderr).toContain(named);
  });

  it("says what a job has to be to use its other commands", async () => {
    writeFileSync(project.path("report.md"), "");

    for (const args of [
      ["comment", "report.md", "--about", "x"],
      ["issue", "--about", "x", "--close"],
      ["review", "shop", "staging", "--out", "x"],
      ["propose", "shop", "staging"],
    ]) {
      expect(await run(...args)).toMatchObject({ status: 1, stderr: expect.stringContaining("error[ForgeUnknown]") });
    }
  });

  it("lists what a job has to plan as one line of JSON", async () => {
    // No commit that anybody has: everything may have changed.
    const { status, stdout } = await run("affected", "--since", "0".repeat(40), "--stack", "shop-staging");

    expect(status).toBe(2);
    expect(stdout).toBe('[{"stack":"shop-staging","system":"shop","environment":"staging","variable":"STAGING"}]\n');
  });
});
