import { App } from "cdktf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvironmentChain, Ledger, SystemStack } from "sterna";
import { planOf } from "sterna/testing";
import { addMigrations, RELEASES } from "./migrations";

function stepsAt(release: string): string[] {
  const stack = new SystemStack(new App(), {
    system: "shop",
    environment: new EnvironmentChain([{ name: "test" }]).get("test"),
    releases: RELEASES,
    release,
    ledger: Ledger.file(),
  });
  addMigrations(stack);
  return planOf(stack).map(({ id }) => id);
}

test("release 1.1.0 runs the migrations of the directory, each once", () => {
  const steps = stepsAt("1.1.0");

  assert.ok(steps.length > 0);
  assert.equal(new Set(steps).size, steps.length);
});

test("release 1.0.0 runs none of them", () => {
  assert.deepEqual(stepsAt("1.0.0"), []);
});
