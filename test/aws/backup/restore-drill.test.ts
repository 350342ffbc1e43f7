import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import { RestoreDrill, type RestoreDrillProps } from "../../../lib/aws/backup/restore-drill";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import { onlyResource, synthesize } from "../../support/synth";

const PROPS: RestoreDrillProps = {
  name: "app-ef",
  schedule: Schedule.cron("0 4 * * 0"),
  restore: [{ type: "RDS", tags: { system: "app-ef" } }],
  vaultArns: ["arn:aws:backup:eu-central-1:111122223333:backup-vault:app-ef"],
};

const stackOf = (props: Partial<RestoreDrillProps> = {}) =>
  synthesize((stack) => {
    new AwsProvider(stack, "aws");
    new RestoreDrill(stack, "drill", { ...PROPS, ...props });
  });
const drillOf = (props: Partial<RestoreDrillProps>) => () =>
  new RestoreDrill(new TerraformStack(Testing.app(), "test"), "drill", { ...PROPS, ...props });

describe("a restore drill of AWS Backup", () => {
  test("restores the newest backup of the week, every week", () => {
    // WHEN
    const stack = stackOf();
    // THEN
    expect(onlyResource(stack, "aws_backup_restore_testing_plan")).toMatchObject({
      name: "app_ef",
      schedule_expression: "cron(0 4 ? * SUN *)",
      start_window_hours: 8,
      recovery_point_selection: [
        {
          algorithm: "LATEST_WITHIN_WINDOW",
          include_vaults: PROPS.vaultArns,
          recovery_point_types: ["SNAPSHOT", "CONTINUOUS"],
          selection_window_days: 7,
        },
      ],
    });
    expect(onlyResource(stack, "aws_backup_restore_testing_selection")).toMatchObject({
      name: "app_ef_rds_1",
      protected_resource_type: "RDS",
      protected_resource_conditions: [{ string_equals: [{ key: "aws:ResourceTag/system", value: "app-ef" }] }],
    });
  });

  // AWS takes one of them: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreTestingSelectionForCreate.html
  test.each<[string, RestoreDrillProps["restore"][number], string]>([
    ["tags", { type: "EC2", tags: { BackupPlan: "daily" } }, "protected_resource_conditions"],
    ["resources", { type: "EC2", resources: ["arn:aws:ec2:*:*:instance/i-1"] }, "protected_resource_arns"],
    ["its type alone", { type: "EC2" }, "protected_resource_arns"],
  ])("selects by %s in exactly one of the two ways that AWS Backup has", (_what, restored, attribute) => {
    const selection = onlyResource(stackOf({ restore: [restored] }), "aws_backup_restore_testing_selection");
    const ways = ["protected_resource_arns", "protected_resource_conditions"];
    expect(Object.keys(selection).filter((name) => ways.includes(name))).toEqual([attribute]);
  });

  test("gives selections names of 50 characters at most, and none twice", () => {
    const restore = [{ type: "DocumentDB" }, { type: "DocumentDB" }] as const;
    const stack = stackOf({ name: "a".repeat(50), restore });
    const names = Object.values(stack.resource.aws_backup_restore_testing_selection!).map(({ name }) => name as string);
    expect(names.map((name) => name.length)).toEqual([50, 50]);
    expect(new Set(names).size).toBe(2);
  });

  test("lets its plan, its selections, its role and the policy for roles of instances be changed", () => {
    const stack = stackOf({
      instanceRoleArns: ["arn:aws:iam::111122223333:role/web"],
      transform: {
        plan: { tags: { team: "ef" } },
        selection: { validationWindowHours: 4 },
        role: { description: "changed" },
        rolePolicy: { name: "changed" },
      },
    });
    expect(onlyResource(stack, "aws_backup_restore_testing_plan")).toMatchObject({ tags: { team: "ef" } });
    expect(onlyResource(stack, "aws_backup_restore_testing_selection")).toMatchObject({ validation_window_hours: 4 });
    expect(onlyResource(stack, "aws_iam_role")).toMatchObject({ description: "changed" });
    expect(onlyResource(stack, "aws_iam_role_policy")).toMatchObject({ name: "changed" });
  });

  test("has a role that may restore, and objects of S3 where there are some", () => {
    const attached = (props?: Partial<RestoreDrillProps>) =>
      Object.values(stackOf(props).resource["aws_iam_role_policy_attachment"] ?? {}).map((attachment) =>
        (attachment as { policy_arn: string }).policy_arn.split("/").at(-1),
      );
    expect(attached()).toEqual(["AWSBackupServiceRolePolicyForRestores"]);
    expect(attached({ restore: [{ type: "S3" }] }).sort()).toEqual([
      "AWSBackupServiceRolePolicyForRestores",
      "AWSBackupServiceRolePolicyForS3Restore",
    ]);
    expect(attached({ roleArn: "arn:aws:iam::111122223333:role/restore" })).toEqual([]);
  });

  test.each([
    ["restores nothing", { restore: [] }, "no drill could fail"],
    ["has no vault", { vaultArns: [] }, "vaultArns is empty"],
    ["has an empty list of resources", { restore: [{ type: "EFS", resources: [] }] }, "resources of EFS is empty"],
    [
      "selects by tags and by resources",
      { restore: [{ type: "EFS", resources: ["arn:aws:efs:…:a"], tags: { a: "b" } }] },
      "by resources and by tags",
    ],
    [
      "names 31 resources",
      { restore: [{ type: "EFS", resources: Array.from({ length: 31 }, (_, index) => `arn:aws:efs:…:${index}`) }] },
      "AWS Backup takes 30",
    ],
    ["looks back too far", { youngerThan: Duration.days(366) }, "youngerThan is 366 days"],
    ["has half an hour to begin", { startWindow: Duration.minutes(30) }, "startWindow is 0.5 hours"],
    ["keeps what it restored too long", { restore: [{ type: "EFS", keepRestoredFor: Duration.days(8) }] }, "192 hours"],
    ["needs two lines", { schedule: Schedule.cron("0 4 13 * 5") }, "one line of cron"],
  ] as const)("that %s is refused", (_what, props, message) => {
    expect(drillOf(props)).toThrow(
      expect.objectContaining({ code: "InvalidRestoreDrill", message: expect.stringContaining(message) }),
    );
  });
});
