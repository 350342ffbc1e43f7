import { describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync } from "node:fs";
import { parseMoveTarget } from "../../lib/cli/commands/ledger";
import { runCli } from "./run-cli";
import { scriptStep, TestProject } from "./project";

const first = scriptStep("first", "0.1.0");
const second = scriptStep("second", "1.0.0");

function project(): TestProject {
  const made = new TestProject({
    pins: { development: "1.0.0", staging: "1.0.0", production: "0.1.0" },
    steps: [first, second],
  });
  made.record("staging", second, { startedAt: "2026-01-02T00:00:00.000Z", status: "failed", error: "no space" });
  made.record("staging", first);
  return made;
}

describe("sterna ledger", () => {
  it("lists rows, oldest first", async () => {
    // WHEN
    const run = await runCli(project().directory, ["ledger", "list", "shop", "staging"]);

    // THEN
    expect(run.status).toBe(0);
    expect(run.stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["STEP", "STATUS", "RELEASE", "ATTEMPTS", "APPLIED"],
      ["first", "applied", "0.1.0", "1", "2026-01-01T00:00:01.000Z"],
      ["second", "failed", "1.0.0", "1", "2026-01-01T00:00:01.000Z"],
      [""],
    ]);
  });

  it("shows a row with the program that was recorded", async () => {
    // WHEN
    const { directory } = project();
    const run = await runCli(directory, ["ledger", "show", "shop", "staging", "second"]);
    const asJson = await runCli(directory, ["ledger", "show", "shop", "staging", "second", "--json"]);

    // THEN
    expect(run.stdout).toContain("error: no space");
    expect(run.stdout).toContain('"kind": "command"');
    expect(asJson.json()).toMatchObject({ id: "second", status: "failed", program: { kind: "command" } });
  });

  it("names the step that was probably meant when the ledger holds none of that name", async () => {
    const run = await runCli(project().directory, ["ledger", "show", "shop", "staging", "frist"]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('holds no step "frist": there are first, second; did you mean "first"?');
  });

  it("moves a ledger, says what to write in the code, and leaves the old one", async () => {
    // GIVEN
    const made = project();

    // WHEN
    const to = JSON.stringify({ kind: "file", directory: "elsewhere" });
    const run = await runCli(made.directory, ["ledger", "move", "shop", "staging", "--to", to]);

    // THEN
    expect(run.stderr).not.toContain("error");
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("2 rows copied");
    expect(run.stdout).toContain('ledger: Ledger.file({ directory: "elsewhere" })');
    for (const place of ["elsewhere", ".sterna/ledger"]) {
      const rows = readdirSync(made.path(place, "shop-staging")).filter((name) => name.endsWith(".json"));
      expect(rows.sort()).toEqual(["first.json", "second.json"]);
    }
  });

  it.each([
    [{ env: "LEDGER_URL" }, 'SecretReference.environment("LEDGER_URL")'],
    [{ secret: { store: "aws", id: "shop/ledger", key: "url" } }, 'SecretReference.aws("shop/ledger", { key: "url" })'],
    [{ secret: { store: "google", id: "projects/p/secrets/s" } }, 'SecretReference.google("projects/p/secrets/s")'],
  ])("says what to write in the code for a ledger whose URL is %j", (url, code) => {
    const target = parseMoveTarget(JSON.stringify({ kind: "postgres", url }), "/project", "shop-staging");
    expect(target.code).toBe(`Ledger.postgres({ url: ${code}, schema: "sterna" })`);
  });

  it("refuses to move while a step runs, and copies nothing", async () => {
    // GIVEN
    const made = project();
    made.record("staging", second, { status: "running" });

    // WHEN
    const to = JSON.stringify({ kind: "file", directory: "elsewhere" });
    const run = await runCli(made.directory, ["ledger", "move", "shop", "staging", "--to", to]);

    // THEN
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("LedgerBusy");
    expect(existsSync(made.path("elsewhere"))).toBe(false);
  });

  it.each([
    ["not a ledger", '{"kind":"s3"}', "bucket"],
    ["a URL with a password", '{"kind":"postgres","url":"postgresql://u:canary-4711@db/x"}', "LiteralPassword"],
  ])("refuses %s as the new place, and repeats no password", async (_, to, reason) => {
    const run = await runCli(project().directory, ["ledger", "move", "shop", "staging", "--to", to]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(reason);
    expect(run.stderr + run.stdout).not.toContain("canary-4711");
  });
});
