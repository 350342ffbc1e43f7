import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository";
import { TestProject } from "./project";
import { runCli } from "./run-cli";

describe("completion", () => {
  let project: TestProject;
  beforeAll(() => {
    project = new TestProject({ pins: { development: "1.0.0", staging: "1.0.0", production: "0.1.0" } });
  });
  afterAll(() => rmSync(project.directory, { recursive: true, force: true }));

  const complete = async (...words: string[]) => {
    const { stdout } = await runCli(project.directory, ["__complete", ...words]);
    return stdout.split("\n").filter(Boolean);
  };

  it.each([
    [["pro"], ["promote"]],
    [["plan", ""], ["shop"]],
    [
      ["plan", "shop", ""],
      ["development", "staging", "production"],
    ],
    [["promote", "shop", "development", "s"], ["staging"]],
    [["rollback", "shop", "production", "--to", ""], []],
    [["rollback", "--to", "1.0.0", "shop", "p"], ["production"]],
    [["status", "--fo"], ["--follow"]],
    [["secrets", "ro"], ["rotate"]],
    [["init", "po"], ["postgres"]],
    [
      ["init", "postgres", "--database", ""],
      ["embedded", "docker", "existing"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["nonsense", ""], []],
  ])("of %j offers %j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  it("offers no systems where releases.json is broken, and does not fail", async () => {
    const broken = new TestProject({ pins: {} });
    writeFileSync(broken.path("releases.json"), "{");

    const { status, stdout } = await runCli(broken.directory, ["__complete", "plan", ""]);

    expect([status, stdout]).toEqual([0, ""]);
  });

  it("works in bash", () => {
    // GIVEN
    const sterna = `${process.execPath} ${join(repositoryRoot, "dist/bin/sterna.js")}`;
    const script = `sterna() { ${sterna} "$@"; }
      source <(sterna completion bash)
      COMP_WORDS=(sterna plan shop s) COMP_CWORD=3
      _sterna
      echo "\${COMPREPLY[@]}"`;

    // WHEN
    const found = execFileSync("bash", ["-c", script], { cwd: project.directory, encoding: "utf8" });

    // THEN
    expect(found.trim()).toBe("staging");
  });

  it.each([
    ["bash", "complete -o default -F _sterna sterna"],
    ["zsh", "compdef _sterna sterna"],
    ["fish", "complete --command sterna"],
  ])("has a script for %s", async (shell, line) => {
    const { stdout } = await runCli(project.directory, ["completion", shell]);

    expect(stdout).toContain(line);
  });
});
