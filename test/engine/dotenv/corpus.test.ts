import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "dotenv";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDotenv } from "../../../lib/engine/dotenv/read-dotenv";
import { replaceValues, writeDotenv } from "../../../lib/engine/dotenv/write-dotenv";
import { runCli } from "../../cli/run-cli";
import { repositoryRoot, scratchDirectory } from "../../support/repository";

interface Expectation {
  readonly variables?: Readonly<Record<string, string>>;
  readonly ignored?: readonly number[];
  /** What the refusal speaks of. */
  readonly refused?: string;
}

/** What the commands in the files would leave behind. */
const CANARY = "dotenv-canary-executed";
const corpus = join(repositoryRoot, "test/fixtures/dotenv");
const expectations = JSON.parse(readFileSync(join(corpus, "expected.json"), "utf8")) as Record<string, Expectation>;
const cases = Object.entries(expectations);
const readable = cases.flatMap(([name, { variables, ignored }]) =>
  variables === undefined ? [] : [{ name, variables: new Map(Object.entries(variables)), ignored: ignored ?? [] }],
);
const content = (name: string) => readFileSync(join(corpus, name));

describe("the corpus of nasty dotenv files", () => {
  let directory: string;
  beforeAll(() => {
    directory = scratchDirectory("dotenv-corpus");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("holds at least 60 files, each with what is in it", () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
    expect(readdirSync(corpus).filter((name) => name.endsWith(".env")).sort()).toEqual(Object.keys(expectations)); // prettier-ignore
  });

  test.each(readable)("$name: every variable, and every line that is none", ({ name, variables, ignored }) => {
    const file = readDotenv(content(name), name);
    expect(file.variables).toEqual(variables);
    expect(file.ignoredLines).toEqual(ignored);
  });

  test.each(cases.filter(([, { refused }]) => refused !== undefined))("%s is refused", (name, { refused }) => {
    expect(() => readDotenv(content(name), name)).toThrow(refused);
  });

  test.each(readable)("$name: comes back as it was when it is written", ({ variables }) => {
    expect(new Map(Object.entries(parse(writeDotenv(variables))))).toEqual(variables);
  });

  test.each(readable)("$name: a value can be replaced without touching another", ({ name, variables }) => {
    // GIVEN another value for each second variable that holds something
    const chosen = [...variables].filter(([, value], index) => value !== "" && index % 2 === 0).map(([key]) => key);
    const values = new Map(chosen.map((key) => [key, "{{replaced}}"]));
    // WHEN they are replaced in the text
    const text = replaceValues(content(name), values, name);
    // THEN the others are as before
    expect(readDotenv(Buffer.from(text), name).variables).toEqual(new Map([...variables, ...values]));
    // THEN so are the lines that define nothing
    expect(readDotenv(Buffer.from(text), name).ignoredLines).toHaveLength(
      readDotenv(content(name), name).ignoredLines.length,
    );
  });

  test("no command of a file is ever executed", async () => {
    // GIVEN that the commands work: a shell that sources the file leaves the canary
    const control = mkdtempSync(join(directory, "control-"));
    copyFileSync(join(corpus, "39-command-substitution.env"), join(control, ".env"));
    execFileSync("sh", ["-c", ". ./.env"], { cwd: control });
    expect(existsSync(join(control, CANARY))).toBe(true);

    // WHEN every file goes through the command line
    writeFileSync(join(directory, "map.json"), "{}");
    for (const { name, variables } of readable) {
      copyFileSync(join(corpus, name), join(directory, name));
      const args = ["env", "migrate", name, `${name}.new`, "--map", "map.json", "--apply", "--accept-traps"];
      const run = await runCli(directory, args);
      // THEN nothing is dropped
      expect({ name, ...run }).toMatchObject({ status: 0 });
      expect(readDotenv(readFileSync(join(directory, `${name}.new`)), name).variables).toEqual(variables);
    }
    // THEN nothing was executed
    expect([directory, process.cwd()].map((folder) => existsSync(join(folder, CANARY)))).toEqual([false, false]);
  });

  test("a value of 1 MB, and one of 100,000 lines, take no more than a moment", () => {
    const variables = new Map([
      ["LONG", "x".repeat(1024 * 1024)],
      ["LINES", "line '\n".repeat(100_000)],
      ["LAST", "1"],
    ]);
    const started = performance.now();
    const text = Buffer.from(writeDotenv(variables));
    expect(readDotenv(text, ".env").variables).toEqual(variables);
    const replaced = replaceValues(text, new Map([["LONG", "short"]]), ".env");
    expect(replaced).toHaveLength(text.length - 1024 * 1024 + "short".length);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
