import { describe, expect, it } from "@jest/globals";
import { recordedChanges, type ApplyRecord, type RecordedStep } from "../../../lib/promotion/records/apply-record";
import { summarizePlan } from "../../../lib/promotion/plan/plan-summary";
import { compareChanges, type ProofVerdicts } from "../../../lib/promotion/proof/compare-changes";
import { DeclaredDifferences } from "../../../lib/promotion/plan/fingerprint";
import {
  ConfiguredExpressions,
  type ConfigurationContext,
  type FileContent,
  type ReferencedFiles,
  type StackConfiguration,
} from "../../../lib/promotion/plan/expressions";
import { keptChanges, ProvingHistory } from "../../../lib/promotion/proof/proving-history";
import { stepAttributes } from "../../../lib/promotion/plan/step-change";
import { plan, resource, step } from "./plan";

const KNOWLEDGE = { isEffectless: () => false, adopted: new Set<string>() };

interface Side {
  readonly configuration: StackConfiguration;
  readonly context?: ConfigurationContext;
  /** Changes of the plan. @default - `x_queue.a` is made, with an unknown policy */
  readonly changes?: readonly object[];
}

const unknownPolicy = resource("x_queue.a", ["create"], { after: { size: 1 }, after_unknown: { policy: true } });

function read(environment: string, { configuration, context, changes = [unknownPolicy] }: Side) {
  const differences = new DeclaredDifferences({ ENVIRONMENT: environment });
  return {
    plan: plan(changes, {}, { differences, fingerprints: () => true }),
    configured: new ConfiguredExpressions(configuration, differences, context),
  };
}

function record(environment: string, side: Side, release = "1.0.0", steps: readonly RecordedStep[] = []): ApplyRecord {
  const { plan: made, configured } = read(environment, side);
  const changes = recordedChanges(made, configured);
  return { release, result: "applied", changes, steps } as unknown as ApplyRecord;
}

function verdicts(there: ApplyRecord | Side, here: Side, own: readonly ApplyRecord[] = []): ProofVerdicts {
  const records = ["configuration" in there ? record("staging", there) : there];
  const made = read("production", here);
  const { steps, rollbacks } = summarizePlan(made.plan, KNOWLEDGE);
  const back =
    own.length === 0
      ? undefined
      : {
          environment: "production",
          older: new ProvingHistory(own, { to: "1.0.0" }),
          all: ProvingHistory.ofAll(own, "1.0.0"),
        };
  const history = new ProvingHistory(records, { to: "1.0.0" });
  return compareChanges({ from: "staging", history, steps: [...steps, ...rollbacks], back, free: [], ...made });
}

/** Class of `x_queue.a`, and what differs. */
function judged(there: Side, here: Side): string {
  const { class: found, attributes } = verdicts(there, here).resources.get("x_queue.a")!;
  return [found, ...attributes].join(" ");
}

const queue = (block: object, rest: object = {}): Side => ({
  configuration: { resource: { x_queue: { a: { size: 1, ...block } } }, ...rest },
});

