import { describe, expect, it } from "@jest/globals";
import { Parser, type Node } from "commonmark";
import fc from "fast-check";
import pc from "picocolors";
import { promotionReport, type PromotionReport, type ReportedResource } from "../../lib/promotion/promotion-report";
import { formatOverview, OVERVIEW_FORMATS, REPORT_FORMATS } from "../../lib/promotion/format-report";
import { COMMENT_LIMIT, renderMarkdown } from "../../lib/promotion/report/markdown";
import { overview, type Overview } from "../../lib/promotion/report/overview";
import { formatReport } from "./format-report";
import { markedReport, text } from "./random-report";
import { SAMPLE_OVERVIEW, SAMPLE_REPORT } from "./report/samples";

// A report holds dozens of texts: fifty of them are thousands.
fc.configureGlobal({ numRuns: 50 });

const PLAIN = pc.createColors(false);
const ACTING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Names of the elements of a page that is written by a template, and of their attributes, in order. */
function skeletonOf(page: string): string[] {
  return [...page.matchAll(/<(\/?[a-z!][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([, name, attributes]) =>
      `${name} ${[...attributes!.matchAll(/([a-z-]+)(?:="[^"]*")?/g)]
        .map(([, each]) => each)
        .sort()
        .join(" ")}`,
  );
}

function occurrences(page: string, mark: string): number {
  return page.split(mark).length - 1;
}

/** The nodes of a Markdown text, by type. */
function nodesOf(markdown: string): Map<string, string[]> {
  const nodes = new Map<string, string[]>();
  const walker = new Parser().parse(markdown).walker();
  for (let event = walker.next(); event !== null; event = walker.next()) {
    const node: Node = event.node;
    if (event.entering) nodes.set(node.type, [...(nodes.get(node.type) ?? []), node.literal ?? ""]);
  }
  return nodes;
}

/** A report with that many changes of resources. */
function largeReport(size: number, change: Partial<ReportedResource> = {}): PromotionReport {
  const resources = Array.from({ length: size }, (_, index) => ({
    ...SAMPLE_REPORT.resources[2]!,
    address: `aws_ecs_service.web["${index}"]`,
    ...change,
  }));
  return { ...SAMPLE_REPORT, resources };
}

describe("a report", () => {
  it.each(REPORT_FORMATS)("holds each change exactly once as %s", (format) => {
    fc.assert(
      fc.property(markedReport, ({ report, marks }) => {
        // A report that leaves something out says so; that is another test.
        const written = format === "markdown" ? renderMarkdown(report, Infinity) : formatReport(report, format, PLAIN);

        expect(marks.filter((mark) => occurrences(written, mark) !== 1)).toEqual([]);
      }),
    );
  });

  it("is JSON that the schema takes, and the same report again", () => {
    fc.assert(
      fc.property(markedReport, ({ report }) => {
        const read: unknown = JSON.parse(formatReport(report, "json", PLAIN));

        expect(JSON.stringify(promotionReport.parse(read))).toBe(JSON.stringify(promotionReport.parse(report)));
      }),
    );
  });

  it("lets no value drive a terminal", () => {
    fc.assert(
      fc.property(markedReport, ({ report }) => {
        expect(formatReport(report, "text", PLAIN)).not.toMatch(ACTING);
      }),
    );
  });

  it("paints by what happens where there are colors", () => {
    const painted = formatReport(SAMPLE_REPORT, "text", pc.createColors(true));

    expect(painted).toContain("\u001b[32m+ aws_s3_bucket.media\u001b[39m");
    expect(painted).toContain("\u001b[31m± aws_db_instance.orders\u001b[39m");
  });

  it("shows what is at stake before anything else, and why a gate refuses", () => {
    const written = formatReport(SAMPLE_REPORT, "text", PLAIN);

    expect(written.indexOf("ChangesNotProved: 2 changes")).toBeLessThan(written.indexOf("aws_db_instance.orders"));
    expect(written.indexOf("aws_db_instance.orders")).toBeLessThan(written.indexOf("aws_s3_bucket.media"));
    expect(written).toContain("storage_encrypted: false → true  (forces replacement)");
    expect(written).toContain("password: (sensitive value) → (sensitive value)");
    expect(written).toContain('endpoint: "orders.internal:5432" → (known after apply)');
    expect(written).toContain("Waived by Ada Lovelace until 2026-06-01: staging has no uploads");
    expect(written).toMatch(/Refused: 1 gate says no\.\n$/);
  });
});

describe("a report as text", () => {
  const text = formatReport(SAMPLE_REPORT, "text", PLAIN);
  const lineOf = (name: string) =>
    text
      .split("\n")
      .find((line) => line.includes(name))
      ?.trim();

  it("says what happens to a resource that is moved, imported, forgotten or read, and to an action", () => {
    const [first] = SAMPLE_REPORT.resources;
    const odd = (change: Partial<ReportedResource>) => {
      const resource = { ...first!, stateful: false, proof: undefined, attributes: [], ...change };
      const report = { ...SAMPLE_REPORT, resources: [resource] };
      return formatReport(report, "text", PLAIN)
        .split("\n")
        .find((line) => line.includes("aws_db_instance.orders"))
        ?.trim();
    };

    expect(lineOf("aws_sqs_queue.mail ")).toBe("→ aws_sqs_queue.mail  (moved from aws_sqs_queue.mails)  PROVEN");
    expect(lineOf("aws_route53_record.www")).toBe("↓ aws_route53_record.www  (imported: Z123_www)  PROVEN");
    expect(lineOf("aws_instance.legacy")).toBe(
      ". aws_instance.legacy  (leaves the state; the object itself stays)  PROVEN",
    );
    expect(lineOf("aws_lambda_invoke.warm")).toMatch(/^! action\.aws_lambda_invoke\.warm .* {2}\(invoke\) {2}PROVEN$/);
    expect(odd({ action: "read" })).toBe(". aws_db_instance.orders  (read during the apply)");
    expect(odd({ action: "update", movedFrom: "x.y" })).toBe("~ aws_db_instance.orders  (update, moved from x.y)");
    expect(odd({ action: "no-op", importId: "" })).toBe(
      "↓ aws_db_instance.orders  (imported; its id is known after apply)",
    );
    expect(odd({ action: "create and forget" })).toContain("(replace; the old one stays and leaves the state)");
  });

  it("gives the steps in their order, with what runs", () => {
    expect(text).toMatch(/Steps to run, in this order:\n {2}1\. backup-orders {2}.*\n {7}pg_dump/);
    expect(text).toMatch(
      /\n {2}2\. split-customer-name {2}Title of split-customer-name {2}\(release 2\.0\.0\) {2}PROVEN\n/,
    );
    expect(text).toMatch(/Steps to roll back, in this order:\n {2}1\. experimental-index .*\n {7}DROP INDEX/);
  });

  it("puts into one line what a new resource learns only from the apply", () => {
    const change = (path: string, kind: "unknown" | "known") => ({
      ...{ path, before: { kind: "absent" as const }, forcesReplacement: false },
      after: kind === "known" ? { kind, value: 1 } : { kind },
    });
    const attributes = [change("a", "unknown"), change("b", "known"), change("c", "unknown")];
    const resource = { ...SAMPLE_REPORT.resources[1]!, attributes };

    expect(formatReport({ ...SAMPLE_REPORT, resources: [resource] }, "text", PLAIN)).toContain(
      "\n      + b: 1\n      Known after apply: a, c\n",
    );
  });

  it("names the gates that hold, in lines of 80 columns, and says of the others what is missing", () => {
    const gates = Array.from({ length: 12 }, (_, index) => ({
      ...{ id: `gate-number-${index}`, title: "x", stage: "synth" as const, result: "passed" as const, detail: "" },
    }));
    const report = { ...SAMPLE_REPORT, allowed: true, gates: [...gates, SAMPLE_REPORT.gates[2]!] };
    const lines = formatReport(report, "text", PLAIN).split("\n");

    const from = lines.indexOf("Gates that hold:") + 1;
    const names = lines.slice(from, lines.indexOf("", from));
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((line) => line.length > 80)).toEqual([]);
    expect(names.join(" ").match(/gate-number-\d+/g)).toHaveLength(12);
    expect(lines).toContain("Open gates, which an apply refuses:");
    expect(lines).toContain("Not to be applied yet: 1 gate is open.");
  });
});

describe("a report as HTML", () => {
  /** A report of the same shape, in which every text is harmless. */
  const harmless = (report: unknown): unknown => {
    if (typeof report === "string")
      return /^(PROVEN|DIFFERS|ONLY-HERE|MISSING|known|absent|sensitive|unknown)$/.test(report) ? report : "x";
    if (Array.isArray(report)) return report.map(harmless);
    if (typeof report !== "object" || report === null) return report;
    return Object.fromEntries(Object.entries(report).map(([key, each]) => [key, harmless(each)]));
  };

  it("consists of the elements of the template, whatever the values are", () => {
    const allowed = new Set([
      ...skeletonOf(formatReport(SAMPLE_REPORT, "html", PLAIN)),
      ...skeletonOf(formatReport(harmless(SAMPLE_REPORT) as PromotionReport, "html", PLAIN)),
    ]);
    fc.assert(
      fc.property(markedReport, ({ report }) => {
        const page = formatReport(report, "html", PLAIN);

        expect(skeletonOf(page).filter((element) => !allowed.has(element))).toEqual([]);
        // Every `<` and every `"` of the page stands in the template.
        const rest = page.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, "");
        const found = rest.match(/</g)!.length;
        expect(skeletonOf(rest)).toHaveLength(found);
      }),
    );
  });

  it("lets its own style and script run, by their digests, and nothing else", () => {
    const page = formatReport(SAMPLE_REPORT, "html", PLAIN);

    expect(page).toMatch(/content="default-src 'none'; style-src 'sha256-[\w+/]+='; script-src 'sha256-[\w+/]+=';/);
    expect(page).not.toMatch(/unsafe-inline|https?:\/\/(?!shop\.example)|\son\w+="|\sstyle="/);
  });

  it("folds a long list as a whole", () => {
    expect(formatReport(largeReport(101), "html", PLAIN)).toContain("Show all 101");
    expect(formatReport(largeReport(100), "html", PLAIN)).not.toContain("Show all");
  });
});

describe("a report as Markdown", () => {
  it("consists of the template's blocks, whatever the values are", () => {
    fc.assert(
      fc.property(markedReport, ({ report }) => {
        const nodes = nodesOf(renderMarkdown(report, Infinity));

        // One heading, nothing that links or loads, and no HTML but the folds.
        expect(nodes.get("heading")).toHaveLength(1);
        expect(
          [...nodes.keys()].filter((type) => ["link", "image", "list", "block_quote", "html_inline"].includes(type)),
        ).toEqual([]);
        const blocks = nodes.get("html_block") ?? [];
        expect(
          blocks.filter((block) => !/^(<details( open)?><summary>[^<>]*<\/summary>|<\/details>)$/.test(block)),
        ).toEqual([]);
        expect(nodes.get("code_block") ?? []).toHaveLength(blocks.length / 2);
      }),
    );
  });

  it("shows values in code only, where nobody is mentioned and nothing is linked", () => {
    const hostile = "@everyone #1 https://evil.example **bold**";
    const report: PromotionReport = { ...SAMPLE_REPORT, system: hostile, environment: hostile, warnings: [hostile] };

    const texts = nodesOf(renderMarkdown(report)).get("text") ?? [];

    expect(texts.filter((each) => /everyone|evil|bold/.test(each))).toEqual([]);
  });

  it("takes no more characters than it may, and says what it leaves out", () => {
    // GIVEN
    const report = largeReport(2_000);

    // WHEN
    const markdown = renderMarkdown(report);

    // THEN
    expect(markdown.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(markdown.length).toBeGreaterThan(COMMENT_LIMIT * 0.9);
    const shown = markdown.match(/aws_ecs_service/g)!.length;
    expect(shown).toBeGreaterThan(500);
    expect(markdown).toContain(`${2_000 - shown} of 2000 under \`Resources\``);
    expect(markdown).toContain("because a comment holds 65,536 characters");
  });

  it("leaves out details before it leaves out changes", () => {
    const long = {
      ...SAMPLE_REPORT.resources[0]!.attributes[0]!,
      after: { kind: "known" as const, value: "x".repeat(25_000) },
    };

    const markdown = renderMarkdown(largeReport(10, { attributes: [long] }));

    expect(markdown.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(markdown.match(/aws_ecs_service/g)).toHaveLength(10);
    expect(markdown).toContain("**Left out**, because a comment holds 65,536 characters: the details of 8.");
  });

  it("is never too long, whatever is in it", () => {
    fc.assert(
      fc.property(
        markedReport,
        fc.integer({ min: 12_000, max: 20_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        ({ report }, limit, repeat) => {
          const long = (value: string): string => value.repeat(repeat);
          const stretched: PromotionReport = {
            ...report,
            system: long(report.system),
            environment: long(report.environment),
            release: { to: long(report.release.to) },
            warnings: report.warnings.map(long),
            resources: report.resources.map((each) => ({ ...each, address: long(each.address) })),
          };

          expect(renderMarkdown(stretched, limit).length).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("rendering", () => {
  it.each(REPORT_FORMATS)("takes time in proportion to the changes, as %s", (format) => {
    const measure = (report: PromotionReport): number => {
      const times = [1, 2].map(() => {
        const begin = process.cpuUsage();
        formatReport(report, format, PLAIN);
        const { user, system } = process.cpuUsage(begin);
        return (user + system) / 1_000;
      });
      return Math.min(...times);
    };
    const [small, large] = [largeReport(1_000), largeReport(10_000)];
    formatReport(small, format, PLAIN);

    // Ten times the changes; quadratic would be a hundred times. The constant is for the clock.
    expect(measure(large)).toBeLessThan(30 * measure(small) + 50);
  });
});

describe("an overview", () => {
  const lane = (name: string): Overview["systems"][number]["environments"][number] => ({
    ...SAMPLE_OVERVIEW.systems[0]!.environments[2]!,
    environment: name,
    release: name,
    applied: name,
    unreadable: [name],
    steps: [{ id: name, title: name, release: name, state: "failed", error: name }],
    backups: [{ name, schedule: name }],
  });

  it.each(OVERVIEW_FORMATS)("lets no value out of its place, as %s", (format) => {
    fc.assert(
      fc.property(text, (name) => {
        // GIVEN
        const made: Overview = { ...SAMPLE_OVERVIEW, systems: [{ system: name, environments: [lane(name)] }] };
        const harmless: Overview = { ...SAMPLE_OVERVIEW, systems: [{ system: "x", environments: [lane("x")] }] };

        // WHEN
        const [written, expected] = [formatOverview(made, format), formatOverview(harmless, format)];

        // THEN
        if (format === "json") expect(overview.parse(JSON.parse(written))).toEqual(made);
        if (format === "html") expect(skeletonOf(written)).toEqual(skeletonOf(expected));
        if (format === "markdown")
          expect([...nodesOf(written)].map(countOf)).toEqual([...nodesOf(expected)].map(countOf));
      }),
    );
  });

  it("shows colors, backups, and how far the steps are", () => {
    const markdown = formatOverview(SAMPLE_OVERVIEW, "markdown");

    expect(markdown).toContain("colors: `canary: blue 90 % (1.4.0), green 10 % (2.0.0)`");
    expect(markdown).toContain("next backup: `2026-05-06T02:00:00Z`");
    expect(markdown).toContain("steps: `3 of 5 steps applied, 1 failed, 1 pending`");
    expect(markdown).toContain("**cannot be read**: `RecordsUnreachable: the bucket does not answer`");
  });
});

function countOf([type, literals]: [string, string[]]): [string, number] {
  return [type, type === "text" || type === "softbreak" ? 0 : literals.length];
}
