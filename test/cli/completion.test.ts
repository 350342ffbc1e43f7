import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository";
import { requires } from "../support/requirements";
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

  /** A folder with `sterna` as a program, to be first on the PATH. */
  function programs(): string {
    const folder = project.path("bin");
    mkdirSync(folder, { recursive: true });
    const script = `#!/bin/sh\nexec ${process.execPath} ${join(repositoryRoot, "dist/bin/sterna.js")} "$@"\n`;
    writeFileSync(join(folder, "sterna"), script, { mode: 0o755 });
    return folder;
  }

  const inShell = (program: string, ...args: string[]) =>
    execFileSync(program, args, {
      cwd: project.directory,
      encoding: "utf8",
      env: { ...process.env, PATH: `${programs()}:${process.env.PATH}`, HOME: project.directory, TERM: "dumb" },
    });

  requires("fish")("in fish", () => {
    it.each([
      ["sterna plan shop s", "staging"],
      ["sterna pro", "promote"],
      ["sterna status --fo", "--follow"],
    ])("of %j offers %s", (line, expected) => {
      const script = `sterna completion fish | source; complete --do-complete ${JSON.stringify(line)}`;

      expect(inShell("fish", "--no-config", "-c", script).trim()).toBe(expected);
    });
  });

  requires("zsh")("in zsh", () => {
    it("completes the line that somebody types", () => {
      // GIVEN an interactive shell on a terminal of its own
      const script = `
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'autoload -Uz compinit && compinit -u -D && source <(sterna completion zsh) && print rea""dy'
        zpty -r -m shell typed '*ready*'
        zpty -w -n shell $'sterna plan shop s\t'
        zpty -r -m shell typed '*taging*'
        print -r -- "$typed"
        zpty -d shell`;

      // WHEN
      const typed = inShell("zsh", "-f", "-c", script);

      // THEN
      expect(typed).toContain("sterna plan shop staging");
    }, 60_000);
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
