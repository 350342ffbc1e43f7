import type { Overview } from "../../../lib/promotion/report/overview";
import type {
  AttributeChange,
  PromotionReport,
  ReportedProof,
  ReportedResource,
  ReportedStep,
} from "../../../lib/promotion/promotion-report";

const DIGEST = "4f0c1c2bb0a5d4bb8ed0b5a6cf0f6c0f0a3f3f6f6c4d0e1d9e8b7a6c5d4e3f2a";
const PROVEN: ReportedProof = { class: "PROVEN", reason: "as applied in staging", attributes: [] };

function changed(path: string, before: unknown, after: unknown): AttributeChange {
  const side = (value: unknown): AttributeChange["before"] =>
    value === undefined ? { kind: "absent" } : { kind: "known", value: value as string };
  return { path, before: side(before), after: side(after), forcesReplacement: false };
}

function resource(address: string, action: string, rest: Partial<ReportedResource> = {}): ReportedResource {
  const type = address.split(".")[0]!;
  return { address, type, action, createBeforeDestroy: false, stateful: false, attributes: [], proof: PROVEN, ...rest };
}

function step(id: string, action: string, rest: Partial<ReportedStep> = {}): ReportedStep {
  return {
    id,
    address: `sterna_step.${id}`,
    action,
    release: "2.0.0",
    title: `Title of ${id}`,
    after: [],
    preview: [],
    proof: PROVEN,
    ...rest,
  };
}

/** A refused promotion to production in which there is one of everything. */
export const SAMPLE_REPORT: PromotionReport = {
  version: 1,
  stack: "shop-production",
  system: "shop",
  environment: "production",
  protected: true,
  previousEnvironment: "staging",
  chain: [
    {
      environment: "development",
      release: "2.1.0",
      applied: "2.1.0",
      appliedAt: "2026-05-04T08:00:00Z",
      protected: false,
    },
    { environment: "staging", release: "2.0.0", applied: "2.0.0", appliedAt: "2026-05-02T08:00:00Z", protected: false },
    {
      environment: "production",
      release: "2.0.0",
      applied: "1.4.0",
      appliedAt: "2026-03-01T08:00:00Z",
      protected: true,
    },
  ],
  release: { from: "1.4.0", to: "2.0.0" },
  plannedAt: "2026-05-05T09:30:00Z",
  changes: true,
  allowed: false,
  summary: {
    add: 2,
    change: 2,
    destroy: 2,
    import: 1,
    move: 1,
    forget: 1,
    defer: 2,
    invoke: 1,
    steps: 2,
    rollbacks: 1,
    outputs: 1,
    drift: 1,
    statefulDestroys: 1,
  },
  resources: [
    resource("aws_db_instance.orders", "replace", {
      stateful: true,
      actionReason: "replace_because_cannot_update",
      attributes: [
        { ...changed("storage_encrypted", false, true), forcesReplacement: true },
        {
          path: "endpoint",
          before: { kind: "known", value: "orders.internal:5432" },
          after: { kind: "unknown" },
          forcesReplacement: false,
        },
        { path: "password", before: { kind: "sensitive" }, after: { kind: "sensitive" }, forcesReplacement: false },
      ],
      proof: { class: "DIFFERS", reason: "another value was applied in staging", attributes: ["storage_encrypted"] },
    }),
    resource("aws_s3_bucket.media", "create", { attributes: [changed("bucket", undefined, "shop-production-media")] }),
    resource("aws_ecs_service.web", "update", {
      attributes: [changed("desired_count", 2, 4), changed('tags["shop:release"]', "1.4.0", "2.0.0")],
    }),
    resource("aws_iam_policy.upload", "update", {
      attributes: [
        changed(
          "policy",
          '{"Version":"2012-10-17","Statement":[]}',
          `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::shop-production-media/*"}]}`,
        ),
      ],
      proof: {
        class: "ONLY-HERE",
        reason: "never applied in staging",
        attributes: [],
        waiver: { by: "Ada Lovelace", reason: "staging has no uploads", expires: "2026-06-01" },
      },
    }),
    resource("aws_cloudwatch_log_group.old", "delete"),
    resource("aws_sqs_queue.mail", "no-op", { movedFrom: "aws_sqs_queue.mails" }),
    resource("aws_route53_record.www", "no-op", { importId: "Z123_www" }),
    resource("aws_instance.legacy", "forget"),
    resource("action.aws_lambda_invoke.warm (after create of aws_s3_bucket.media)", "invoke", {
      type: "aws_lambda_invoke",
      attributes: [changed("function_name", undefined, "warm")],
    }),
  ],
  steps: [
    step("backup-orders", "run", { preview: ["pg_dump orders → s3://shop-backups"] }),
    step("split-customer-name", "run", {
      after: ["backup-orders"],
      preview: [
        "ALTER TABLE customer ADD COLUMN given_name text;",
        "UPDATE customer SET given_name = split_part(name, ' ', 1);",
      ],
    }),
    step("create-schema", "adopt"),
  ],
  rollbacks: [
    step("experimental-index", "roll-back", { release: "2.1.0-beta", preview: ["DROP INDEX customer_name_idx;"] }),
  ],
  deferred: [
    { address: "aws_subnet.extra", type: "aws_subnet", action: "create", reason: "instance_count_unknown" },
    {
      address: "action.aws_sns_publish.done (asked for)",
      type: "aws_sns_publish",
      action: "invoke",
      reason: "unknown",
    },
  ],
  checks: [
    { address: "check.certificate", status: "fail", problems: ["the certificate ends in 3 days"] },
    { address: "aws_lb.web", status: "unknown", problems: [] },
  ],
  outputs: [
    { name: "url", action: "update", attributes: [changed("", "http://shop.example", "https://shop.example")] },
  ],
  drift: [
    resource("aws_security_group.web", "update", {
      attributes: [changed("ingress[0].port", 443, 22)],
      proof: undefined,
    }),
  ],
  proof: {
    environment: "staging",
    records: [DIGEST],
    counts: { PROVEN: 10, DIFFERS: 1, "ONLY-HERE": 1, MISSING: 1 },
    open: 2,
    missing: [
      {
        kind: "resource",
        name: "aws_sns_topic.alarms",
        proof: { class: "MISSING", reason: "applied in staging, and no part of this plan", attributes: [] },
      },
    ],
    differences: ["domain", "sizes"],
  },
  gates: [
    {
      id: "proof",
      title: "Staging proves every change",
      stage: "plan",
      result: "refused",
      code: "ChangesNotProved",
      detail: "2 changes are neither proven nor waived",
    },
    {
      id: "restore-drill",
      title: "Restore drill younger than 30 days",
      stage: "attested",
      result: "passed",
      detail: "attested by Ada 2026-05-01",
    },
    {
      id: "data-protection-officer",
      title: "The data protection officer agreed",
      stage: "attested",
      result: "open",
      code: "EvidenceMissing",
      detail: "it has not been attested. Attest what holds: `sterna attest shop production data-protection-officer`",
    },
    {
      id: "disk",
      title: "Room for the new table",
      stage: "run",
      result: "pending",
      detail: "asked right before split-customer-name",
    },
    {
      id: "load-test",
      title: "Load test",
      stage: "attested",
      result: "waived",
      detail: "no attestation",
      waiver: { by: "Ada Lovelace", reason: "read path unchanged", expires: "2026-06-01" },
    },
  ],
  warnings: ["Argument is deprecated\nUse the other one."],
  digest: DIGEST,
  parts: { "the plan file": DIGEST, "cdk.tf.json": DIGEST },
  versions: { sterna: "0.1.0", terraform: "1.11.4" },
};

