import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { describe, expect, it, test } from "@jest/globals";
import { Fn, TerraformStack, TerraformVariable, Testing, Token } from "cdktf";
import { Duration } from "../../../lib/core/duration";
import type { ErrorCode } from "../../../lib/core/error-codes";
import { SternaError } from "../../../lib/core/errors";
import { RotatingSecret } from "../../../lib/google/secrets/rotating-secret";
import type { RotatingSecretProps } from "../../../lib/google/secrets/rotating-secret-props";
import { googleRotatorName } from "../../../lib/google/secrets/rotator-function";
import { RotationStrategy } from "../../../lib/secrets/rotation-strategy";
import { requireTerraformVersion } from "../../../lib/environments/require-terraform";
import { GOOGLE_ROTATOR_RUNTIME } from "../../../lib/secrets/rotator-package";
import { parseRotationSettings } from "../../../lib/rotator/settings";
import { thrownBy } from "../../support/system-stack";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";

const adminSecret = "projects/shop/secrets/admin";
const database = { host: "10.0.0.5", database: "shop", username: "shop", adminSecret };
const strategy = RotationStrategy.postgresAlternatingUsers(database);
/** What only Terraform knows. */
const unknownValue = Token.asString(Fn.timestamp());
const key = (location: string) => `projects/shop/locations/${location}/keyRings/ring/cryptoKeys/key`;

function declare(stack: TerraformStack, props: Partial<RotatingSecretProps> = {}): RotatingSecret {
  new GoogleProvider(stack, "google", { project: "shop" });
  return new RotatingSecret(stack, "database", {
    ...{ project: "shop", region: "europe-west3", secretName: "shop-database", strategy },
    ...props,
  });
}

const synthesized = (props?: Partial<RotatingSecretProps>): SynthesizedStack =>
  synthesize((stack) => void declare(stack, props));

function secrets(stack: SynthesizedStack): Array<Record<string, unknown>> {
  return Object.values(stack.resource.google_secret_manager_secret!);
}

function grants(stack: SynthesizedStack): Array<{ secret_id: string; role: string; member: string }> {
  return Object.values(stack.resource.google_secret_manager_secret_iam_member!) as never;
}

