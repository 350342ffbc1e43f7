import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import { Duration } from "../../../lib/core/duration";
import { Size } from "../../../lib/core/size";
import { TieredBucket } from "../../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/aws/storage/tiered-bucket-props";
import { Tier } from "../../../lib/storage/tier";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";

type Statement = Record<string, unknown> & { Action: string[]; Resource: string | string[] };
const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234";
const COPY = "arn:aws:s3:::app-ef-copy";

function synthesizeBucket(
  props: Partial<TieredBucketProps>,
  more: (bucket: TieredBucket) => void = () => {},
): SynthesizedStack {
  return synthesize((stack) => {
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    more(new TieredBucket(stack, "files", { bucketName: "app-ef-files", ...props }));
  });
}

function statementsOf(policy: unknown): Statement[] {
  return (JSON.parse((policy as { policy: string }).policy) as { Statement: Statement[] }).Statement;
}

describe("replication", () => {
  const stack = synthesizeBucket({
    kmsKeyArn: KEY,
    replicationRules: [
      {
        id: "copy",
        destinationBucketArn: COPY,
        destinationTier: Tier.instantArchive,
        destinationKmsKeyArn: KEY.replace("central", "west"),
        destinationAccount: "444455556666",
        replicateDeletes: true,
        within15Minutes: true,
      },
    ],
  });

  test("copies encrypted objects too, in time, and gives them away", () => {
    expect(onlyResource(stack, "aws_s3_bucket_replication_configuration").rule).toEqual([
      {
        id: "copy",
        priority: 0,
        status: "Enabled",
        filter: { prefix: "" },
        delete_marker_replication: { status: "Enabled" },
        source_selection_criteria: { sse_kms_encrypted_objects: { status: "Enabled" } },
        destination: {
          bucket: COPY,
          storage_class: "GLACIER_IR",
          account: "444455556666",
          access_control_translation: { owner: "Destination" },
          encryption_configuration: { replica_kms_key_id: KEY.replace("central", "west") },
          replication_time: { status: "Enabled", time: { minutes: 15 } },
          metrics: { status: "Enabled", event_threshold: { minutes: 15 } },
        },
      },
    ]);
  });

  test("is done by a role that writes to the destination alone", () => {
    const statements = statementsOf(onlyResource(stack, "aws_iam_role_policy"));
    const writes = statements.filter(({ Action }) => Action.some((action) => action.startsWith("s3:Replicate")));
    expect(writes.map(({ Resource }) => Resource)).toEqual([[`${COPY}/*`]]);
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
  });
});

test("object lock is switched on with the bucket, and waits for versions", () => {
  // when
  const stack = synthesizeBucket({ objectLock: { mode: "governance", defaultRetention: Duration.days(30) } });

  // then
  expect(onlyResource(stack, "aws_s3_bucket")).toMatchObject({ object_lock_enabled: true });
  expect(onlyResource(stack, "aws_s3_bucket_object_lock_configuration")).toMatchObject({
    rule: { default_retention: { mode: "GOVERNANCE", days: 30 } },
    depends_on: [expect.stringContaining("aws_s3_bucket_versioning")],
  });
});

test("a function may be called before the bucket says that it calls it", () => {
  // given
  const targetArn = "arn:aws:lambda:eu-central-1:111122223333:function:index";

  // when
  const stack = synthesizeBucket({
    notifications: [{ service: "lambda", targetArn, events: ["s3:ObjectCreated:*"], suffix: ".csv" }],
    eventBridge: true,
  });

  // then
  expect(onlyResource(stack, "aws_lambda_permission")).toMatchObject({ principal: "s3.amazonaws.com" });
  expect(onlyResource(stack, "aws_s3_bucket_notification")).toMatchObject({
    eventbridge: true,
    lambda_function: [{ lambda_function_arn: targetArn, events: ["s3:ObjectCreated:*"], filter_suffix: ".csv" }],
    depends_on: [expect.stringContaining("aws_lambda_permission")],
  });
});

describe("a grant", () => {
  const actionsOf = (grant: (bucket: TieredBucket) => void, props: Partial<TieredBucketProps> = {}) =>
    statementsOf(onlyResource(synthesizeBucket(props, grant), "aws_iam_role_policy"));

  test.each<[string, (bucket: TieredBucket) => void, string[]]>([
    ["read", (bucket) => bucket.grantRead("app", "app"), ["s3:ListBucket", "s3:GetObject", "s3:GetObjectVersion"]],
    [
      "write",
      (bucket) => bucket.grantWrite("app", "app"),
      ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
    ],
    ["delete", (bucket) => bucket.grantDelete("app", "app"), ["s3:DeleteObject"]],
  ])("to %s allows that, and nothing else", (_, grant, actions) => {
    expect(actionsOf(grant).flatMap(({ Action }) => Action)).toEqual(actions);
  });

  test("under a prefix reaches no other objects and lists no others", () => {
    const [list, objects] = actionsOf((bucket) => bucket.grantReadWrite("app", "app", "data/"));
    expect(list).toMatchObject({ Condition: { StringLike: { "s3:prefix": "data/*" } } });
    expect(objects!.Resource).toMatch(/\.arn\}\/data\/\*$/);
  });

  test("lets the role use the bucket's own key, and an alias by its name", () => {
    expect(actionsOf((bucket) => bucket.grantRead("app", "app"), { kmsKeyArn: KEY }).at(-1)).toMatchObject({
      Action: ["kms:Decrypt"],
      Resource: KEY,
    });
    const alias = KEY.replace("key/1234", "alias/files");
    expect(actionsOf((bucket) => bucket.grantRead("app", "app"), { kmsKeyArn: alias }).at(-1)).toMatchObject({
      Resource: "arn:aws:kms:eu-central-1:111122223333:key/*",
      Condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/files" } },
    });
  });
});

