import { describe, expect, test } from "@jest/globals";
import { corsExplicit, noPlainSecrets, tlsOnListeners } from "../../../lib/gates/checks/exposure";
import { servicesAlarmed, statefulBackedUp, stepsReversible } from "../../../lib/gates/checks/operations";
import { RenderedStack, type StackCheck } from "../../../lib/gates/rendered-stack";

type Resources = Record<string, Record<string, unknown>>;

/** Addresses that a check finds something about. */
function found(check: StackCheck, resource: Resources): string[] {
  return check(new RenderedStack({ resource })).map(({ address }) => address);
}

/** What a check says about the only finding. */
function said(check: StackCheck, resource: Resources): string {
  return check(new RenderedStack({ resource }))
    .map(({ code, message }) => `${code}: ${message}`)
    .join("\n");
}

describe("no secret in an environment variable", () => {
  const lambda = (variables: Record<string, unknown>) => ({
    aws_lambda_function: { it: { environment: { variables } } },
  });
  const container = (definition: unknown) => ({
    aws_ecs_task_definition: { it: { container_definitions: JSON.stringify([definition]) } },
  });

  test.each([
    ["a password of Lambda", lambda({ DB_PASSWORD: "hunter22" })],
    ["a token in camel case", lambda({ githubToken: "abcdefgh" })],
    ["a URL with a password, whatever its name", lambda({ DATABASE: "postgresql://u:pw@db/shop" })],
    ["an access key by its form", lambda({ OTHER: "AKIAIOSFODNN7EXAMPLE" })],
    ["a private key by its form", lambda({ PEM: "-----BEGIN RSA PRIVATE KEY-----\nx" })],
    ["a generated password", lambda({ STARTUP: "${random_password.db.result}" })],
    ["the value of a secret", lambda({ X: "${data.aws_secretsmanager_secret_version.v.secret_string}" })],
    ["a variable of Terraform", lambda({ API_KEY: "${var.api_key}" })],
    ["a container of ECS", container({ name: "app", environment: [{ name: "JWT_SECRET", value: "s3cr3t-value" }] })],
    [
      "a container of ECS, encoded by Terraform",
      {
        aws_ecs_task_definition: {
          it: {
            container_definitions:
              '${jsonencode([{"name" = "app", "environment" = [{"name" = "TOKEN", "value" = "abc"}]}])}',
          },
        },
      },
    ],
    [
      "Cloud Run",
      {
        google_cloud_run_v2_service: {
          it: { template: { containers: [{ env: [{ name: "DB_PASS", value: "x1y2" }] }] } },
        },
      },
    ],
    [
      "Kubernetes",
      {
        kubernetes_deployment_v1: {
          it: { spec: [{ template: [{ spec: [{ container: [{ env: { name: "API_KEY", value: "x1y2" } }] }] }] }] },
        },
      },
    ],
    ["App Runner", { aws_apprunner_service: { it: { x: { runtime_environment_variables: { SECRET: "x1y2" } } } } }],
    [
      "CodeBuild",
      { aws_codebuild_project: { it: { environment: { environment_variable: [{ name: "TOKEN", value: "x1" }] } } } },
    ],
  ])("finds %s", (_, resource) => {
    const type = Object.keys(resource)[0]!;
    expect(found(noPlainSecrets, resource as Resources)).toEqual([`${type}.it`]);
  });

  test.each([
    ["a name of a secret", lambda({ DB_SECRET_ARN: "arn:aws:secretsmanager:eu-west-1:1:secret:db" })],
    ["a reference by ARN", lambda({ SECRET: "${aws_secretsmanager_secret.db.arn}" })],
    ["a token's lifetime", lambda({ TOKEN_TTL: "3600", PASSWORD_LENGTH: "24" })],
    ["a switch", lambda({ USE_TOKEN: "true" })],
    ["a monkey", lambda({ MONKEY: "george", PASSENGER: "yes", COMPASS_URL: "https://example.org" })],
    ["a URL without a password", lambda({ DATABASE_HOST: "db.example.org", REDIS: "redis://cache:6379/0" })],
    ["what ECS fetches itself", container({ name: "app", secrets: [{ name: "TOKEN", valueFrom: "arn:aws:x" }] })],
    [
      "what Cloud Run fetches itself",
      {
        google_cloud_run_v2_service: {
          it: {
            template: {
              containers: [{ env: [{ name: "TOKEN", value_source: [{ secret_key_ref: { secret: "t" } }] }] }],
            },
          },
        },
      },
    ],
  ])("lets %s pass", (_, resource) => {
    expect(found(noPlainSecrets, resource as Resources)).toEqual([]);
  });

  test("the message names the variable and never its value", () => {
    const text = said(noPlainSecrets, lambda({ DB_PASSWORD: "hunter22" }));
    expect(text).toContain("PlainSecretInEnvironment: the environment variable DB_PASSWORD");
    expect(text).not.toContain("hunter22");
  });
});

