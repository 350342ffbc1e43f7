import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import { requires } from "../../support/requirements";
import { scriptStep, TestProject } from "../../cli/project";
import { buildCli, sterna } from "./sterna";
import { unwrapped } from "../../support/unwrapped";

requires("terraform")("sterna resume", () => {
  let project: TestProject;
  const run = (...args: string[]) => sterna(project.directory, args);
  const resume = (...args: string[]) => run("resume", "shop", "development", ...args);
  const world = () => readFileSync(project.path("world-development"), "utf8").trim().split("\n");

  beforeAll(buildCli);
  beforeEach(() => {
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    project = new TestProject({ pins });
    const one = scriptStep("one", "1.0.0");
    const up = `echo begin >> "$WORLD"; test ! -e ${project.path("broken")} || { echo no space left; exit 4; }; echo up one >> "$WORLD"`;
    project.define({ steps: [{ ...one, program: { ...one.program, up } as never }], provider: true });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("says what failed and why, and goes on after the approval that an apply needs", async () => {
    // GIVEN
    writeFileSync(project.path("broken"), "");
    await run("apply", "shop", "development", "--auto-approve");
    rmSync(project.path("broken"));

    // WHEN nobody can be asked
    const refused = await resume();

    // THEN
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain("error[ApprovalMissing]");
    expect(refused.stdout).toMatch(
      /Half-applied:\n {2}one[\s\S]*failed in attempt 1[\s\S]*no space left[\s\S]*next: it goes on/,
    );
    expect(world()).toEqual(["begin"]);

    // WHEN
    const resumed = await resume("--auto-approve", "--json");

    // THEN
    expect(resumed.status).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      halfApplied: [{ id: "one", status: "failed", attempt: 1, onRetry: "resume" }],
      result: "applied",
    });
    expect(world()).toEqual(["begin", "begin", "up one"]);
  });

  it("tells a step that is worked on from one that nobody works on any more", async () => {
    // GIVEN
    project.record("development", scriptStep("one", "1.0.0"), { status: "running" });
    const directory = project.path(".sterna/ledger/shop-development");
    const ledger = new FileLedger(directory, { system: "shop", environment: "development" });

    // WHEN
    const abandoned = await resume();
    const busy = await ledger.withLock("one", () => resume());

    // THEN
    expect(unwrapped(abandoned.stdout)).toContain(
      "began to run (attempt 1, begun 2026-01-01T00:00:00.000Z); no process works on it",
    );
    expect(busy.stdout).toContain(`process ${process.pid} on`);
    expect(existsSync(project.path("world-development"))).toBe(false);
  });

  it("applies what is pending where nothing is half-applied", async () => {
    const { status, stdout } = await resume("--auto-approve");

    expect(stdout).toContain("Nothing is half-applied.");
    expect(status).toBe(0);
    expect(world()).toEqual(["begin", "up one"]);
  });
});
