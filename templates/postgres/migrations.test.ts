import { App } from "cdktf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { EnvironmentChain, Ledger, SystemStack } from "sterna";
import { expectReversible, planOf } from "sterna/testing";
import { addCustomers, RELEASES } from "./migrations";

const system = "shop";

function makeStack(release: string): SystemStack {
  const environment = new EnvironmentChain([{ name: "test" }]).get("test");
  return new SystemStack(new App(), {
    system,
    environment,
    releases: RELEASES,
    release,
    ledger: Ledger.file(),
  });
}

test("release 1.1.0 creates the table, then adds the column", () => {
  const stack = makeStack("1.1.0");
  addCustomers(stack);

  assert.deepEqual(
    planOf(stack).map(({ id }) => id),
    ["create-customers", "add-points"],
  );
});

test("the migration leaves nothing behind when it is rolled back", async () => {
  // Runs the steps on a PostgreSQL server that is started for this test.
  await expectReversible(addCustomers(makeStack("1.1.0")));
});