const contents = (texts: Readonly<Record<string, string>>): ReferencedFiles => {
  const of = (path: string): FileContent | undefined => {
    const text = texts[path.replace(/^\.\//, "")];
    return text === undefined ? undefined : { raw: text, rest: text };
  };
  return {
    of,
    all: () => new Map(Object.keys(texts).map((name) => [name, of(name)!])),
    module: (name) => of(`module.${name}`),
    others: () => undefined,
  };
};

describe("a change is proven only by the whole block", () => {
  const command = { provisioner: [{ "local-exec": { command: "echo ${self.id}" } }] };

  it.each([
    ["a provisioner", "provisioner", command, { provisioner: [{ "local-exec": { command: "id" } }] }],
    ["a connection", "connection", { connection: { host: "a" } }, { connection: { host: "b" } }],
    ["the lifecycle", "lifecycle", { lifecycle: { prevent_destroy: true } }, { lifecycle: { prevent_destroy: false } }],
    ["what it depends on", "depends_on", { depends_on: ["x.a"] }, { depends_on: ["x.b"] }],
    ["the count", "count", { count: 2 }, { count: 3 }],
    ["the instances", "for_each", { for_each: '${toset(["a"])}' }, { for_each: '${toset(["b"])}' }],
    ["the provider", "provider", { provider: "x.here" }, { provider: "x.elsewhere" }],
  ])("that says another thing of %s, adds it or leaves it out", (_title, key, block, other) => {
    expect(judged(queue(block), queue(block))).toBe("PROVEN");
    expect(judged(queue(block), queue(other))).toBe(`DIFFERS ${key}`);
    expect(judged(queue({}), queue(block))).toBe(`DIFFERS ${key}`);
    expect(judged(queue(block), queue({}))).toBe(`DIFFERS ${key}`);
  });

  it("with the declared differences taken out, also of numbers, names and lists in another order", () => {
    const of = (environment: string) =>
      queue({
        depends_on: environment === "staging" ? ["x.a", "x.b"] : ["x.b", "x.a"],
        lifecycle: { x: [`shop-${environment}`] },
      });

    expect(judged(of("staging"), of("production"))).toBe("PROVEN");
  });

  it("and by the configuration of its provider, also of the one that nothing names", () => {
    const of = (region: string) => queue({}, { provider: { x: [{ region }, { alias: "other", region: "far" }] } });

    expect(judged(of("near"), of("near"))).toBe("PROVEN");
    expect(judged(of("staging-1"), of("production-1"))).toBe("PROVEN");
    expect(judged(of("near"), of("far"))).toBe("DIFFERS provider");
  });

  it("and by the contents of files, not by their paths", () => {
    const of = (block: object, files: Record<string, string>): Side => ({
      ...queue(block),
      context: { files: contents(files) },
    });
    const source = { source: "asset.txt" };

    expect(judged(of(source, { "asset.txt": "1" }), of(source, { "asset.txt": "1" }))).toBe("PROVEN");
    expect(judged(of(source, { "asset.txt": "1" }), of(source, { "asset.txt": "2" }))).toBe('DIFFERS file "asset.txt"');
    expect(judged(of(command, { "lib.sh": "1" }), of(command, { "lib.sh": "2" }))).toMatch('DIFFERS file "lib.sh"');
    // Nothing names it, and nothing runs that could read it.
    expect(judged(of(source, { "lib.sh": "1" }), of(source, { "lib.sh": "2" }))).toBe("PROVEN");
  });

  it("is not taken from a record that says nothing of the configuration", () => {
    const made = read("staging", queue({}));
    const old = {
      release: "1.0.0",
      result: "applied",
      changes: recordedChanges(made.plan),
      steps: [],
    } as unknown as ApplyRecord;

    expect(verdicts(old, queue({})).resources.get("x_queue.a")).toMatchObject({
      class: "DIFFERS",
      attributes: ["configuration"],
    });
  });
});

describe("a value that both environments learn from their apply", () => {
  const policy = "${local.policy}";
  const locals = (effect: string) => ({
    locals: { policy: `\${jsonencode({ Effect = "${effect}", Id = x_group.main.id })}` },
  });

  it("is proven by what its locals, data sources, variables and modules say, and by nothing less", () => {
    expect(judged(queue({ policy }, locals("Deny")), queue({ policy }, locals("Deny")))).toBe("PROVEN");
    expect(judged(queue({ policy }, locals("Deny")), queue({ policy }, locals("Allow")))).toBe("DIFFERS policy");
    expect(judged(queue({}), queue({ policy }, locals("Deny")))).toBe("DIFFERS policy");
    expect(judged(queue({ policy }, locals("Deny")), queue({}))).toBe("DIFFERS policy");
    const data = (effect: string) =>
      queue({ policy: "${data.x_policy.a.json}" }, { data: { x_policy: { a: { effect, id: "${x_group.main.id}" } } } });
    expect(judged(data("Deny"), data("Deny"))).toBe("PROVEN");
    expect(judged(data("Deny"), data("Allow"))).toBe("DIFFERS policy");
    const variable = (who: string): Side => ({
      ...queue({ policy: "${var.who}-${x_group.main.id}" }),
      context: { variables: new Map([["who", who]]) },
    });
    expect(judged(variable("ops"), variable("ops"))).toBe("PROVEN");
    expect(judged(variable("ops"), variable("root"))).toBe("DIFFERS policy");
    const module = (source: string): Side => ({
      ...queue({ policy: "${module.m.policy}" }, { module: { m: { source: "./m" } } }),
      context: { files: contents({ "module.m": source }) },
    });
    expect(judged(module("1"), module("1"))).toBe("PROVEN");
    expect(judged(module("1"), module("2"))).toBe("DIFFERS policy");
  });

  it("differs where what it names cannot be found", () => {
    for (const text of ["${local.gone}", "${var.unknown}", "${module.gone.x}", '${file("gone")}-${x_group.main.id}']) {
      expect(judged(queue({ policy: text }), queue({ policy: text }))).toBe("DIFFERS policy");
    }
  });
});

describe("a sensitive value", () => {
  const changes = [
    resource("x_queue.a", ["create"], { after: { password: "canary" }, after_sensitive: { password: true } }),
  ];
  const secret = (password: string): Side => ({ ...queue({ password }), changes });

  it("is counted and named as not compared, and its expression counts where it names something", () => {
    expect(verdicts(secret("one"), secret("two")).resources.get("x_queue.a")).toMatchObject({
      class: "PROVEN",
      notCompared: ["password"],
    });
    expect(judged(secret("${var.one}"), secret("${var.one}"))).toBe("PROVEN");
    expect(judged(secret("${var.one}"), secret("${var.two}"))).toBe("DIFFERS password");
    expect(JSON.stringify(record("staging", secret("canary")))).not.toMatch(/canary|~/);
  });

  it("that no plan shows is not compared either, and leaving it out is a difference", () => {
    const only = (block: object) => queue(block);
    const found = verdicts(only({ password_wo: "one" }), only({ password_wo: "two" })).resources.get("x_queue.a");
    expect(found).toMatchObject({ class: "PROVEN", notCompared: ["password_wo"] });
    expect(judged(only({ password_wo: "one" }), only({}))).toBe("DIFFERS password_wo");
  });
});

describe("a step is proven by its order and arguments too", () => {
  const done = (values: object = {}, rest: object = {}): RecordedStep => ({
    ...{ id: "one", checksum: "a", release: "1.0.0", action: "run", status: "done" as const },
    ...{ attributes: stepAttributes({ release: "1.0.0", ...values }), ...rest },
  });
  const judgedStep = (recorded: RecordedStep, values: object, block: object = {}) => {
    const there = { release: "1.0.0", result: "applied", changes: [], steps: [recorded] } as unknown as ApplyRecord;
    const changes = [step("one", ["create"], { checksum: "a", ...values })];
    const found = verdicts(there, { configuration: { resource: { sterna_step: { one: block } } }, changes }).steps.get(
      "one",
    )!;
    return [found.class, ...found.attributes].join(" ");
  };

  it.each([
    ["after", ["zero"]],
    ["on_destroy", "refuse"],
    ["on_retry", "compensate"],
    ["on_stop", "finish"],
    ["phase", "contract"],
    ["timeout", 5],
    ["irreversible", "why"],
    ["variables", { MORE: "1" }],
  ])("of which %s is one", (name, value) => {
    expect(judgedStep(done({ [name]: value }), { [name]: value })).toBe("PROVEN");
    expect(judgedStep(done(), { [name]: value })).toBe(`DIFFERS ${name}`);
  });

  it("and by what Terraform's own arguments say of it", () => {
    expect(judgedStep(done(), {}, { provisioner: [{ "local-exec": { command: "id" } }] })).toBe("DIFFERS provisioner");
    expect(judgedStep(done(), { title: "another" })).toBe("PROVEN");
  });

  it("and not by a row that a person edited", () => {
    const repaired = { at: "2026-01-01T00:00:00Z", by: "ana", reason: "by hand" };

    expect(judgedStep(done({}, { action: "adopt", repaired }), {})).toBe("DIFFERS repaired");
    expect(judgedStep(done({}, { action: "describe", repaired }), {})).toBe("DIFFERS repaired");
  });

  it("and a step that leaves by the way back, or by the environment before, which undid it too", () => {
    const gone = (release: string) => ({ configuration: {}, changes: [step("one", ["delete"], {}, { release })] });
    const judgedRemoval = (steps: readonly RecordedStep[], release: string) => {
      const there = { release: "1.0.0", result: "applied", changes: [], steps } as unknown as ApplyRecord;
      return verdicts(there, gone(release)).rollbacks.get("one")!.class;
    };

    expect(judgedRemoval([], "1.1.0")).toBe("PROVEN");
    expect(judgedRemoval([done()], "1.0.0")).toBe("DIFFERS");
    expect(judgedRemoval([], "1.0.0")).toBe("ONLY-HERE");
    expect(judgedRemoval([done(), { ...done(), action: "roll-back" }], "1.0.0")).toBe("PROVEN");
  });
});

describe("on the way back", () => {
  const at = (size: number, actions: readonly string[] = ["update"], block: object = {}): Side => ({
    configuration: { resource: { x_queue: { a: { size, ...block } } } },
    changes: [
      resource("x_queue.a", actions, { before: { size: 9 }, after: actions[0] === "delete" ? null : { size } }),
    ],
  });
  const nothing = { release: "1.0.0", result: "applied", changes: [], steps: [] } as unknown as ApplyRecord;
  const back = (own: readonly ApplyRecord[], here: Side) =>
    verdicts(nothing, here, own).resources.get("x_queue.a")!.class;
  const made = record("production", at(1, ["create"]), "1.0.0");
  const raised = record("production", at(2), "1.1.0");

  it("a resource may become what production's own records of the older release say, and nothing else", () => {
    expect(back([made, raised], at(1))).toBe("PROVEN");
    expect(back([made, raised], at(3))).toBe("ONLY-HERE");
    expect(back([made, raised], at(1, ["update"], { provisioner: [{ "local-exec": { command: "id" } }] }))).toBe(
      "ONLY-HERE",
    );
  });

  it("a resource may go that a newer release brought, and no other", () => {
    const brought = record("production", at(1, ["create"]), "1.1.0");
    const gone = { ...at(1, ["delete"]), configuration: {} };

    expect(back([nothing, brought], gone)).toBe("PROVEN");
    expect(back([made, raised], gone)).toBe("ONLY-HERE");
    expect(back([nothing, raised], { ...at(1, ["create"]) })).toBe("ONLY-HERE");
  });
});

describe("a data source that the apply reads", () => {
  const depends_on = ["x_queue.a"];
  const reading = {
    ...resource("data.x_program.a", ["read"], { after_unknown: { result: true } }),
    ...{ mode: "data", type: "x_program" },
  };
  const side = (data: StackConfiguration["data"], files?: Record<string, string>): Side => ({
    configuration: { resource: { x_queue: { a: {} } }, data },
    changes: [reading],
    ...(files && { context: { files: fileStore(files) } }),
  });
  const fileStore = (files: Record<string, string>): ReferencedFiles => {
    const all = new Map(Object.entries(files).map(([name, text]) => [name, { raw: text, rest: text }]));
    return { of: (path) => all.get(path), all: () => all, module: () => undefined, others: () => undefined };
  };
  const staged = (there: Side): ApplyRecord => {
    const { plan: made, configured } = read("staging", there);
    const changes = keptChanges(made, configured, new ProvingHistory([], { to: "1.0.0" }));
    return { release: "1.0.0", result: "applied", changes, steps: [] } as unknown as ApplyRecord;
  };
  const judgedRead = (there: Side, here: Side) => {
    const { class: found, attributes } = verdicts(staged(there), here).resources.get("data.x_program.a")!;
    return [found, ...attributes].join(" ");
  };
  const program = (...words: string[]) => ({ x_program: { a: { program: words, depends_on } } });

  it("is proven where staging reads it by the same configuration, after the declared differences", () => {
    expect(judgedRead(side(program("id", "staging")), side(program("id", "production")))).toBe("PROVEN");
  });

  it.each<[string, Side]>([
    ["another argument", side(program("rm"))],
    ["another order", side({ x_program: { a: { program: ["id"] } } })],
    ["another provider", side({ x_program: { a: { program: ["id"], depends_on, provider: "x.elsewhere" } } })],
  ])("differs where production gives it %s", (_, here) => {
    expect(judgedRead(side(program("id")), here)).toMatch(/^DIFFERS /);
  });

  it("differs where a file that it names holds something else", () => {
    const there = side(program("sh", "run.sh"), { "run.sh": "id" });
    expect(judgedRead(there, side(program("sh", "run.sh"), { "run.sh": "rm" }))).toBe('DIFFERS file "run.sh"');
  });

  it("is only here where staging reads none, and what staging reads alone is not missing", () => {
    expect(judgedRead(side({}), side(program("id")))).toBe("ONLY-HERE");
    expect(verdicts(staged(side(program("id"))), { ...side({}), changes: [] }).missing).toEqual([]);
  });

  it("is not judged when it is the ledger, which each environment has for itself", () => {
    // GIVEN
    const ledger = { ...resource("data.sterna_ledger.ledger", ["read"]), mode: "data", type: "sterna_ledger" };
    const data = (system: string) => ({ sterna_ledger: { ledger: { system } } });

    // WHEN
    const { resources } = verdicts(staged(side(data("a"))), { ...side(data("b")), changes: [ledger] });

    // THEN
    expect(resources.size).toBe(0);
  });
});
