import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { openLedger } from "../../../lib/engine/ledgers/open-ledger";
import { startAwsStandIn, type AwsStandIn } from "../../../lib/testing/aws/stand-in";
import { ledgerConformance, record } from "../../support/ledger-conformance";
import { objectLedgerFaults } from "../../support/object-ledger-faults";
import { openObjectLedger, type ObjectLedgerConfig } from "../../support/open-object-ledger";
import { requires } from "../../support/requirements";

const SCOPE = { system: "shop", environment: "staging" };
const Bucket = "tern-ledger";
const CONFIG: ObjectLedgerConfig = { kind: "s3", bucket: Bucket, prefix: "sterna/" };

requires("moto_server")("the ledger in S3", () => {
  let aws: AwsStandIn;
  let s3: S3Client;
  const before = { ...process.env };

  beforeAll(async () => {
    aws = await startAwsStandIn();
    Object.assign(process.env, aws.environment);
    s3 = new S3Client({ endpoint: aws.endpoint, forcePathStyle: true });
  }, 120_000);
  afterAll(async () => {
    process.env = before;
    s3.destroy();
    await aws.stop();
  });
  beforeEach(async () => {
    await aws.reset();
    await s3.send(new CreateBucketCommand({ Bucket }));
  });

  ledgerConformance((scope = SCOPE) => openLedger(CONFIG, { ...scope, directory: "." }), "apart");
  objectLedgerFaults({ config: CONFIG, faults: () => aws.faults, write: "PutObject" });

  it("creates nothing by being read", async () => {
    // WHEN
    const ledger = openObjectLedger(CONFIG, 2);
    await ledger.list();
    await ledger.get("a");
    await ledger.close();

    // THEN
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  });

  it("asks again when two conditional writes of a key meet, as S3 wants it", async () => {
    // GIVEN
    aws.faults.add({ op: "PutObject", status: 409, code: "ConditionalRequestConflict", times: 2 });
    const ledger = openObjectLedger(CONFIG, 2);

    // WHEN
    await ledger.withLock("a", (session) => session.put(record("a")));

    // THEN
    expect(await ledger.get("a")).toEqual(record("a"));
    await ledger.close();
  });

  it("never deletes, so that it needs no permission to", async () => {
    // WHEN
    const ledger = openObjectLedger(CONFIG, 2);
    await ledger.withLock("a", (session) => session.put(record("a")));
    await ledger.withLock("a", (session) => session.remove());
    await ledger.close();

    // THEN
    const operations = new Set(aws.calls().map(({ op }) => op));
    expect([...operations].sort()).toEqual(["CreateBucket", "GetObject", "PutObject"]);
  });
});
