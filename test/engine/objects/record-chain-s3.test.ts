import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ConditionalWrites } from "../../../lib/engine/objects/object-store";
import { S3Store } from "../../../lib/engine/objects/s3-store";
import type { NewApplyRecord } from "../../../lib/promotion/records/apply-record";
import { RecordChain } from "../../../lib/promotion/records/record-chain";
import { startAwsStandIn, type AwsStandIn } from "../../../lib/testing/aws/stand-in";
import { requires } from "../../support/requirements";

const record = (release: string): NewApplyRecord => ({
  ...{ stack: "shop-staging", system: "shop", environment: "staging", release, result: "applied" },
  ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z", by: "ana", plan: "0" },
  ...{ resources: { add: 0, change: 0, destroy: 0 }, steps: [], ledgers: [], errors: [], sterna: "1", terraform: "1" },
});

requires("moto_server")("records in a bucket", () => {
  let aws: AwsStandIn;
  const writers: S3Store[] = [];
  const store = (): S3Store => {
    const opened = new S3Store({ bucket: "records", variables: aws.environment });
    writers.push(opened);
    return opened;
  };
  beforeAll(async () => {
    aws = await startAwsStandIn();
    await fetch(`${aws.endpoint}/records`, { method: "PUT" });
  }, 30_000);
  afterAll(async () => {
    for (const writer of writers) writer.close();
    await aws.stop();
  });

  it("go to one of two writers where both want the same place", async () => {
    const place = "race/shop-staging/000001.json";

    const written = await Promise.all(
      [store(), store()].map((each, index) => each.writeIf(place, `${index}`, undefined)),
    );

    const winner = written.findIndex((version) => version !== undefined);
    expect(written.filter((version) => version !== undefined)).toHaveLength(1);
    expect((await store().read(place))?.body).toBe(`${winner}`);
  });

  it("are one chain, whoever wins", async () => {
    // GIVEN
    const chain = () => new RecordChain(new ConditionalWrites(store()), "records/", "shop-staging");
    await chain().append(record("0.1.0"));

    // WHEN
    await Promise.all(["0.2.0", "0.3.0"].map((release) => chain().append(record(release))));

    // THEN
    const [first, ...rest] = (await chain().read()).map(({ record }) => record.release);
    expect(first).toBe("0.1.0");
    expect(rest.sort()).toEqual(["0.2.0", "0.3.0"]);

    // WHEN
    const place = "records/shop-staging/000002.json";
    const found = await store().read(place);
    await store().writeIf(place, found!.body.replace("ana", "eve"), found!.version);

    // THEN
    await expect(chain().read()).rejects.toMatchObject({ code: "RecordsBroken" });
  });
});