const STEP_STATES = ["applied", "applied", "applied", "failed", "pending"];

/** Two systems: one in three environments with colors and backups, one that was never applied. */
export const SAMPLE_OVERVIEW: Overview = {
  version: 1,
  madeAt: "2026-05-05T09:30:00Z",
  sterna: "0.1.0",
  systems: [
    {
      system: "shop",
      environments: ["development", "staging", "production"].map((environment, order) => ({
        environment,
        protected: order === 2,
        release: ["2.1.0", "2.0.0", "2.0.0"][order]!,
        applied: ["2.1.0", "2.0.0", "1.4.0"][order]!,
        applies: [
          {
            finishedAt: "2026-05-02T08:00:00.123Z",
            release: "2.0.0",
            result: "applied",
            by: "ada",
            add: 3,
            change: 1,
            destroy: 0,
            steps: 2,
          },
          {
            finishedAt: "2026-05-01T08:00:00.123Z",
            release: "2.0.0",
            result: "failed",
            by: "ada",
            add: 0,
            change: 0,
            destroy: 0,
            steps: 1,
          },
        ],
        steps: STEP_STATES.slice(0, 5 - order).map((state, index) => ({
          id: `step-${index}`,
          title: `Step number ${index}`,
          release: "2.0.0",
          state,
          ...(state === "applied" ? { appliedAt: "2026-05-02T08:00:00Z" } : {}),
          ...(state === "failed" ? { error: "no space left on device" } : {}),
        })),
        unreadable: order === 1 ? ["RecordsUnreachable: the bucket does not answer"] : [],
        ...(order === 2
          ? {
              rollout: {
                phase: "canary",
                live: "blue",
                since: "2026-05-05T09:00:00Z",
                colors: [
                  { color: "blue" as const, release: "1.4.0", weight: 90 },
                  { color: "green" as const, release: "2.0.0", weight: 10 },
                ],
              },
            }
          : {}),
        backups: [{ name: "aws_backup_plan.daily (orders)", next: "2026-05-06T02:00:00Z", schedule: "At 02:00 AM" }],
      })),
    },
    {
      system: "mailer",
      environments: [
        {
          environment: "development",
          protected: false,
          release: "0.1.0",
          applies: [],
          steps: [],
          unreadable: [],
          backups: [],
        },
      ],
    },
  ],
};
