import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { Construct } from "constructs";
import * as aws from "../../lib/aws/index";
import { TransferJob } from "../../lib/google/storage/transfer-job";
import { AWS_DECLARATIONS, type Declaration, type Place } from "../support/every-construct";
import { synthesize, type SynthesizedStack } from "../support/synth";

const FRANKFURT: Place = { region: "eu-central-1", partition: "aws" };
const GOV_CLOUD: Place = { region: "us-gov-west-1", partition: "aws-us-gov" };
const BEIJING: Place = { region: "cn-north-1", partition: "aws-cn" };

/** The one construct of another cloud that declares resources of AWS. */
const TRANSFER_JOB: Declaration = {
  name: "TransferJob",
  file: "google/storage/transfer-job.ts",
  declare: (scope) => {
    new GoogleProvider(scope, "google");
    const buckets = { sourceBucketName: "app-ef-old", destinationBucketName: "app-ef-new" };
    new TransferJob(scope, "job", { ...buckets, startsOn: "2027-01-31" });
  },
};
const DECLARATIONS = [...AWS_DECLARATIONS, TRANSFER_JOB].map((one): [string, Declaration] => [one.name, one]);

const stacks = new Map<string, SynthesizedStack>();

function synthesized({ name, declare }: Declaration, place: Place): SynthesizedStack {
  const key = `${name} ${place.region}`;
  const made =
    stacks.get(key) ??
    synthesize((stack) => {
      new AwsProvider(stack, "aws", { region: place.region });
      declare(new Construct(stack, "made"), place);
    });
  stacks.set(key, made);
  return made;
}

/** Each text in a document of JSON, those of policies included. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Principal?: { readonly Service?: string };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function statementsOf(stack: SynthesizedStack, type: string, attribute: string): Statement[] {
  return Object.values(stack.resource[type] ?? {}).flatMap(
    (resource) => (JSON.parse(resource[attribute] as string) as { Statement: Statement[] }).Statement,
  );
}

test("every construct of sterna/aws is among the declarations that the guards look at", () => {
  // given
  const constructs = Object.entries(aws).flatMap(([name, exported]) => {
    const { prototype } = exported as { prototype?: { route?: unknown; place?: unknown } };
    const isMade = prototype instanceof Construct || prototype?.route !== undefined || prototype?.place !== undefined;
    return isMade ? name : [];
  });

  // then
  expect(constructs.length).toBeGreaterThanOrEqual(10);
  const declared = AWS_DECLARATIONS.map(({ name }) => name);
  expect(constructs.filter((name) => !declared.some((one) => one.includes(name)))).toEqual([]);
});

describe("in another partition than that of commercial regions", () => {
  test.each(DECLARATIONS)("%s names no other partition", (_, declaration) => {
    for (const place of [GOV_CLOUD, BEIJING]) {
      // when
      const foreign = textsIn(synthesized(declaration, place).resource)
        .flatMap((text) => text.match(/arn:aws[a-z-]*:/g) ?? [])
        .filter((arn) => arn !== `arn:${place.partition}:`);

      // then
      expect(foreign).toEqual([]);
    }
  });
});

/**
 * Whether AWS documents a condition on the source in the trust policy for a service: the page that does, or the page
 * about the role that has none.
 */
const TRUSTED: Readonly<Record<string, { readonly isConditional: boolean; readonly page: string }>> = {
  "backup.amazonaws.com": {
    isConditional: false,
    page: "https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html",
  },
  "datasync.amazonaws.com": {
    isConditional: true,
    page: "https://docs.aws.amazon.com/datasync/latest/userguide/cross-service-confused-deputy-prevention.html",
  },
  "ecs-tasks.amazonaws.com": {
    isConditional: true,
    page: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
  },
  "lambda.amazonaws.com": {
    isConditional: false,
    page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
  },
  "s3.amazonaws.com": {
    isConditional: false,
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html",
  },
  "scheduler.amazonaws.com": {
    isConditional: true,
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html",
  },
};

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html shows it without a condition. */
const EXECUTION_ROLE = /-execution$/;

