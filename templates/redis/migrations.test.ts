import { App } from "cdktf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvironmentChain, Ledger, SystemStack } from "sterna";
import { planOf } from "sterna/testing";
import { addMigrations, RELEASES } from "./migrations";

const system = "shop";

function makeStack(release: string): SystemStack {
  const variables = { [system]: { REDIS_HOST: "127.0.0.1", REDIS_PORT: "6379" } };
  const environment = new EnvironmentChain([{ name: "test", variables }]).get("test");
  const props = { system, environment, releases: RELEASES, release, ledger: Ledger.file() };
  const stack = new SystemStack(new App(), props);
  addMigrations(stack);
  return stack;
}

test("release 1.1.0 adds the setting, and its rollback removes it", () => {
  const [step] = planOf(makeStack("1.1.0"));

  assert.equal(step?.id, "add-page-size");
  assert.match(step.undo.join("\n"), /hdel shop:settings page-size/);
});

test("release 1.0.0 has no steps", () => {
  assert.deepEqual(planOf(makeStack("1.0.0")), []);
});
