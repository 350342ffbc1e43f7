import { describe, expect, it } from "@jest/globals";
import { recordedChanges, type ApplyRecord } from "../../../lib/promotion/records/apply-record";
import { compareChanges } from "../../../lib/promotion/proof/compare-changes";
import { DeclaredDifferences } from "../../../lib/promotion/plan/fingerprint";
import { ConfiguredExpressions } from "../../../lib/promotion/plan/expressions";
import { ProvingHistory } from "../../../lib/promotion/proof/proving-history";
import { plan, resource } from "./plan";

const ENVIRONMENTS = {
  staging: new DeclaredDifferences({ ENVIRONMENT: "staging" }),
  production: new DeclaredDifferences({ ENVIRONMENT: "production" }),
};

/** A value of `x_rule.a` in one environment: how it is configured, and what the plan knows of it. */
interface Side {
  readonly configured?: unknown;
  /** Nothing while it is known only after the apply. */
  readonly known?: unknown;
}

function read(environment: keyof typeof ENVIRONMENTS, { configured, known }: Side) {
  const change = known === undefined ? { after: {}, after_unknown: { to: true } } : { after: { to: known } };
  const differences = ENVIRONMENTS[environment];
  const block = configured === undefined ? {} : { to: configured };
  return {
    plan: plan([resource("x_rule.a", ["create"], change)], {}, { differences, fingerprints: () => true }),
    configured: new ConfiguredExpressions({ resource: { x_rule: { a: block } } }, differences),
  };
}

/** What a plan of production is called beside an apply of staging. */
function judge(there: Side, here: Side) {
  const staging = read("staging", there);
  const changes = recordedChanges(staging.plan, staging.configured);
  const record = { release: "1.0.0", result: "applied", changes, steps: [] } as unknown as ApplyRecord;
  const history = new ProvingHistory([record], { to: "1.0.0" });
  const verdicts = compareChanges({ from: "staging", history, steps: [], free: [], ...read("production", here) });
  return verdicts.resources.get("x_rule.a")!;
}

const SAME = "${x_group.main.id}";

describe("a value that only one environment knows before its apply", () => {
  it.each([
    ["is unknown in staging", {}, { known: "g-2" }],
    ["is unknown in staging, and a list here", {}, { known: [{ id: "g-2" }] }],
    ["is unknown here", { known: "g-1" }, {}],
  ])("is proven by the same expression over other resources where it %s", (_title, there, here) => {
    const called = (configured?: unknown, other = configured) =>
      judge({ configured, ...there }, { configured: other, ...here }).class;

    expect(called(SAME)).toBe("PROVEN");
    expect(called({ id: [`staging: ${SAME}`] }, { id: [`production: ${SAME}`] })).toBe("PROVEN");
    expect(called(SAME, "${x_group.other.id}")).toBe("DIFFERS");
    expect(called(SAME, "${x_group.main.id}-2")).toBe("DIFFERS");
    expect(called(SAME, "g-2")).toBe("DIFFERS");
    expect(called()).toBe("DIFFERS");
  });

  it.each([
    "${var.group}",
    "${local.group_ids[x_group.main.id]}",
    "${data.x_group.main.id}",
    "${module.groups.main_id}",
    '${file("group")}${x_group.main.id}',
    "${uuid()}${x_group.main.id}",
    "${timestamp()}",
    "${x_group.main.id}-${each.value}",
    "${x_group.main.id}-${each.value.name}",
    '${x_group.main.id}-${each.value["name"]}',
    '${x_group.main.id}-${lookup(each.value, "name")}',
    '${each.value == "a" ? x_group.main.id : x_group.other.id}',
    "${var . group}-${x_group.main.id}",
    "${ephemeral.x_group.main.id}-${x_group.main.id}",
    '${templatefile("rule.tftpl", { id = x_group.main.id })}',
    '${pathexpand("~")}${x_group.main.id}',
    "${provider::x::parse(x_group.main.id)}",
    "no expression at all",
  ])("is not proven by %s, which need not be the same in both", (configured) => {
    expect(judge({ configured }, { configured, known: "g-2" }).class).toBe("DIFFERS");
    expect(judge({ configured, known: "g-1" }, { configured }).class).toBe("DIFFERS");
  });
});

describe("a value that both environments learn from their apply", () => {
  it("is proven unless the configurations say that it is another one", () => {
    expect(judge({ configured: SAME }, { configured: SAME }).class).toBe("PROVEN");
    // The provider computes it.
    expect(judge({}, {}).class).toBe("PROVEN");

    const other = judge({ configured: SAME }, { configured: "${x_group.other.id}" });

    expect(other).toMatchObject({ class: "DIFFERS", attributes: ["to"] });
    expect(other.reason).toMatch(/^known only after the apply, and configured otherwise than in staging: to; /);
  });
});

describe("the expressions of a configuration", () => {
  const expressions = new ConfiguredExpressions(
    { resource: { x_rule: { a: { "//": SAME, to: SAME, name: "canary" }, b: [{ to: SAME }] } } },
    ENVIRONMENTS.staging,
  );

  it("are those of attributes that name other resources, as digests", () => {
    expect(Object.keys(expressions.of("x_rule.a")!)).toEqual(["to"]);
    expect(expressions.of('x_rule.a["key"]')).toEqual(expressions.of("x_rule.a"));
    expect(expressions.of("x_rule.b")).toEqual(expressions.of("x_rule.a"));
    expect(JSON.stringify(expressions.of("x_rule.a"))).not.toMatch(/canary|x_group/);
  });

  it.each(["module.groups.x_rule.a", "x_rule.gone", "y.a"])("are not known for %s", (address) => {
    expect(expressions.of(address)).toBeUndefined();
  });
});