describe("a role that a service assumes", () => {
  test.each(DECLARATIONS)("of %s names the account that the service acts for, where AWS documents it", (_, one) => {
    // when
    const stack = synthesized(one, FRANKFURT);
    const roles = Object.entries(stack.resource.aws_iam_role ?? {}).filter(
      ([, { name }]) => !EXECUTION_ROLE.test(String(name)),
    );
    const statements = statementsOf(
      { resource: { aws_iam_role: Object.fromEntries(roles) } },
      "aws_iam_role",
      "assume_role_policy",
    );

    // then
    for (const { Principal, Condition = {} } of statements) {
      const service = Principal?.Service;
      if (service === undefined) continue;
      expect(Object.keys(TRUSTED)).toContain(service);
      if (!TRUSTED[service]!.isConditional) continue;
      expect(Object.values(Condition).flatMap((keys) => Object.keys(keys))).toContain("aws:SourceAccount");
    }
  });

  test.each(DECLARATIONS)("of %s lets services call functions for this account only", (_, one) => {
    for (const permission of Object.values(synthesized(one, FRANKFURT).resource.aws_lambda_permission ?? {})) {
      // The ARN of a rule holds the account; the ARN of a bucket does not.
      const { source_arn: arn, source_account: account } = permission;
      const namesAccount = /^\$\{aws_cloudwatch_event_rule\./.test(String(arn));
      expect(namesAccount || String(account).includes("account_id")).toBe(true);
    }
  });
});

/** What the roles of a construct must be allowed, with the page of AWS that says so. */
const REQUIRED_ACTIONS: readonly (readonly [declaration: string, page: string, actions: readonly string[]])[] = [
  [
    "TieredBucket: defaults",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html",
    [
      "s3:ListBucket",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:PutObject",
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
    ],
  ],
  [
    "TieredBucket: plain-replica",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html",
    [
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionTagging",
      "s3:ReplicateObject",
      "s3:ReplicateTags",
    ],
  ],
  [
    "TieredBucket: locked-replica",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-replication",
    ["s3:GetObjectRetention", "s3:GetObjectLegalHold"],
  ],
  [
    "TieredBucket: locked-replica",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html",
    ["kms:Decrypt", "kms:Encrypt"],
  ],
  [
    "TieredBucket: locked-replica",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-change-owner.html",
    ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateDelete"],
  ],
  [
    "DataSyncTask: keys",
    "https://docs.aws.amazon.com/datasync/latest/userguide/create-s3-location.html#create-s3-location-access",
    [
      "s3:GetBucketLocation",
      "s3:ListBucket",
      "s3:ListBucketMultipartUploads",
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:GetObjectTagging",
      "s3:GetObjectVersion",
      "s3:GetObjectVersionTagging",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
      "s3:PutObjectTagging",
      "kms:Decrypt",
      "kms:GenerateDataKey",
    ],
  ],
  [
    "TransferJob",
    "https://cloud.google.com/storage-transfer/docs/source-amazon-s3#required_permissions",
    ["s3:GetBucketLocation", "s3:ListBucket", "s3:GetObject"],
  ],
  [
    "DumpTimer: function",
    "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role",
    ["lambda:InvokeFunction", "sqs:SendMessage"],
  ],
  [
    "DumpTimer: task",
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/CWE_IAM_role.html",
    ["ecs:RunTask", "iam:PassRole"],
  ],
  [
    "BackupTimer: by tags",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html",
    ["AWSBackupServiceRolePolicyForBackup"],
  ],
  [
    "BackupTimer: of a bucket",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html#one-time-permissions-setup",
    ["AWSBackupServiceRolePolicyForS3Backup"],
  ],
  [
    "RestoreDrill: by ARN",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html#one-time-permissions-setup",
    ["AWSBackupServiceRolePolicyForRestores", "AWSBackupServiceRolePolicyForS3Restore"],
  ],
  [
    "BlueGreenService: steady",
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
    [
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:GetDownloadUrlForLayer",
      "ecr:BatchGetImage",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "secretsmanager:GetSecretValue",
      "kms:Decrypt",
    ],
  ],
  [
    "RotatingSecret: two users",
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html",
    [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
      "kms:Decrypt",
      "kms:GenerateDataKey",
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DeleteNetworkInterface",
    ],
  ],
];

describe("the policies of", () => {
  const declared = new Map(DECLARATIONS);

  test.each(REQUIRED_ACTIONS)("%s allow what %s asks for", (name, _, actions) => {
    // when
    const stack = synthesized(declared.get(name)!, FRANKFURT);
    const allowed = statementsOf(stack, "aws_iam_role_policy", "policy").flatMap(({ Action }) => Action);
    const attached = Object.values(stack.resource.aws_iam_role_policy_attachment ?? {}).map(({ policy_arn: policy }) =>
      String(policy).replace(/^.*\//, ""),
    );

    // then
    const missing = actions.filter((action) => ![...allowed, ...attached].includes(action));
    expect(missing).toEqual([]);
  });

  test.each(DECLARATIONS)("%s allow no action by a wildcard", (_, one) => {
    const statements = statementsOf(synthesized(one, FRANKFURT), "aws_iam_role_policy", "policy");
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
  });
});