describe("CORS is explicit", () => {
  const cors = (origins: unknown) => ({
    aws_s3_bucket_cors_configuration: { it: { cors_rule: [{ allowed_origins: origins }] } },
  });
  const variable = (value: string) => ({
    aws_lambda_function: { it: { environment: { variables: { CORS_ALLOWED_ORIGINS: value } } } },
  });

  test.each([
    ["every origin of S3", cors(["*"])],
    ["a wildcard within", cors(["https://*.example.org"])],
    ["localhost with a port", cors(["https://app.example.org", "http://localhost:3000"])],
    ["127.0.0.1", cors(["http://127.0.0.1"])],
    ["an origin without TLS", cors(["http://app.example.org"])],
    ["API Gateway", { aws_apigatewayv2_api: { it: { cors_configuration: { allow_origins: ["*"] } } } }],
    ["a Lambda URL", { aws_lambda_function_url: { it: { cors: [{ allow_origins: ["*"] }] } } }],
    ["Cloud Storage", { google_storage_bucket: { it: { cors: [{ origin: ["*"] }] } } }],
    [
      "CloudFront",
      {
        aws_cloudfront_response_headers_policy: {
          it: { cors_config: { access_control_allow_origins: { items: ["*"] } } },
        },
      },
    ],
    ["a variable", variable("https://app.example.org,http://localhost:5173")],
    ["an empty variable", variable("")],
    ["a variable in JSON", variable('["*"]')],
  ])("finds %s", (_, resource) => {
    expect(found(corsExplicit, resource as Resources)).toHaveLength(1);
  });

  test.each([
    ["origins that are written out", cors(["https://app.example.org", "https://localhost.example.org"])],
    ["an expression", cors(["https://${aws_route53_record.app.name}"])],
    [
      "the origins of CloudFront, which are no CORS",
      { aws_cloudfront_distribution: { it: { origin: [{ origin: "*" }] } } },
    ],
    ["a variable", variable("https://app.example.org https://admin.example.org")],
  ])("lets %s pass", (_, resource) => {
    expect(found(corsExplicit, resource as Resources)).toEqual([]);
  });
});

