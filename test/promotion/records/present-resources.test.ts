import { describe, expect, it } from "@jest/globals";
import { recordedChanges, type RecordedChange } from "../../../lib/promotion/records/apply-record";
import { caughtUpChanges, type ConfiguredResources } from "../../../lib/promotion/records/present-resources";
import { compareChanges } from "../../../lib/promotion/proof/compare-changes";
import { DeclaredDifferences } from "../../../lib/promotion/plan/fingerprint";
import { ConfiguredExpressions } from "../../../lib/promotion/plan/expressions";
import { ProvingHistory } from "../../../lib/promotion/proof/proving-history";
import { plan, resource } from "../plan/plan";

const STAGING = new DeclaredDifferences({ ENVIRONMENT: "staging" });
const PRODUCTION = new DeclaredDifferences({ ENVIRONMENT: "production" });
const ALL = { fingerprints: () => true };

const bucket = (environment: string, rest: object = {}) => ({
  bucket: `shop-${environment}-logs`,
  tags: { team: "payments" },
  ...rest,
});
/** What staging's state holds, with what AWS answered. */
const HELD = bucket("staging", { id: "shop-staging-logs", arn: "arn:1", tags_all: { team: "payments" }, policy: null });
const configured = (environment: string, rest: object = {}): ConfiguredResources => ({
  aws_s3_bucket: { logs: [bucket(environment, rest)] } as never,
});

/** Records what staging holds, and sets production's plan beside it. */
function verdict(after: object, unknown: object, resources = configured("production"), held = configured("staging")) {
  const changes = catchUp([resource("aws_s3_bucket.logs", ["no-op"], { before: HELD, after: HELD })], held);
  const record = { release: "1.0.0", result: "applied", changes, steps: [] } as never;
  const production = plan(
    [resource("aws_s3_bucket.logs", ["create"], { after, after_unknown: unknown })],
    {},
    {
      differences: PRODUCTION,
    },
  );
  const verdicts = compareChanges({
    from: "staging",
    history: new ProvingHistory([record], { to: "1.0.0" }),
    plan: production,
    steps: [],
    free: [],
    configured: new ConfiguredExpressions({ resource: resources }, PRODUCTION),
  });
  return verdicts.resources.get("aws_s3_bucket.logs");
}

function catchUp(changes: object[], resources: ConfiguredResources, recorded: RecordedChange[] = []) {
  return caughtUpChanges(
    plan(changes, {}, { differences: STAGING, ...ALL }),
    { resources, expressions: new ConfiguredExpressions({ resource: resources }, STAGING), differences: STAGING },
    recorded,
  );
}

describe("what a catch-up records", () => {
  const learned = { id: true, arn: true, tags_all: {}, policy: true };

  it("proves a creation whose computed attributes are not known yet, also those that are empty there", () => {
    const after = bucket("production", { tags_all: { team: "payments" } });

    expect(verdict(after, learned)).toMatchObject({ class: "PROVEN" });
  });

  it("proves a creation that learns an object as a whole", () => {
    const held = { ...HELD, output: { name: "a", tags: ["x"] } };
    const changes = catchUp(
      [resource("aws_s3_bucket.logs", ["no-op"], { before: held, after: held })],
      configured("staging"),
    );

    expect(changes[0]!.fingerprint).toMatchObject({ output: "unknown", "output.tags": "unknown" });
    expect(changes[0]!.fingerprint.tags).toBeUndefined();
  });

  it("proves nothing that is configured to be another value", () => {
    const after = bucket("production", { tags: { team: "other" }, tags_all: { team: "other" } });

    expect(verdict(after, learned)).toMatchObject({ class: "DIFFERS", attributes: ["tags.team", "tags_all.team"] });
  });

  it("does not take a literal there for one that only the apply knows here", () => {
    expect(verdict({ tags: { team: "payments" } }, { ...learned, bucket: true })).toMatchObject({
      class: "DIFFERS",
      attributes: ["bucket"],
    });
  });

  it("proves a known value by the expression that staging learned another value from", () => {
    // GIVEN both name the same resource, whose id is another one in each environment
    const policy = { policy: "${aws_iam_policy.logs.arn}" };
    const held = { ...HELD, policy: "arn:1" };
    const resources = configured("staging", policy);
    const changes = catchUp([resource("aws_s3_bucket.logs", ["no-op"], { before: held, after: held })], resources);
    const history = new ProvingHistory([{ release: "1.0.0", result: "applied", changes, steps: [] } as never], {
      to: "1.0.0",
    });
    const after = bucket("production", { policy: "arn:2", tags_all: { team: "payments" } });
    const compare = (here: ConfiguredResources) =>
      compareChanges({
        ...{ from: "staging", history, steps: [], free: [] },
        plan: plan(
          [resource("aws_s3_bucket.logs", ["create"], { after, after_unknown: { id: true, arn: true } })],
          {},
          {
            differences: PRODUCTION,
          },
        ),
        configured: new ConfiguredExpressions({ resource: here }, PRODUCTION),
      }).resources.get("aws_s3_bucket.logs");

    // THEN
    expect(compare(configured("production", policy))).toMatchObject({ class: "PROVEN" });
    expect(compare(configured("production", { policy: "arn:2" }))).toMatchObject({ class: "DIFFERS" });
  });

  it("is nothing where the records tell of it, and what changed or went since", () => {
    // GIVEN
    const gone = { name: "aws_s3_bucket.gone", action: "create", fingerprint: {} };
    const created = plan(
      [resource("aws_s3_bucket.logs", ["create"], { after: bucket("staging"), after_unknown: learned })],
      {},
      {
        differences: STAGING,
      },
    );
    const recorded = [...recordedChanges(created), gone];
    const there = (state: object) => [resource("aws_s3_bucket.logs", ["no-op"], { before: state, after: state })];

    // THEN
    expect(catchUp(there(HELD), configured("staging"), recorded)).toEqual([
      { name: "aws_s3_bucket.gone", action: "delete", fingerprint: {} },
    ]);
    const edited = { ...HELD, tags: { team: "other" } };
    expect(catchUp(there(edited), configured("staging", { tags: { team: "other" } }), [recorded[0]!])).toMatchObject([
      { name: "aws_s3_bucket.logs", action: "found" },
    ]);
  });

  it("holds no value", () => {
    const secret = { ...HELD, password: "hunter2" };
    const changes = catchUp(
      [
        resource("aws_s3_bucket.logs", ["no-op"], {
          before: secret,
          after: secret,
          after_sensitive: { password: true },
        }),
      ],
      configured("staging"),
    );

    expect(JSON.stringify(changes)).not.toMatch(/hunter2|payments|arn:1/);
    expect(changes[0]!.fingerprint.password).toBe("sensitive unknown");
  });

  it("holds no digest of a secret that the configuration writes out", () => {
    const secret = { ...HELD, password: "hunter2" };
    const changes = catchUp(
      [
        resource("aws_s3_bucket.logs", ["no-op"], {
          before: secret,
          after: secret,
          after_sensitive: { password: true },
        }),
      ],
      configured("staging", { password: "hunter2" }),
    );

    expect(changes[0]!.fingerprint.password).toBe("sensitive unknown");
    expect(changes[0]!.expressions!.password).toBe("=");
  });
});
