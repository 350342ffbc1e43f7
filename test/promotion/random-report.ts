import fc from "fast-check";
import type {
  AttributeChange,
  PromotionReport,
  ReportedProof,
  ReportedValue,
} from "../../lib/promotion/promotion-report";
import { SAMPLE_REPORT } from "./report/samples";

/** Texts that try to get out of whatever they are put into. */
const ATTACKS = [
  "<script>alert(1)</script>",
  "</code></li></ul></section><img src=x onerror=alert(1)>",
  "\"' onmouseover=alert(1) x='",
  "</style><style>*{display:none}",
  "--><!-- ",
  "]]>",
  "```\n# broken out\n```diff",
  "\n```\n\n</details>\n\n# broken out",
  "`` ` ``` `",
  "[x](https://evil.example) ![y](https://evil.example/y.png)",
  "@everyone #1 https://evil.example",
  "| a | b |\n|---|---|",
  "\u001b[2J\u001b]0;owned\u0007",
  "\r\rhidden",
  "\u202eevil\u2066",
  "~~~\n&lt;b&gt; &amp;amp;",
  "\ud800",
  "${x} {{y}} %{ if z }",
];

/** Any text, and those above. */
export const text = fc.oneof(
  fc.constantFrom(...ATTACKS),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const value: fc.Arbitrary<ReportedValue> = fc.oneof(
  fc
    .oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null))
    .map((value) => ({ kind: "known" as const, value })),
  fc.constantFrom<ReportedValue>({ kind: "absent" }, { kind: "sensitive" }, { kind: "unknown" }),
);
const attribute: fc.Arbitrary<AttributeChange> = fc.record({
  path: text,
  before: value,
  after: value,
  forcesReplacement: fc.boolean(),
});
const proof: fc.Arbitrary<ReportedProof> = fc.record(
  {
    class: fc.constantFrom("PROVEN" as const, "DIFFERS" as const, "ONLY-HERE" as const),
    reason: text,
    attributes: fc.array(text, { maxLength: 2 }),
    waiver: fc.record({ by: text, reason: text, expires: text }),
  },
  { requiredKeys: ["class", "reason", "attributes"] },
);

const attributes = fc.array(attribute, { maxLength: 3 });

const resource = fc.record(
  {
    address: text,
    type: text,
    action: fc.oneof(
      fc.constantFrom("create", "update", "delete", "replace", "forget", "read", "no-op", "create and forget"),
      text,
    ),
    createBeforeDestroy: fc.boolean(),
    actionReason: text,
    movedFrom: text,
    importId: text,
    deposed: text,
    stateful: fc.boolean(),
    attributes,
    proof,
  },
  { requiredKeys: ["address", "type", "action", "createBeforeDestroy", "stateful", "attributes"] },
);

const step = (...actions: string[]) =>
  fc.record(
    {
      id: text,
      address: text,
      action: fc.oneof(fc.constantFrom(...actions), text),
      release: text,
      title: text,
      after: fc.array(text, { maxLength: 2 }),
      preview: fc.array(text, { maxLength: 3 }),
      proof,
    },
    { requiredKeys: ["id", "address", "action", "release", "title", "after", "preview"] },
  );

const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 });

const unmarked: fc.Arbitrary<PromotionReport> = fc.record({
  version: fc.constant(1 as const),
  stack: text,
  system: text,
  environment: text,
  protected: fc.boolean(),
  chain: list(fc.record({ environment: text, release: text, applied: text, appliedAt: text, protected: fc.boolean() })),
  release: fc.record({ from: text, to: text }, { requiredKeys: ["to"] }),
  plannedAt: text,
  changes: fc.boolean(),
  allowed: fc.boolean(),
  summary: fc.constant(SAMPLE_REPORT.summary),
  resources: list(resource),
  steps: list(step("run", "retry", "adopt", "describe")),
  rollbacks: list(step("roll-back", "forget")),
  deferred: list(fc.record({ address: text, type: text, action: text, reason: text })),
  checks: list(fc.record({ address: text, status: text, problems: list(text) })),
  outputs: list(fc.record({ name: text, action: text, attributes })),
  drift: list(resource),
  proof: fc.record({
    environment: text,
    records: list(text),
    counts: fc.constant(SAMPLE_REPORT.proof!.counts),
    open: fc.nat(),
    missing: list(fc.record({ kind: fc.constantFrom("resource" as const, "step" as const), name: text, proof })),
    differences: list(text),
  }),
  gates: list(
    fc.record({
      id: text,
      title: text,
      stage: fc.constantFrom("synth" as const, "plan" as const, "apply" as const, "run" as const, "attested" as const),
      result: fc.constantFrom(
        "passed" as const,
        "refused" as const,
        "open" as const,
        "waived" as const,
        "pending" as const,
      ),
      code: text,
      detail: text,
    }),
  ),
  warnings: list(text),
  digest: text,
  parts: fc.dictionary(text, text, { maxKeys: 3 }),
  versions: fc.record({ sterna: text, terraform: text }),
});

/** A report, and a mark for each of its changes: it stands in the name of this change, and nowhere else. */
export interface MarkedReport {
  readonly report: PromotionReport;
  readonly marks: readonly string[];
}

/** Reports with hostile texts everywhere. */
export const markedReport: fc.Arbitrary<MarkedReport> = unmarked.map((report) => {
  const marks: string[] = [];
  const mark = (name: string): string => {
    // Between letters, so that no mark is a part of another one.
    const sign = `Qz${marks.length}zQ`;
    marks.push(sign);
    return `${sign}${name}`;
  };
  return {
    marks,
    report: {
      ...report,
      resources: report.resources.map((each) => ({ ...each, address: mark(each.address) })),
      steps: report.steps.map((each) => ({ ...each, id: mark(each.id) })),
      rollbacks: report.rollbacks.map((each) => ({ ...each, id: mark(each.id) })),
      deferred: report.deferred.map((each) => ({ ...each, address: mark(each.address) })),
      checks: report.checks.map((each) => ({ ...each, address: mark(each.address) })),
      outputs: report.outputs.map((each) => ({ ...each, name: mark(each.name) })),
      drift: report.drift.map((each) => ({ ...each, address: mark(each.address) })),
      gates: report.gates.map((each) => ({ ...each, id: mark(each.id) })),
      warnings: report.warnings.map(mark),
      proof: report.proof && {
        ...report.proof,
        missing: report.proof.missing.map((each) => ({ ...each, name: mark(each.name) })),
      },
    },
  };
});