describe("TLS on every public listener", () => {
  const listener = (attributes: Record<string, unknown>, balancer: Record<string, unknown> = {}) => ({
    aws_lb: { web: balancer },
    aws_lb_listener: { it: { load_balancer_arn: "${aws_lb.web.arn}", ...attributes } },
  });
  const redirect = [{ type: "redirect", redirect: { protocol: "HTTPS", status_code: "HTTP_301" } }];
  const modern = "ELBSecurityPolicy-TLS13-1-2-2021-06";

  test.each([
    ["HTTP", listener({ protocol: "HTTP", default_action: [{ type: "forward" }] })],
    [
      "HTTP that redirects to HTTP",
      listener({ protocol: "HTTP", default_action: [{ type: "redirect", redirect: { protocol: "HTTP" } }] }),
    ],
    ["HTTPS with the policy that AWS takes", listener({ protocol: "HTTPS" })],
    ["HTTPS with an old policy", listener({ protocol: "HTTPS", ssl_policy: "ELBSecurityPolicy-2016-08" })],
    ["HTTPS with TLS 1.0 and 1.3", listener({ protocol: "HTTPS", ssl_policy: "ELBSecurityPolicy-TLS13-1-0-2021-06" })],
    ["TCP", listener({ protocol: "TCP" })],
    [
      "a listener whose balancer is elsewhere",
      { aws_lb_listener: { it: { load_balancer_arn: "arn:aws:x", protocol: "HTTP" } } },
    ],
    ["a classic balancer", { aws_elb: { it: { listener: [{ lb_protocol: "http" }] } } }],
    [
      "a distribution",
      { aws_cloudfront_distribution: { it: { default_cache_behavior: { viewer_protocol_policy: "allow-all" } } } },
    ],
    [
      "an old certificate policy",
      { aws_cloudfront_distribution: { it: { viewer_certificate: { minimum_protocol_version: "TLSv1" } } } },
    ],
    [
      "an HTTP proxy of Google",
      { google_compute_target_http_proxy: { it: { url_map: "${google_compute_url_map.m.id}" } } },
    ],
    ["an ingress", { kubernetes_ingress_v1: { it: { spec: [{ rule: [] }] } } }],
    ["a domain of API Gateway", { aws_api_gateway_domain_name: { it: {} } }],
  ])("finds %s", (_, resource) => {
    expect(found(tlsOnListeners, resource as Resources)).toHaveLength(1);
  });

  test.each([
    ["HTTPS", listener({ protocol: "HTTPS", ssl_policy: modern })],
    ["TLS", listener({ protocol: "TLS", ssl_policy: modern })],
    ["a redirect to HTTPS", listener({ protocol: "HTTP", default_action: redirect })],
    ["an internal balancer", listener({ protocol: "HTTP" }, { internal: true })],
    [
      "a redirect of Google",
      {
        google_compute_url_map: { m: { default_url_redirect: { https_redirect: true } } },
        google_compute_target_http_proxy: { it: { url_map: "${google_compute_url_map.m.id}" } },
      },
    ],
    ["an ingress with a certificate", { kubernetes_ingress_v1: { it: { spec: [{ tls: [{ secret_name: "web" }] }] } } }],
  ])("lets %s pass", (_, resource) => {
    expect(found(tlsOnListeners, resource as Resources)).toEqual([]);
  });
});

describe("every service is alarmed", () => {
  const service = {
    aws_ecs_service: { web: { name: "web", load_balancer: [{ target_group_arn: "${aws_lb_target_group.tg.arn}" }] } },
  };
  const group = { aws_lb_target_group: { tg: {} } };
  const alarm = (attributes: Record<string, unknown>) => ({
    aws_cloudwatch_metric_alarm: { a: { alarm_actions: ["${aws_sns_topic.t.arn}"], ...attributes } },
  });

  test.each([
    ["without an alarm", service],
    [
      "with an alarm about another one",
      { ...service, ...alarm({ dimensions: { ServiceName: "${aws_ecs_service.web2.name}" } }) },
    ],
    [
      "with an alarm that nobody hears",
      { ...service, ...alarm({ alarm_actions: [], dimensions: { ServiceName: "web" } }) },
    ],
    [
      "with an alarm that is off",
      { ...service, ...alarm({ actions_enabled: false, dimensions: { ServiceName: "web" } }) },
    ],
  ])("a service %s is found", (_, resource) => {
    expect(found(servicesAlarmed, resource as Resources)).toEqual(["aws_ecs_service.web"]);
  });

  test.each([
    ["by reference", { ...service, ...alarm({ dimensions: { ServiceName: "${aws_ecs_service.web.name}" } }) }],
    ["by name", { ...service, ...alarm({ dimensions: { ServiceName: "web" } }) }],
    [
      "through its target group",
      { ...service, ...group, ...alarm({ dimensions: { TargetGroup: "${aws_lb_target_group.tg.arn_suffix}" } }) },
    ],
    [
      "in Google's way",
      {
        google_cloud_run_v2_service: { api: { name: "api" } },
        google_monitoring_alert_policy: {
          p: {
            notification_channels: ["c"],
            conditions: [{ condition_threshold: { filter: 'service_name="${google_cloud_run_v2_service.api.name}"' } }],
          },
        },
      },
    ],
  ])("a service that is alarmed %s passes", (_, resource) => {
    expect(found(servicesAlarmed, resource as Resources)).toEqual([]);
  });
});