test("a variable of a bucket policy is not an expression of Terraform", () => {
  const Resource = `${COPY}/\${aws:username}/*`;
  const statement = { Sid: "Homes", Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource };
  const policy = onlyResource(synthesizeBucket({ policyStatements: [statement] }), "aws_s3_bucket_policy").policy;
  expect(policy).toContain("/$${aws:username}/*");
  expect(policy).toMatch(/[^$]\$\{aws_s3_bucket\.\w+\.arn\}/);
});

test("a bucket that moved keeps every resource of it", () => {
  // given
  const addresses = (path: string, previously?: string[]) => {
    const stack = synthesize((scope) => {
      new AwsProvider(scope, "aws", { region: "eu-central-1" });
      new TieredBucket(scope, path, { bucketName: "app-ef-files", previously });
    }) as SynthesizedStack & { moved?: { from: string; to: string }[] };
    const all = Object.entries(stack.resource).flatMap(([type, resources]) =>
      Object.keys(resources).map((id) => `${type}.${id}`),
    );
    return { all: all.sort(), moved: stack.moved };
  };

  // when
  const before = addresses("archive");
  const after = addresses("files", ["archive"]);

  // then
  expect(after.moved!.map(({ from }) => from).sort()).toEqual(before.all);
  expect(after.moved!.map(({ to }) => to).sort()).toEqual(after.all);
});

test.each<[string, Partial<TieredBucketProps>, string]>([
  ["an adopted child that is not made", { adopt: { children: ["Cors"] } }, "AdoptedChildMissing"],
  ["a former path that is the present one", { previously: ["files"] }, "PreviousPathIsPresent"],
])("%s is refused", (_, props, code) => {
  expect(() => synthesizeBucket(props)).toThrow(expect.objectContaining({ code }));
});

describe("warnings", () => {
  const warningsOf = (props: Partial<TieredBucketProps>): string[] => {
    const bucket = new TieredBucket(new TerraformStack(Testing.app(), "test"), "files", {
      bucketName: "app-ef-files",
      ...props,
    });
    return bucket.node.metadata.map(({ data }) => String(data));
  };

  test("say what objects cost that are deleted before they are paid for", () => {
    const [warning] = warningsOf({
      lifecycleRules: [
        {
          id: "old",
          transitions: [{ tier: Tier.instantArchive, after: Duration.days(30) }],
          expireAfter: Duration.days(60),
        },
      ],
    });
    // 60 days of 0.004 dollars a month, for 1024 gigabytes
    expect(warning).toContain("$8.19 for each TiB");
  });

  test("say what a million small objects cost", () => {
    const [warning] = warningsOf({
      lifecycleRules: [
        {
          id: "old",
          objectSizeGreaterThan: Size.kibibytes(1),
          transitions: [{ tier: Tier.infrequentAccess, after: Duration.days(30) }],
        },
      ],
    });
    expect(warning).toContain("$1.53 a month");
  });

  test("say what reading costs where an application reads", () => {
    const [warning] = warningsOf({
      readAtOnce: ["data/"],
      lifecycleRules: [
        { id: "old", prefix: "data/", transitions: [{ tier: Tier.infrequentAccess, after: Duration.days(30) }] },
      ],
    });
    expect(warning).toContain("$10.24 for each TiB");
  });

  test("are not given for a ladder that holds what it promises", () => {
    expect(
      warningsOf({
        lifecycleRules: [
          {
            id: "old",
            transitions: [{ tier: Tier.instantArchive, after: Duration.days(30) }],
            expireAfter: Duration.days(120),
          },
        ],
      }),
    ).toEqual([]);
  });
});

describe("adopt", () => {
  const importsOf = (adopt: TieredBucketProps["adopt"]) =>
    (synthesizeBucket({ adopt }) as SynthesizedStack & { import?: { to: string; id: string }[] }).import ?? [];

  test("takes over all that the declaration makes, or only some of it", () => {
    const all = importsOf(true);
    expect(all.length).toBeGreaterThan(4);
    expect(all.every(({ to, id }) => to.startsWith("aws_s3_bucket") && id === "app-ef-files")).toBe(true);
    expect(importsOf({ children: ["Resource"] })).toEqual([
      { to: expect.stringMatching(/^aws_s3_bucket\./) as unknown, id: "app-ef-files" },
    ]);
    expect(importsOf({ id: "app-ef-files,111122223333", children: ["Versioning"] })).toEqual([
      { to: expect.stringMatching(/^aws_s3_bucket_versioning\./) as unknown, id: "app-ef-files,111122223333" },
    ]);
    expect(importsOf(false)).toEqual([]);
  });
});
