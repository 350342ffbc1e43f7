import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { describe, expect, test } from "@jest/globals";
import type { TerraformStack } from "cdktf";
import { Schedule } from "../../lib/schedule/schedule";
import { DataSyncTask } from "../../lib/aws/index";
import { TransferJob, type TransferJobProps } from "../../lib/google/index";
import { errorOf } from "../support/system-stack";
import { onlyResource, synthesize, type SynthesizedStack } from "../support/synth";

const policyOf = (resource: Record<string, unknown>, name = "policy") => JSON.parse(resource[name] as string) as object;

describe("TransferJob", () => {
  const job = (props: Partial<TransferJobProps> = {}): SynthesizedStack =>
    synthesize((stack: TerraformStack) => {
      new AwsProvider(stack, "aws");
      new GoogleProvider(stack, "google");
      new TransferJob(stack, "job", {
        sourceBucketName: "old",
        destinationBucketName: "new",
        startsOn: "2027-01-31",
        prefix: "data/",
        ...props,
      });
    });

  test("copies by a role that Google's service account assumes, without any key", () => {
    // WHEN
    const stack = job();
    // THEN
    const { transfer_spec: spec } = onlyResource(stack, "google_storage_transfer_job") as Record<string, object>;
    expect(spec).toMatchObject({
      aws_s3_data_source: {
        bucket_name: "old",
        path: "data/",
        role_arn: expect.stringMatching(/^\$\{aws_iam_role\.job_Role_\w+\.arn\}$/),
      },
      gcs_data_sink: { bucket_name: "new", path: "data/" },
    });
    expect(JSON.stringify(stack)).not.toMatch(/access_key/);
    expect(policyOf(onlyResource(stack, "aws_iam_role"), "assume_role_policy")).toMatchObject({
      Statement: [
        {
          Principal: { Federated: "accounts.google.com" },
          Condition: {
            StringEquals: { "accounts.google.com:sub": expect.stringMatching(/^\$\{data\..*\.subject_id\}$/) },
          },
        },
      ],
    });
  });

  test("can read the source and nothing more, and deletes nowhere", () => {
    const stack = job();
    expect(JSON.stringify(policyOf(onlyResource(stack, "aws_iam_role_policy")))).not.toMatch(/Put|Delete|s3:\*/);
    expect(onlyResource(stack, "google_storage_transfer_job")).toMatchObject({
      transfer_spec: {
        transfer_options: { delete_objects_from_source_after_transfer: false, delete_objects_unique_in_sink: false },
      },
    });
  });

  test("runs every day without an end, so that a day in the past does not mean never", () => {
    expect(onlyResource(job(), "google_storage_transfer_job").schedule).toEqual({
      schedule_start_date: { year: 2027, month: 1, day: 31 },
    });
  });

  test.each(["2027-02-30", "31.1.2027", "2027-1-31", ""])("refuses to begin on %j", (from) => {
    expect(errorOf(() => job({ startsOn: from })).code).toBe("InvalidTransferStart");
  });
});

describe("DataSyncTask", () => {
  const task = (tags?: boolean): SynthesizedStack =>
    synthesize((stack: TerraformStack) => {
      new AwsProvider(stack, "aws");
      new DataSyncTask(stack, "task", {
        sourceBucketName: "old",
        destinationBucketName: "new",
        prefix: "data/",
        copyObjectTags: tags,
      });
    });

  test("copies what changed, checks it, and deletes nothing", () => {
    expect(onlyResource(task(), "aws_datasync_task")).toMatchObject({
      options: {
        preserve_deleted_files: "PRESERVE",
        transfer_mode: "CHANGED",
        verify_mode: "ONLY_FILES_TRANSFERRED",
        object_tags: "PRESERVE",
      },
      schedule: { schedule_expression: "rate(1 day)" },
    });
    expect(onlyResource(task(false), "aws_datasync_task")).toMatchObject({ options: { object_tags: "NONE" } });
  });

  const scheduled = (schedule: Schedule) =>
    synthesize((stack: TerraformStack) => {
      new AwsProvider(stack, "aws");
      new DataSyncTask(stack, "task", { sourceBucketName: "old", destinationBucketName: "new", schedule });
    });

  test.each([
    [Schedule.daily({ at: "02:00" }), "cron(0 2 * * ? *)"],
    [Schedule.aws("rate(12 hours)"), "rate(12 hours)"],
  ])("runs %s", (schedule, expression) => {
    expect(onlyResource(scheduled(schedule), "aws_datasync_task")).toMatchObject({
      schedule: { schedule_expression: expression },
    });
  });

  test.each([
    ["ScheduleTooFrequent", Schedule.cron("*/30 * * * *")],
    ["ScheduleUntranslatable", Schedule.onCalendar(["*-*-* 02:00:00", "*-*-* 03:30:00"])],
    ["ScheduleZoneUnsupported", Schedule.daily({ at: "02:00", zone: "Europe/Berlin" })],
  ])("refuses with %s what DataSync cannot say", (code, schedule) => {
    expect(errorOf(() => scheduled(schedule)).code).toBe(code);
  });

  test("writes to the target only", () => {
    // WHEN
    const policies = Object.values(task().resource.aws_iam_role_policy!).map(({ policy }) => policy as string);
    // THEN
    const writing = policies.filter((policy) => policy.includes("s3:PutObject"));
    expect(writing).toHaveLength(1);
    expect(writing[0]).toMatch(/:s3:::new/);
    expect(writing[0]).not.toMatch(/:s3:::old|Delete/);
  });
});

