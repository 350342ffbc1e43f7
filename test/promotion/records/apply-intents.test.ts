import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { thisProcess } from "../../../lib/engine/processes/process-identity";
import { ApplyIntents, type NewApplyIntent } from "../../../lib/promotion/records/apply-intents";
import { FolderStore, RecordChain } from "../../../lib/promotion/records/record-chain";
import { scratchDirectory } from "../../support/repository";

const intent = (id: string): NewApplyIntent => ({
  id,
  record: {
    ...{ stack: "shop-staging", system: "shop", environment: "staging", release: "1.0.0", result: "interrupted" },
    ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z", by: "ana", plan: "0" },
    ...{ resources: { add: 0, change: 0, destroy: 0 }, steps: [], ledgers: [], errors: [] },
    ...{ sterna: "1", terraform: "1" },
  },
  steps: [{ id: "one", address: "sterna_step.one", release: "1.0.0", action: "run", status: "pending" }],
  log: ".sterna/logs/shop-staging/1.jsonl",
  by: thisProcess(),
});

describe("the applies of a stack that were begun", () => {
  let directory: string;
  let intents: ApplyIntents;
  beforeEach(() => {
    directory = scratchDirectory("intents");
    intents = new ApplyIntents(new FolderStore(directory), "", "shop-staging");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("stay open until each of them is ended, and are no records", async () => {
    // GIVEN
    await intents.begin(intent("a"));
    await intents.begin(intent("b"));

    // WHEN
    await intents.end("a");
    await intents.end("unknown");

    // THEN
    expect((await intents.open()).map(({ id }) => id)).toEqual(["b"]);
    expect(await new RecordChain(new FolderStore(directory), "", "shop-staging").read()).toEqual([]);
  });

  it.each(["{", "{}"])("say what is wrong with a file that holds %s", async (text) => {
    await intents.begin(intent("a"));
    writeFileSync(join(directory, "shop-staging/intents.json"), text);

    await expect(intents.open()).rejects.toMatchObject({
      code: "RecordUnreadable",
      message: expect.stringContaining("intents.json"),
    });
  });
});
