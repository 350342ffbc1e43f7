import { expect, test } from "@jest/globals";
import { CompatibilityMatrix, HttpStep, Migration, Release, type SystemStackProps } from "../../lib/index";
import { errorOf, releases, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();
const row = { migrationRequired: true, downtime: "none", rollback: "yes" } as const;
const MATRIX = new CompatibilityMatrix([
  { ...row, from: "1.0.x", to: "1.1.x", migrationRequired: false },
  { ...row, from: "1.x", to: "2.0.x" },
  { ...row, from: "2.0.x", to: "2.1.x" },
]);

function stack(release: string, props: Partial<SystemStackProps> = {}) {
  const app = new TestApp(directory);
  const made = app.stack({
    releases: releases("1.0.0", "1.1.0", "2.0.0", "2.1.0", "3.0.0"),
    release,
    compatibility: MATRIX,
    ...props,
  });
  return { app, made };
}

function migrate(scope: ReturnType<typeof stack>["made"], from: string, to: string): void {
  new Migration(scope, `from-${from}-to-${to}`, {
    from,
    to,
    acknowledge: { MigrationWithoutBackup: "nothing is kept" },
    steps: (m) => {
      new HttpStep(m, `ask-${to.replaceAll(".", "-")}`, { url: "https://example.org" });
    },
  });
}

test("a pin that no legal path leads to is refused at synth", () => {
  expect(errorOf(() => stack("3.0.0"))).toMatchObject({
    code: "NoUpgradePath",
    message: expect.stringMatching(/pin 2\.1\.0 at most.*\[at shop-development\]/),
  });
});

test("a path over a release that is only planned is none", () => {
  const planned = [...releases("1.0.0", "1.1.0", "2.1.0"), new Release("2.0.0", { planned: true })];
  expect(errorOf(() => stack("2.1.0", { releases: planned })).code).toBe("NoUpgradePath");
});

test("a migration that skips a required stop is refused with the stop", () => {
  const { made } = stack("2.1.0");
  expect(errorOf(() => migrate(made, "1.1.0", "2.1.0"))).toMatchObject({
    code: "RequiredStopSkipped",
    message: expect.stringContaining("1.1.0 → 2.0.0 (migration) → 2.1.0 (migration)"),
  });
});

test("releases that need no migration need none written", () => {
  // GIVEN no migration from 1.0.0 to 1.1.0
  const { app, made } = stack("2.0.0");
  migrate(made, "1.1.0", "2.0.0");
  // THEN
  expect(Object.keys(app.synthesize("shop-development").resource.sterna_step)).toEqual(["ask-2-0-0"]);
});

test("a stretch that needs a migration still needs one", () => {
  const { app, made } = stack("2.1.0");
  migrate(made, "1.1.0", "2.0.0");
  expect(errorOf(() => app.synthesize("shop-development")).code).toBe("MigrationGap");
});

test("sterna.json holds the matrix for the command line", () => {
  const { app } = stack("1.1.0");
  expect(app.synthesize("shop-development", "sterna.json").compatibility.rows).toHaveLength(3);
});