describe("everything that keeps data is backed up", () => {
  const database = { aws_db_instance: { it: { tags: { Backup: "daily" } } } };
  const selection = (attributes: Record<string, unknown>) => ({ ...database, aws_backup_selection: { s: attributes } });

  test.each([
    ["a database without backups", database],
    ["a database that turned them off", { aws_db_instance: { it: { backup_retention_period: 0 } } }],
    ["a volume", { aws_ebs_volume: { it: {} } }],
    ["a table without recovery", { aws_dynamodb_table: { it: { point_in_time_recovery: { enabled: false } } } }],
    ["a bucket without versions", { aws_s3_bucket: { it: {} } }],
    ["an instance of Cloud SQL", { google_sql_database_instance: { it: { settings: [{ tier: "x" }] } } }],
    ["one of which a selection names another", selection({ resources: ["${aws_db_instance.it2.arn}"] })],
    ["one that a selection excludes", selection({ resources: ["*"], not_resources: ["${aws_db_instance.it.arn}"] })],
    ["one with another tag", selection({ selection_tag: [{ type: "STRINGEQUALS", key: "Backup", value: "weekly" }] })],
  ])("finds %s", (_, resource) => {
    expect(found(statefulBackedUp, resource as Resources)).toHaveLength(1);
  });

  test.each([
    ["its own backups", { aws_db_instance: { it: { backup_retention_period: 7 } } }],
    ["a selection by name", selection({ resources: ["${aws_db_instance.it.arn}"] })],
    ["a selection by tag", selection({ selection_tag: [{ type: "STRINGEQUALS", key: "Backup", value: "daily" }] })],
    ["versions", { aws_s3_bucket: { it: {} }, aws_s3_bucket_versioning: { v: { bucket: "${aws_s3_bucket.it.id}" } } }],
    ["a memcached, which keeps nothing", { aws_elasticache_cluster: { it: { engine: "memcached" } } }],
    [
      "Cloud SQL",
      { google_sql_database_instance: { it: { settings: [{ backup_configuration: [{ enabled: true }] }] } } },
    ],
    [
      "a policy of EFS",
      {
        aws_efs_file_system: { it: {} },
        aws_efs_backup_policy: {
          p: { file_system_id: "${aws_efs_file_system.it.id}", backup_policy: { status: "ENABLED" } },
        },
      },
    ],
  ])("lets %s pass", (_, resource) => {
    expect(found(statefulBackedUp, resource as Resources)).toEqual([]);
  });
});

describe("every step has a way back or a reason", () => {
  const step = (program: unknown, attributes: Record<string, unknown> = {}) => ({
    sterna_step: { it: { program: JSON.stringify(program), ...attributes } },
  });

  test.each([
    ["sql without down", step({ kind: "sql", up: "x" })],
    ["an empty reason", step({ kind: "sql", up: "x" }, { irreversible: " " })],
    ["what is no program", step({ up: "x", down: "y" })],
  ])("finds %s", (_, resource) => {
    expect(said(stepsReversible, resource)).toMatch(/^StepWithoutWayBack: /);
  });

  test.each([
    ["down", step({ kind: "command", up: "x", down: "y" })],
    ["a reason", step({ kind: "sql", up: "x" }, { irreversible: "The old rows are gone" })],
    ["a kind that undoes itself", step({ kind: "documents", directory: "a", table: "b" })],
    ["a kind that changes nothing", step({ kind: "http", url: "https://example.org" })],
  ])("lets %s pass", (_, resource) => {
    expect(found(stepsReversible, resource)).toEqual([]);
  });
});