describe("a transfer", () => {
  const declare = (region: string) =>
    synthesize((stack) => {
      new AwsProvider(stack, "aws", { region });
      new GoogleProvider(stack, "google");
      const buckets = { sourceBucketName: "old", destinationBucketName: "new" };
      new DataSyncTask(stack, "task", { ...buckets, sourceKmsKeyArn: KEY, destinationKmsKeyArn: OTHER_KEY });
      new TransferJob(stack, "job", { ...buckets, startsOn: "2027-01-31", sourceKmsKeyArn: KEY });
    });
  const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234";
  const OTHER_KEY = "arn:aws:kms:eu-central-1:111122223333:alias/files";

  test("names no partition of AWS", () => {
    const stack = declare("us-gov-west-1");
    expect(JSON.stringify(stack.resource).replaceAll("arn:aws:kms", "")).not.toContain("arn:aws:");
  });

  test("uses the keys of both buckets", () => {
    const policies = Object.values(declare("eu-central-1").resource.aws_iam_role_policy!).map(
      ({ policy }) =>
        (JSON.parse(policy as string) as { Statement: { Action: string[]; Resource: string }[] }).Statement,
    );
    const keys = policies.flat().filter(({ Action }) => Action.some((action) => action.startsWith("kms:")));
    expect(keys.map(({ Action, Resource }) => [Resource, Action])).toEqual(
      expect.arrayContaining([
        [KEY, ["kms:Decrypt"]],
        ["arn:aws:kms:eu-central-1:111122223333:key/*", ["kms:Decrypt", "kms:GenerateDataKey"]],
      ]),
    );
  });

  test("lets a transform change every resource", () => {
    // given
    const named = (name: string) => ({ name });
    const described = { description: "changed" };

    // when
    const stack = synthesize((scope) => {
      new AwsProvider(scope, "aws");
      new GoogleProvider(scope, "google");
      const buckets = { sourceBucketName: "old", destinationBucketName: "new" };
      new DataSyncTask(scope, "task", {
        ...buckets,
        transform: {
          task: named("changed"),
          sourceLocation: { tags: { a: "source" } },
          sourceRole: named("source"),
          sourceRolePolicy: named("source"),
          destinationLocation: { tags: { a: "destination" } },
          destinationRole: named("destination"),
          destinationRolePolicy: named("destination"),
        },
      });
      new TransferJob(scope, "job", {
        ...buckets,
        startsOn: "2027-01-31",
        transform: {
          job: described,
          role: named("job"),
          rolePolicy: named("job"),
          grant: { condition: { title: "t", expression: "true" } },
        },
      });
    });

    // then
    const values = (type: string, key: string) => Object.values(stack.resource[type]!).map((one) => one[key]);
    expect(values("aws_iam_role", "name").sort()).toEqual(["destination", "job", "source"]);
    expect(values("aws_iam_role_policy", "name").sort()).toEqual(["destination", "job", "source"]);
    expect(values("aws_datasync_location_s3", "tags")).toEqual([{ a: "source" }, { a: "destination" }]);
    expect(values("aws_datasync_task", "name")).toEqual(["changed"]);
    expect(values("google_storage_transfer_job", "description")).toEqual(["changed"]);
    expect(values("google_storage_bucket_iam_member", "condition")).toEqual([
      { title: "t", expression: "true" },
      { title: "t", expression: "true" },
    ]);
  });
});
