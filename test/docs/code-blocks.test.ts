import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { repositoryRoot, scratchRoot } from "../support/repository";

interface Block {
  readonly language: string;
  readonly text: string;
}

const pages = ["README.md", ...markdownIn("docs")];

function markdownIn(directory: string): string[] {
  return readdirSync(join(repositoryRoot, directory), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(directory, name));
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(repositoryRoot, page), "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, block]) => ({
    language: language!,
    text: block!,
  }));
}

/** Anchors that GitHub and npm give to the headings of a page. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

/** Which file of a project a JSON block is, by what is in it. */
function fileOf(json: Record<string, unknown>): string {
  if ("environments" in json) return "environments.json";
  if ("waivers" in json) return "waivers.json";
  return "app" in json ? "cdktf.json" : "releases.json";
}

/**
 * Every code block runs: TypeScript is type-checked and synthesized in a project made of the page's JSON blocks, shell
 * blocks name commands that exist.
 */
describe("the code blocks of", () => {
  let scratch: string;

  beforeAll(() => {
    mkdirSync(scratchRoot, { recursive: true });
    scratch = mkdtempSync(join(scratchRoot, "docs-"));
    mkdirSync(join(scratch, "node_modules"));
    symlinkSync(repositoryRoot, join(scratch, "node_modules/sterna"));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** A project with the JSON blocks of a page. */
  function projectOf(page: string): string {
    const project = mkdtempSync(join(scratch, "page-"));
    for (const { language, text } of blocksOf(page)) {
      if (language !== "json") continue;
      const json = JSON.parse(text) as Record<string, unknown>;
      writeFileSync(join(project, fileOf(json)), text);
    }
    return project;
  }

  const withTypeScript = pages.filter((page) => blocksOf(page).some(({ language }) => language === "ts"));

  it.each(withTypeScript)(
    "%s compile without errors and synthesize",
    (page) => {
      // GIVEN
      const project = projectOf(page);
      const scripts = blocksOf(page)
        .filter(({ language }) => language === "ts")
        .map(({ text }, index) => {
          const path = join(project, `block-${index}.ts`);
          writeFileSync(path, text);
          return path;
        });

      // WHEN
      const options: ts.CompilerOptions = {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        types: ["node"],
      };
      const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram(scripts, options));
      const errors = diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
      for (const script of scripts) {
        execFileSync(process.execPath, ["--import", "tsx", relative(project, script)], { cwd: project, stdio: "pipe" });
      }

      // THEN
      expect(errors).toEqual([]);
      const synthesizes = blocksOf(page).some(({ text }) => text.includes("app.synth()"));
      expect(existsSync(join(project, "cdktf.out/manifest.json"))).toBe(synthesizes);
    },
    120_000,
  );

  it.each(pages)("%s link to files and headings that exist", (page) => {
    // GIVEN
    const text = readFileSync(join(repositoryRoot, page), "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];

    // WHEN
    const broken = links.filter(([, path, heading]) => {
      const file = path === "" ? join(repositoryRoot, page) : join(repositoryRoot, dirname(page), path!);
      if (!existsSync(file)) return true;
      return heading !== undefined && !anchorsOf(readFileSync(file, "utf8")).includes(heading);
    });

    // THEN
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it.each(pages)("%s name only commands that exist", (page) => {
    // GIVEN
    const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    // Those of the projects that `sterna init` writes; an end-to-end test runs them.
    Object.assign(scripts, { "db:start": "", "db:stop": "" });
    const lines = blocksOf(page)
      .filter(({ language }) => language === "sh" || language === "text")
      .flatMap(({ text }) => text.split("\n"));

    // THEN
    for (const [, name] of lines.join("\n").matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name!]);
    const commands = new Set(lines.flatMap((line) => /^(?:\$ )?sterna (\w+)/.exec(line)?.[1] ?? []));
    const help = execFileSync(process.execPath, [join(repositoryRoot, "dist/bin/sterna.js"), "--help"], {
      encoding: "utf8",
    });
    for (const command of commands) expect(help).toMatch(new RegExp(`^  ${command} `, "m"));
  });
});
