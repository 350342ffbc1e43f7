import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openLedger } from "../../../lib/engine/ledgers/open-ledger";
import { startGcsContractModel, type GcsContractModel } from "../../support/gcs-contract-model";
import { ledgerConformance, record } from "../../support/ledger-conformance";
import { objectLedgerFaults } from "../../support/object-ledger-faults";
import { openObjectLedger, type ObjectLedgerConfig } from "../../support/open-object-ledger";

const SCOPE = { system: "shop", environment: "staging" };
const CONFIG: ObjectLedgerConfig = { kind: "gcs", bucket: "tern-ledger", prefix: "sterna/" };
const DAY = 24 * 3600 * 1000;

describe("the ledger in Google Cloud Storage, against the contract model", () => {
  let gcs: GcsContractModel;
  const before = { ...process.env };

  beforeAll(async () => {
    gcs = await startGcsContractModel();
    process.env["STORAGE_EMULATOR_HOST"] = gcs.endpoint;
  });
  afterAll(async () => {
    process.env = before;
    await gcs.stop();
  });
  beforeEach(() => gcs.reset());

  ledgerConformance((scope = SCOPE) => openLedger(CONFIG, { ...scope, directory: "." }), "apart");
  objectLedgerFaults({ config: CONFIG, faults: () => gcs.faults, write: "insert" });

  it("creates nothing by being read", async () => {
    // WHEN
    const ledger = openObjectLedger(CONFIG, 2);
    await ledger.list();
    await ledger.get("a");

    // THEN
    expect(gcs.objects.size).toBe(0);
  });

  it("stands that Cloud Storage takes one write per second of the same object", async () => {
    // GIVEN
    gcs.limitsWrites = true;
    const ledger = openObjectLedger(CONFIG, 20);

    // WHEN
    await ledger.withLock("a", async (session) => {
      await session.put(record("a", { status: "running" }));
      await session.put(record("a", { status: "applied" }));
    });

    // THEN
    expect((await ledger.get("a"))?.status).toBe("applied");
  });

  it.each([-DAY, DAY])("looks at no clock but the store's, which is %i ms ahead of this machine's", async (offset) => {
    // GIVEN a lock that is held
    gcs.clockOffset = offset;
    const ledger = openObjectLedger(CONFIG, 2);
    const waits: string[] = [];

    // WHEN
    await ledger.withLock("a", async () => {
      const controller = new AbortController();
      const waiting = ledger.withLock("a", () => Promise.resolve(), {
        onWait: (holder) => {
          waits.push(holder);
          controller.abort();
        },
        signal: controller.signal,
      });
      await expect(waiting).rejects.toThrow();
    });

    // THEN nobody takes it for one that is a day old
    expect(waits).toHaveLength(1);
  });

  it("refuses a store that ignores the conditions of writes, before anything runs", async () => {
    // GIVEN
    gcs.ignoresConditions = true;
    const ledger = openObjectLedger(CONFIG, 2);
    let ran = false;

    // WHEN
    const locking = ledger.withLock("a", async () => void (ran = true));

    // THEN
    await expect(locking).rejects.toMatchObject({ code: "LedgerUnsafe" });
    expect(ran).toBe(false);
  });

  it("refuses a row that was copied from another environment", async () => {
    // GIVEN
    const ledger = openObjectLedger(CONFIG, 2);
    await ledger.withLock("a", (session) => session.put(record("a", { environment: "production" })));

    // WHEN
    const reading = ledger.list();

    // THEN
    await expect(reading).rejects.toMatchObject({ code: "LedgerOfOtherEnvironment" });
  });

  it("goes on with higher tokens when a lock's object was deleted", async () => {
    // GIVEN
    const ledger = openObjectLedger(CONFIG, 2);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await ledger.withLock("a", (session) => session.put(record("a", { attempt })));
    }
    (gcs.objects as Map<string, unknown>).delete("sterna/shop/staging/a.lock");

    // WHEN
    await ledger.withLock("a", (session) => session.put(record("a", { attempt: 4 })));

    // THEN
    expect((await ledger.get("a"))?.attempt).toBe(4);
  });
});
