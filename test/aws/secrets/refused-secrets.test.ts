import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing, Token } from "cdktf";
import { Duration } from "../../../lib/core/duration";
import type { ErrorCode } from "../../../lib/core/error-codes";
import { Schedule } from "../../../lib/schedule/schedule";
import { SternaError } from "../../../lib/core/errors";
import { RotatingSecret } from "../../../lib/aws/secrets/rotating-secret";
import type { RotatingSecretProps } from "../../../lib/aws/secrets/rotating-secret-props";
import { RotationStrategy } from "../../../lib/secrets/rotation-strategy";
import { thrownBy } from "../../support/system-stack";

const adminSecret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf";
const database = { host: "db.example.org", database: "r3mes", username: "r3mes", adminSecret };
const strategy = RotationStrategy.postgresAlternatingUsers(database);

function declare(stack: TerraformStack, props: Partial<RotatingSecretProps> = {}): RotatingSecret {
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  return new RotatingSecret(stack, "database", { secretName: "r3mes/production/database", strategy, ...props });
}

describe("a rotating secret", () => {
  const refused: Array<[code: ErrorCode, what: string, props: Partial<RotatingSecretProps>]> = [
    ["InvalidSecretName", "a space", { secretName: "my secret" }],
    ["InvalidSecretName", "a name of 513 characters", { secretName: "x".repeat(513) }],
    [
      "TransformWithoutResource",
      "a transform of a function that it does not make",
      { strategy: RotationStrategy.custom("arn:…", ["token"]), transform: { function: { timeout: 30 } } },
    ],
    [
      "TransformWithoutResource",
      "a transform of a key that it does not make",
      { kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/1", transform: { key: { multiRegion: true } } },
    ],
    ["TransformWithoutResource", "a transform of no policy", { transform: { resourcePolicy: {} } }],
    ["RotationScheduleRefused", "every hour", { schedule: Schedule.every(Duration.hours(1)) }],
    ["RotationScheduleRefused", "two schedules", { schedule: Schedule.cron("0 0 13 * 5") }],
    ["ScheduleZoneUnsupported", "another zone", { schedule: Schedule.daily({ at: "02:00", zone: "Europe/Berlin" }) }],
    [
      "InvalidSecretArn",
      "a name for the administrator's secret",
      { strategy: RotationStrategy.postgresAlternatingUsers({ ...database, adminSecret: "admin" }) },
    ],
    [
      "InvalidSecretArn",
      "an ARN without its last six characters, which no policy matches",
      {
        strategy: RotationStrategy.postgresAlternatingUsers({
          ...database,
          adminSecret: "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:admin",
        }),
      },
    ],
    ["RotationScheduleRefused", "a time that is not on the hour", { schedule: Schedule.cron("30 3 * * 0") }],
    ["RotationWindowRefused", "half an hour", { window: Duration.minutes(30) }],
    [
      "RotationWindowRefused",
      "a window that reaches into the next day",
      { schedule: Schedule.cron("0 22 * * *"), window: Duration.hours(3) },
    ],
    [
      "RotationWindowRefused",
      "a window that reaches into the next one",
      { schedule: Schedule.aws("rate(4 hours)"), window: Duration.hours(5) },
    ],
    ["RecoveryWindowRefused", "3 days", { recoveryWindow: Duration.days(3) }],
    ["LiteralSecretValue", "a value", { initialValue: "hunter2" }],
    ["DestroyWithoutReason", "an empty reason", { acknowledge: { DestroyWithoutReason: " " } }],
    [
      "OutageNotAccepted",
      "an empty reason for an outage",
      { strategy: RotationStrategy.postgresSingleUser({ ...database, acknowledge: { OutageNotAccepted: "" } }) },
    ],
    [
      "PlaintextWithoutReason",
      "an empty reason for no TLS",
      {
        strategy: RotationStrategy.postgresAlternatingUsers({
          ...database,
          acknowledge: { PlaintextWithoutReason: " " },
        }),
      },
    ],
    [
      "RotationSettingsInvalid",
      "a user whose clone would be cut off",
      {
        strategy: RotationStrategy.postgresAlternatingUsers({ ...database, username: "x".repeat(58), ownerRole: "o" }),
      },
    ],
    [
      "RotationSettingsInvalid",
      "a user of few letters and many bytes",
      {
        strategy: RotationStrategy.postgresAlternatingUsers({ ...database, username: "ö".repeat(29), ownerRole: "o" }),
      },
    ],
    [
      "RotationSettingsInvalid",
      "a long name beside a value that only Terraform knows",
      {
        strategy: RotationStrategy.postgresSingleUser({
          ...{ ...database, username: "x".repeat(64), acknowledge: { OutageNotAccepted: "nobody is there" } },
          adminSecret: Token.asString({ resolve: () => "later" }),
        }),
      },
    ],
    [
      "RotationSettingsInvalid",
      "an owner role that is one of the users",
      { strategy: RotationStrategy.postgresAlternatingUsers({ ...database, ownerRole: "r3mes_clone" }) },
    ],
    [
      "RotationSettingsInvalid",
      "a host with a path",
      { strategy: RotationStrategy.redisAcl({ ...database, host: "redis/0" }) },
    ],
    [
      "RotationSettingsInvalid",
      "a host with a port, as an endpoint of RDS is",
      {
        strategy: RotationStrategy.postgresAlternatingUsers({
          ...database,
          host: "r3mes.abc.eu-central-1.rds.amazonaws.com:5432",
        }),
      },
    ],
    [
      "RotationSettingsInvalid",
      "a password among the rules",
      { strategy: RotationStrategy.redisAcl({ ...database, rules: ["~app:*", ">hunter2"] }) },
    ],
    ["RotationSettingsInvalid", "few random bytes", { strategy: RotationStrategy.randomValue({ bytes: 8 }) }],
  ];
  test.each(refused)("%s: refuses %s", (code, _what, props) => {
    const refusal = thrownBy(() => declare(new TerraformStack(Testing.app(), "test"), props));
    expect(refusal).toBeInstanceOf(SternaError);
    expect((refusal as SternaError).code).toBe(code);
  });
});
