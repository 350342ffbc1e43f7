import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketLifecycleCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListBucketsCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  type LifecycleRule,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { requires } from "../../support/requirements";
import { startAwsStandIn, type AwsStandIn } from "../../../lib/testing/aws/stand-in";

const Bucket = "tern-nests";

test("an AWS stand-in without moto_server is refused with a code, and what to install", async () => {
  const { PATH } = process.env;
  process.env.PATH = "/nowhere";
  try {
    await expect(startAwsStandIn()).rejects.toMatchObject({
      code: "MotoMissing",
      message: expect.stringContaining("pip install 'moto[server]"),
    });
  } finally {
    process.env.PATH = PATH;
  }
});

requires("moto_server")("the AWS stand-in", () => {
  let aws: AwsStandIn;
  let s3: S3Client;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = aws.environment;
    s3 = new S3Client({
      endpoint: aws.endpoint,
      region: AWS_REGION!,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! },
      maxAttempts: 1,
    });
  }, 120_000);

  afterAll(async () => {
    s3.destroy();
    await aws.stop();
  });

  beforeEach(async () => {
    await aws.reset();
    await s3.send(new CreateBucketCommand({ Bucket }));
  });

  test("keeps objects byte for byte, with keys that need escaping", async () => {
    // GIVEN
    const Key = "a folder/é 100% +&?#.bin";
    const Body = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    // WHEN
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    // THEN
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(Body.equals(await object.Body!.transformToByteArray())).toBe(true);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ContentLength).toBe(Body.length);
  });

  test("keeps a policy that denies requests without TLS, and takes objects all the same", async () => {
    // GIVEN
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({ name: "NoSuchBucketPolicy" });
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: `arn:aws:s3:::${Bucket}/*`,
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    });
    // WHEN
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    // THEN
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    await s3.send(new PutObjectCommand({ Bucket, Key: "egg", Body: "1" }));
  });

  test("gives a lifecycle back as it was put, until it is deleted", async () => {
    // GIVEN
    const rule: LifecycleRule = {
      ID: "archive",
      Status: "Enabled",
      Filter: { And: { Prefix: "data/", ObjectSizeGreaterThan: 131072, Tags: [{ Key: "a", Value: "b" }] } },
      Transitions: [
        { Days: 90, StorageClass: "STANDARD_IA" },
        { Days: 180, StorageClass: "GLACIER" },
      ],
      NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 3 },
    };
    // WHEN
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        TransitionDefaultMinimumObjectSize: "varies_by_storage_class",
        LifecycleConfiguration: { Rules: [rule] },
      }),
    );
    // THEN
    const got = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(got.Rules).toEqual([rule]);
    expect(got.TransitionDefaultMinimumObjectSize).toBe("varies_by_storage_class");
    // WHEN
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    // THEN
    await expect(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).rejects.toMatchObject({
      name: "NoSuchLifecycleConfiguration",
    });
  });

  test("keeps intelligent tiering by id, and deleting it leaves the bucket alone", async () => {
    // GIVEN
    const tiering = { Id: "cold", Status: "Enabled", Tierings: [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" }] } as const;
    const IntelligentTieringConfiguration = { ...tiering, Tierings: [...tiering.Tierings] };
    // WHEN
    await s3.send(
      new PutBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold", IntelligentTieringConfiguration }),
    );
    // THEN
    const one = await s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" }));
    expect(one.IntelligentTieringConfiguration).toEqual(IntelligentTieringConfiguration);
    const all = await s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket }));
    expect(all.IntelligentTieringConfigurationList).toEqual([IntelligentTieringConfiguration]);
    // WHEN
    await s3.send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" }));
    // THEN
    await expect(
      s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" })),
    ).rejects.toMatchObject({ name: "NoSuchConfiguration" });
    await s3.send(new HeadBucketCommand({ Bucket }));
  });

  test("does not keep a sub-resource of a bucket that is not there, nor beyond the bucket's life", async () => {
    const put = () =>
      s3.send(
        new PutBucketIntelligentTieringConfigurationCommand({
          Bucket,
          Id: "cold",
          IntelligentTieringConfiguration: {
            Id: "cold",
            Status: "Enabled",
            Tierings: [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" }],
          },
        }),
      );
    // GIVEN
    await put();
    // WHEN
    await s3.send(new DeleteBucketCommand({ Bucket }));
    // THEN
    await expect(put()).rejects.toMatchObject({ name: "NoSuchBucket" });
    await s3.send(new CreateBucketCommand({ Bucket }));
    const all = await s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket }));
    expect(all.IntelligentTieringConfigurationList ?? []).toEqual([]);
  });

  test("keeps the EventBridge part of notifications, and says who pays", async () => {
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    );
    const notification = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    expect(notification.EventBridgeConfiguration).toBeDefined();
    const payment = await s3.send(new GetBucketRequestPaymentCommand({ Bucket }));
    expect(payment.Payer).toBe("BucketOwner");
  });

  test("refuses what moto does not know with 501 and a line on stderr, and touches nothing", async () => {
    // GIVEN
    const stderr = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    // WHEN
    const refusal = s3.send(new GetBucketPolicyStatusCommand({ Bucket }));
    // THEN
    await expect(refusal).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
    expect(stderr.mock.calls).toEqual([["the AWS stand-in has no s3 GetBucketPolicyStatus\n"]]);
    stderr.mockRestore();
  });

  test("does not delete the bucket when an inventory is deleted that is not there", async () => {
    await expect(
      s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket, Id: "weekly" })),
    ).rejects.toMatchObject({ name: "NoSuchConfiguration" });
    await s3.send(new HeadBucketCommand({ Bucket }));
  });

  test("injects an error as often as it was told to, and only into the operation it was told", async () => {
    // GIVEN
    aws.faults.add({ service: "s3", op: "PutObject", times: 2, status: 503, code: "SlowDown", message: "slow down" });
    const put = () => s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "v" }));
    // WHEN
    await s3.send(new ListBucketsCommand({}));
    // THEN
    await expect(put()).rejects.toMatchObject({ name: "SlowDown", message: "slow down" });
    await expect(put()).rejects.toMatchObject({ name: "SlowDown" });
    await put();
    expect(aws.calls().map(({ op, status, faulted }) => [op, status, faulted])).toEqual([
      ["CreateBucket", 200, false],
      ["ListBuckets", 200, false],
      ["PutObject", 503, true],
      ["PutObject", 503, true],
      ["PutObject", 200, false],
    ]);
  });

  test("drops a connection without asking the service", async () => {
    // GIVEN
    aws.faults.add({ op: /^Put/, drop: true, times: 1 });
    // WHEN
    const put = s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "v" }));
    // THEN
    await expect(put).rejects.toThrow();
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject({ name: "NotFound" });
  });

  test("asks the service and loses its answer", async () => {
    // GIVEN
    aws.faults.add({ op: "PutObject", loseAnswer: true, times: 1 });
    // WHEN
    const put = s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "v" }));
    // THEN
    await expect(put).rejects.toThrow();
    await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
  });

  test("lets one of many conditional writes win, for a new object and for each change of it", async () => {
    const race = async (condition: { IfNoneMatch: string } | { IfMatch: string }) => {
      const writes = Array.from({ length: 8 }, (_, index) =>
        s3.send(
          new PutObjectCommand({ Bucket, Key: "k", Body: `${index} ${JSON.stringify(condition)}`, ...condition }),
        ),
      );
      const outcomes = await Promise.allSettled(writes);
      const lost = outcomes.flatMap((each) => (each.status === "rejected" ? [(each.reason as Error).name] : []));
      expect(lost).toEqual(Array(7).fill("PreconditionFailed"));
      return outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value.ETag!] : []))[0]!;
    };
    // WHEN
    const created = await race({ IfNoneMatch: "*" });
    const changed = await race({ IfMatch: created });
    // THEN
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }))).ETag).toBe(changed);
  });

  test("delays a request, and lets it through", async () => {
    aws.faults.add({ op: "ListBuckets", delayMs: 300 });
    const begun = performance.now();
    await s3.send(new ListBucketsCommand({}));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(299);
  });

  test("hits each fourth request at a rate of a quarter, until faults are cleared", async () => {
    // GIVEN
    aws.faults.add({ op: "ListBuckets", rate: 0.25, status: 500 });
    const list = () =>
      s3.send(new ListBucketsCommand({})).then(
        () => "ok",
        () => "fault",
      );
    // WHEN
    const outcomes = [];
    for (let index = 0; index < 8; index++) outcomes.push(await list());
    // THEN
    expect(outcomes).toEqual(["ok", "ok", "ok", "fault", "ok", "ok", "ok", "fault"]);
    // WHEN
    aws.faults.clear();
    // THEN
    for (let index = 0; index < 4; index++) expect(await list()).toBe("ok");
  });

  test("forgets resources, faults and calls on reset", async () => {
    // GIVEN
    aws.faults.add({ status: 500 });
    // WHEN
    await aws.reset();
    // THEN
    expect(aws.calls()).toEqual([]);
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets ?? []).toEqual([]);
  });
});
