import { App } from "cdktf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvironmentChain, Ledger, SystemStack } from "sterna";
import { planOf, synthesizeStack } from "sterna/testing";
import { addMigrations, RELEASES } from "./migrations";

const system = "shop";

function makeStack(release: string): SystemStack {
  const variables = { [system]: { GOOGLE_PROJECT: "shop", GOOGLE_LOCATION: "europe-west3", BUCKET: "shop-test" } };
  const environment = new EnvironmentChain([{ name: "test", variables }]).get("test");
  const props = { system, environment, releases: RELEASES, release, ledger: Ledger.file() };
  const stack = new SystemStack(new App(), props);
  addMigrations(stack);
  return stack;
}

test("release 1.1.0 copies the files to the bucket", () => {
  const steps = planOf(makeStack("1.1.0"));

  assert.deepEqual(
    steps.map(({ id }) => id),
    ["copy-files-bulk", "copy-files-delta"],
  );
});

test("the bucket belongs to every release, so a rollback keeps it", () => {
  const buckets = synthesizeStack(makeStack("1.0.0")).resources("google_storage_bucket");

  assert.deepEqual(
    buckets.map(({ name }) => name),
    ["shop-test"],
  );
});
