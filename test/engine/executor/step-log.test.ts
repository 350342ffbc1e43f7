import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { logDirectory, StepLog } from "../../../lib/engine/executor/step-log";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import { program } from "../../support/program";
import { scratchDirectory } from "../../support/repository";
import { record } from "../../support/ledger-record";

describe("the log of a step", () => {
  let directory: string;
  beforeEach(() => {
    directory = scratchDirectory("step-log");
    process.env.TEST_PASSWORD = "correct-horse";
  });
  afterEach(() => {
    delete process.env.TEST_PASSWORD;
    rmSync(directory, { recursive: true, force: true });
  });

  const logs = () => join(directory, "logs");
  const apply = (up: string) =>
    applyStep(
      {
        ...record("load", { environment: "staging" }),
        program: program.parse({
          kind: "command",
          environment: { PASSWORD: { env: "TEST_PASSWORD" } },
          up,
          verify: [{ query: "echo ok", expected: "ok" }],
        }),
      },
      new FileLedger(join(directory, "ledger"), { system: "shop", environment: "staging" }),
      { logs: logs() },
    );

  it("keeps what each run said, mode 600, without secrets, where git does not look", async () => {
    // WHEN
    await expect(apply('echo "logs in with $PASSWORD"; exit 3')).rejects.toThrow("exit status 3");
    await apply('printf "correct-"; sleep 0.2; echo "horse again"');

    // THEN
    const file = join(logs(), "load.log");
    const lines = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\S+Z /, ""));
    expect(lines).toEqual([
      "begins",
      "logs in with ***",
      "stops: the command ended with exit status 3",
      "logs in with ***",
      "begins",
      "*** again",
      "ok",
      "ends",
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(logs(), ".gitignore"), "utf8")).toBe("*\n");
  });

  it("does not fail the step when it cannot be written", async () => {
    writeFileSync(logs(), "a file, not a directory");

    await expect(apply("true")).resolves.toMatchObject({ outcome: "ran" });
  });

  it("does not wait for a named pipe in its place", async () => {
    mkdirSync(logs());
    execFileSync("mkfifo", [join(logs(), "load.log")]);

    await expect(apply("true")).resolves.toMatchObject({ outcome: "ran" });
  });

  it("begins anew when it is too long, and keeps the one before", () => {
    const log = new StepLog(logs(), "load");
    for (let n = 0; n < 11; n++) log.write("x".repeat(1024 ** 2));
    log.write("the end");
    log.close();

    expect(statSync(join(logs(), "load.log.1")).size).toBeGreaterThan(10 * 1024 ** 2);
    expect(readFileSync(join(logs(), "load.log"), "utf8")).toMatch(/the end\n$/);
  });

  it("makes no file before the first word", () => {
    new StepLog(logs(), "load").close();

    expect(existsSync(logs())).toBe(false);
  });

  it("holds no control character of what a step said", () => {
    new StepLog(logs(), "load").write("a\u001b]0;pwn\u0007\u001b[2Jb\rc\td\u009b");

    expect(readFileSync(join(logs(), "load.log"), "utf8")).toMatch(
      / a\\u001b\]0;pwn\\u0007\\u001b\[2Jb\\rc\td\\u009b\n$/,
    );
  });

  it("is in the folder of the stack, unless STERNA_LOGS says otherwise", () => {
    expect(logDirectory({}, "/stack")).toBe("/stack/.sterna/logs");
    expect(logDirectory({ STERNA_LOGS: "/logs" }, "/stack")).toBe("/logs");
  });
});