describe("a rotating secret of Google Cloud", () => {
  it("is asked to rotate every 30 days, by messages to its own topic, and no plan turns its next time back", () => {
    const [secret] = secrets(synthesized());
    expect(secret).toMatchObject({
      secret_id: "shop-database",
      topics: [{ name: expect.stringMatching(/^\$\{google_pubsub_topic\./) as unknown }],
      rotation: { rotation_period: "2592000s", next_rotation_time: '${timeadd(timestamp(), "15m")}' },
      lifecycle: { prevent_destroy: true, ignore_changes: ["rotation[0].next_rotation_time"] },
      deletion_protection: true,
      version_destroy_ttl: "604800s",
      replication: { auto: {} },
    });
  });

  it("has a journal that asks for nothing", () => {
    const [, journal] = secrets(synthesized());
    expect(journal).toMatchObject({ secret_id: "shop-database-rotation", lifecycle: { prevent_destroy: true } });
    expect(journal).not.toHaveProperty("topics");
    expect(journal).not.toHaveProperty("rotation");
  });

  it("has no value of Terraform's", () => {
    expect(synthesized().resource.google_secret_manager_secret_version).toBeUndefined();
  });

  it("is made after what its first message needs: a subscriber, and the right to publish", () => {
    const [secret] = secrets(synthesized());
    expect(secret!.depends_on).toEqual([
      expect.stringMatching(/^google_pubsub_topic_iam_member\./),
      expect.stringMatching(/^google_cloudfunctions2_function\./),
    ]);
    expect(onlyResource(synthesized(), "google_pubsub_topic_iam_member")).toMatchObject({
      role: "roles/pubsub.publisher",
      member: expect.stringMatching(
        /^serviceAccount:service-\$\{data\.google_project\.\w+\.number\}@gcp-sa-secretmanager\.iam\.gserviceaccount\.com$/,
      ) as unknown,
    });
  });

  it("is rotated by one instance of a function that is called again when it fails, and by nobody from outside", () => {
    const resource = onlyResource(synthesized(), "google_cloudfunctions2_function");
    expect(resource).toMatchObject({
      build_config: { runtime: GOOGLE_ROTATOR_RUNTIME.name, entry_point: "rotate" },
      event_trigger: {
        event_type: "google.cloud.pubsub.topic.v1.messagePublished",
        retry_policy: "RETRY_POLICY_RETRY",
      },
      service_config: {
        max_instance_count: 1,
        max_instance_request_concurrency: 1,
        ingress_settings: "ALLOW_INTERNAL_ONLY",
      },
    });
  });

  it("gives its function settings that the rotator reads, and no secret", () => {
    const { service_config } = onlyResource(synthesized(), "google_cloudfunctions2_function") as {
      service_config: { environment_variables: Record<string, string> };
    };
    const { STERNA_ROTATION_SETTINGS: settings, ...others } = service_config.environment_variables;
    expect(parseRotationSettings(settings!, "settings")).toMatchObject({
      strategy: "postgresAlternatingUsers",
      host: "10.0.0.5",
      ownerRole: "shop_owner",
      adminSecret,
    });
    expect(others).toEqual({
      STERNA_ROTATED_SECRET: "projects/shop/secrets/shop-database",
      STERNA_ROTATION_PERIOD_SECONDS: "2592000",
    });
  });

  it("lets its function change its secret and its journal, read the administrator's, and nothing of the project", () => {
    const stack = synthesized();
    const roles = grants(stack).map(({ secret_id, role }) => `${role.split(".").at(-1)} ${secret_id}`);
    expect(roles).toEqual([
      expect.stringMatching(/^secretAccessor projects\/shop\/secrets\/admin$/),
      ...["journal", "secret"].flatMap(() => [
        expect.stringMatching(/^secretAccessor \$\{google_secret_manager_secret\.\w+\.secret_id\}$/) as unknown,
        expect.stringMatching(/^secretVersionManager \$\{google_secret_manager_secret\.\w+\.secret_id\}$/) as unknown,
      ]),
    ]);
    expect(new Set(grants(stack).map(({ member }) => member)).size).toBe(1);
    expect(stack.resource.google_project_iam_member).toBeUndefined();
    expect(onlyResource(stack, "google_cloud_run_service_iam_member").member).not.toBe(grants(stack)[0]!.member);
  });

  it("needs no administrator for a random value", () => {
    expect(grants(synthesized({ strategy: RotationStrategy.randomValue() }))).toHaveLength(4);
  });

  it("builds its function anew when the code is another one", () => {
    const stack = synthesized();
    expect(onlyResource(stack, "google_storage_bucket_object").name).toMatch(/^shop-database-\w{8}-[0-9a-f]{16}\.zip$/);
    expect(onlyResource(stack, "google_storage_bucket")).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
    });
    expect(synthesized({ sourceBucketName: "code" }).resource.google_storage_bucket).toBeUndefined();
  });

  it("reaches private addresses through a connector", () => {
    const vpcConnector = "projects/shop/locations/europe-west3/connectors/private";
    expect(onlyResource(synthesized({ network: { vpcConnector } }), "google_cloudfunctions2_function")).toMatchObject({
      service_config: { vpc_connector: vpcConnector, vpc_connector_egress_settings: "PRIVATE_RANGES_ONLY" },
    });
  });

  it("is encrypted with keys that Secret Manager may use, in the places that it is given", () => {
    // WHEN
    const automatic = synthesized({ kmsKeyName: key("global") });
    const placed = synthesized({
      replicas: [{ location: "europe-west3", kmsKeyName: key("europe-west3") }, { location: "europe-west4" }],
    });

    // THEN
    for (const { replication } of secrets(automatic)) {
      expect(replication).toEqual({ auto: { customer_managed_encryption: { kms_key_name: key("global") } } });
    }
    expect(secrets(placed)[0]!.replication).toEqual({
      user_managed: {
        replicas: [
          { location: "europe-west3", customer_managed_encryption: { kms_key_name: key("europe-west3") } },
          { location: "europe-west4" },
        ],
      },
    });
    for (const stack of [automatic, placed]) {
      const grant = onlyResource(stack, "google_kms_crypto_key_iam_member");
      expect(grant.role).toBe("roles/cloudkms.cryptoKeyEncrypterDecrypter");
      expect(secrets(stack)[1]!.depends_on).toContainEqual(
        expect.stringMatching(/^google_kms_crypto_key_iam_member\./),
      );
    }
  });

  it("tells of failed and overdue rotations, and is asked every day", () => {
    const stack = synthesized({ notificationChannels: ["projects/shop/notificationChannels/1"] });
    expect(onlyResource(stack, "google_monitoring_alert_policy")).toMatchObject({
      notification_channels: ["projects/shop/notificationChannels/1"],
      conditions: [{ condition_matched_log: { filter: expect.stringContaining("severity>=ERROR") as unknown } }],
    });
    expect(onlyResource(stack, "google_cloud_scheduler_job")).toMatchObject({
      pubsub_target: { attributes: { eventType: "STERNA_OVERDUE_CHECK" } },
    });
  });

  it("takes over a secret that exists, and has former places", () => {
    const id = "projects/shop/secrets/shop-database";
    const stack = synthesized({ adopt: { id }, previously: ["old/database"] }) as SynthesizedStack & {
      import: unknown;
      moved: Array<{ to: string }>;
    };
    expect(stack.import).toEqual([{ id, to: expect.stringMatching(/^google_secret_manager_secret\./) as unknown }]);
    expect(stack.moved.map(({ to }) => to)).toContainEqual(expect.stringMatching(/^google_secret_manager_secret\./));
  });

  it("writes a first value that comes from elsewhere once, and needs Terraform 1.11 for that", () => {
    const stack = synthesize((scope) => {
      const variable = new TerraformVariable(scope, "first", { sensitive: true });
      declare(scope, { initialValue: variable.stringValue });
      requireTerraformVersion(scope, "1.10.0", "something else");
    });
    expect(onlyResource(stack, "google_secret_manager_secret_version")).toMatchObject({
      secret_data_wo: "${var.first}",
      secret_data_wo_version: 1,
      deletion_policy: "ABANDON",
      lifecycle: { ignore_changes: ["secret_data_wo", "secret_data_wo_version", "enabled"] },
    });
    expect(stack.terraform).toMatchObject({ required_version: ">= 1.11" });
  });

  it("lets what is passed to the resources inside be changed", () => {
    // WHEN
    const condition = { title: "changed", expression: "true" };
    const stack = synthesized({
      kmsKeyName: "projects/shop/locations/global/keyRings/r/cryptoKeys/k",
      transform: {
        ...{ publisher: { condition }, keyAccess: { condition }, secretAccess: { condition }, invoker: { condition } },
        secret: { annotations: { owner: "shop" } },
        journal: { annotations: { owner: "rotator" } },
        topic: { messageRetentionDuration: "86400s" },
        function: ({ serviceConfig, ...config }) => ({
          ...config,
          serviceConfig: { ...serviceConfig, timeoutSeconds: 60 },
        }),
        serviceAccount: { description: "made by Sterna" },
        bucket: { labels: { made: "by-sterna" } },
        source: { storageClass: "STANDARD" },
        alert: { severity: "CRITICAL" },
        overdueCheck: { schedule: "0 7 * * *" },
      },
    });

    // THEN
    const grants = Object.entries(stack.resource).filter(([type]) => type.endsWith("_iam_member"));
    expect(grants).toHaveLength(4);
    for (const each of grants.flatMap(([, blocks]) => Object.values(blocks))) expect(each).toMatchObject({ condition });
    expect(secrets(stack).map(({ annotations }) => annotations)).toEqual([{ owner: "shop" }, { owner: "rotator" }]);
    const accounts = Object.values(stack.resource.google_service_account!);
    expect(accounts.map(({ description }) => description)).toEqual(["made by Sterna", "made by Sterna"]);
    const changed: Record<string, object> = {
      google_pubsub_topic: { message_retention_duration: "86400s" },
      google_cloudfunctions2_function: { service_config: { timeout_seconds: 60, max_instance_count: 1 } },
      google_storage_bucket: { labels: { made: "by-sterna" } },
      google_storage_bucket_object: { storage_class: "STANDARD" },
      google_monitoring_alert_policy: { severity: "CRITICAL" },
      google_cloud_scheduler_job: { schedule: "0 7 * * *" },
    };
    for (const [type, expected] of Object.entries(changed)) expect(onlyResource(stack, type)).toMatchObject(expected);
  });

  it("is read by the keys that its rotation writes, and by no other", () => {
    const secret = declare(new TerraformStack(Testing.app(), "test"));
    expect(secret.reference("url").secret).toMatchObject({ store: "google", key: "url" });
    expect(() => secret.reference("database_url")).toThrow(/never writes "database_url".*username, password, url/);
  });

  it("has names that fit a service account, and do not meet", () => {
    const long = "a-very-long-name-of-a-secret-that-is-cut";
    const names = [long, `${long}2`, "UPPER_case", "1234", "___"].map(googleRotatorName);
    for (const name of names) expect(`${name}-ev`).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
    expect(new Set(names).size).toBe(names.length);
  });

  const refused: Array<[code: ErrorCode, what: string, props: Partial<RotatingSecretProps>]> = [
    ["InvalidSecretName", "a slash", { secretName: "shop/database" }],
    ["InvalidSecretName", "a name whose journal would have too long a name", { secretName: "x".repeat(247) }],
    ["InvalidSecretName", "a name that Terraform alone knows", { secretName: unknownValue }],
    ["RotationPeriodRefused", "every half hour", { rotationPeriod: Duration.minutes(30) }],
    [
      "TransformWithoutResource",
      "a transform of a bucket that it does not make",
      { sourceBucketName: "sources", transform: { bucket: { labels: {} } } },
    ],
    ["RotationPeriodRefused", "every 101 years", { rotationPeriod: Duration.days(36_865) }],
    ["DestructionDelayRefused", "an hour", { versionDestroyDelay: Duration.hours(1) }],
    [
      "InvalidSecretId",
      "the ARN of an administrator's secret",
      {
        strategy: RotationStrategy.postgresAlternatingUsers({
          ...database,
          adminSecret: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf",
        }),
      },
    ],
    ["InvalidSecretId", "a name of a secret to take over", { adopt: { id: "shop-database" } }],
    [
      "RotationStrategyUnsupported",
      "one user, who would be locked out until readers see the new version",
      { strategy: RotationStrategy.postgresSingleUser({ ...database, acknowledge: { OutageNotAccepted: "a test" } }) },
    ],
    ["RotationStrategyUnsupported", "a function of AWS", { strategy: RotationStrategy.custom("arn", ["token"]) }],
    ["InvalidKmsKeyName", "the version of a key", { kmsKeyName: `${key("global")}/cryptoKeyVersions/1` }],
    ["KmsKeyInOtherLocation", "a regional key for a global secret", { kmsKeyName: key("europe-west3") }],
    [
      "KmsKeyInOtherLocation",
      "the key of another region",
      { replicas: [{ location: "europe-west4", kmsKeyName: key("europe-west3") }] },
    ],
    ["KmsKeyInOtherLocation", "one key for replicas", { kmsKeyName: key("global"), replicas: [{ location: "us" }] }],
    ["LiteralSecretValue", "a value", { initialValue: "hunter2" }],
    [
      "InitialValueOfAdopted",
      "a first value for a secret that has one",
      { adopt: { id: adminSecret }, initialValue: unknownValue },
    ],
    ["DestroyWithoutReason", "an empty reason", { acknowledge: { DestroyWithoutReason: " " } }],
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
    ["RotationSettingsInvalid", "few random bytes", { strategy: RotationStrategy.randomValue({ bytes: 8 }) }],
  ];
  test.each(refused)("%s: refuses %s", (code, _what, props) => {
    const refusal = thrownBy(() => declare(new TerraformStack(Testing.app(), "test"), props));
    expect(refusal).toBeInstanceOf(SternaError);
    expect((refusal as SternaError).code).toBe(code);
  });

  it("runs on a Node.js that Google supports for one more month: else take the next one, see GOOGLE_ROTATOR_RUNTIME", () => {
    const oneMonth = 30 * 86_400_000;
    expect(Date.parse(GOOGLE_ROTATOR_RUNTIME.deprecated)).toBeGreaterThan(Date.now() + oneMonth);
  });
});
