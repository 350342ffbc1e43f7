import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { recordedChanges } from "../../../lib/promotion/records/apply-record";
import { buildReport } from "../../../lib/promotion/report/build-report";
import { summarizePlan } from "../../../lib/promotion/plan/plan-summary";
import type { PromotionReport } from "../../../lib/promotion/promotion-report";
import { compareChanges } from "../../../lib/promotion/proof/compare-changes";
import { DeclaredDifferences } from "../../../lib/promotion/plan/fingerprint";
import { ProvingHistory } from "../../../lib/promotion/proof/proving-history";
import { Waivers } from "../../../lib/promotion/proof/waivers";
import { FolderStore, RecordChain } from "../../../lib/promotion/records/record-chain";
import { renderMarkdown } from "../../../lib/promotion/report/markdown";
import { scratchDirectory } from "../../support/repository";
import { plan, resource } from "../plan/plan";

const ENVIRONMENTS = ["development", "staging", "production"];
const RELEASE = "1.0.0";

describe("two systems in three environments", () => {
  let directory: string;
  beforeEach(() => void (directory = scratchDirectory("three-environments")));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const chainOf = (system: string, environment: string) =>
    new RecordChain(new FolderStore(directory), "", `${system}-${environment}`);

  /** Plans an environment beside what the one before applied. */
  async function promote(system: string, environment: string, resources: Record<string, object>) {
    const from = ENVIRONMENTS[ENVIRONMENTS.indexOf(environment) - 1];
    const declared = new DeclaredDifferences({ ENVIRONMENT: environment });
    const creations = Object.entries(resources).map(([address, after]) => resource(address, ["create"], { after }));
    const read = plan(creations, {}, { differences: declared, fingerprints: () => true });
    const summary = summarizePlan(read, { isEffectless: () => false, adopted: new Set() });
    const records = from === undefined ? [] : await chainOf(system, from).read();
    const history = new ProvingHistory(
      records.map(({ record }) => record),
      { to: RELEASE },
    );
    const proof = from !== undefined && {
      environment: from,
      records: records.map(({ digest }) => digest),
      verdicts: compareChanges({ from, history, plan: read, steps: summary.steps, free: [] }),
      waivers: new Waivers([], new Date(0)),
      differences: ["ENVIRONMENT"],
    };
    const report = buildReport({
      ...{ system, environment, stack: `${system}-${environment}`, protected: true, chain: [], gates: [] },
      ...{ release: { to: RELEASE }, plannedAt: "2026-01-01T00:00:00Z", warnings: [], digest: "", parts: {} },
      ...{ plan: read, summary, proof: proof || undefined, versions: { sterna: "1", terraform: read.terraform } },
    });
    const apply = () =>
      chainOf(system, environment).append({
        ...{ stack: report.stack, system, environment, release: RELEASE, result: "applied", by: "ana", plan: "0" },
        ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z", resources: summary.counts },
        ...{ changes: recordedChanges(read), steps: [], ledgers: [], errors: [], sterna: "1", terraform: "1" },
      });
    return { report, apply };
  }

  const classesOf = ({ resources, proof }: PromotionReport) =>
    Object.fromEntries(
      [...resources.map((each) => ({ ...each, name: each.address })), ...(proof?.missing ?? [])].map((each) => [
        each.name,
        [each.proof?.class, ...(each.proof?.attributes ?? [])].join(" "),
      ]),
    );
  const of = (environment: string) => ({
    "x.logs": { name: `shop-${environment}-logs`, days: 30 },
    "x.queue": { delay: 5 },
    "x.alarm": { threshold: 1 },
  });

  it("show every class of change, and one system proves nothing for the other", async () => {
    // GIVEN
    for (const system of ["shop", "billing"]) {
      await (await promote(system, "development", of("development"))).apply();
    }
    const staging = await promote("shop", "staging", of("staging"));
    await staging.apply();

    // WHEN
    const { "x.alarm": _dropped, ...rest } = of("production");
    const hurried = { ...rest, "x.queue": { delay: 0 }, "x.rogue": { open: true } };
    const shop = await promote("shop", "production", hurried);
    const billing = await promote("billing", "production", of("production"));

    // THEN
    expect(classesOf(staging.report)).toEqual({ "x.logs": "PROVEN", "x.queue": "PROVEN", "x.alarm": "PROVEN" });
    expect(classesOf(shop.report)).toEqual({
      "x.logs": "PROVEN",
      "x.queue": "DIFFERS delay",
      "x.rogue": "ONLY-HERE",
      "x.alarm": "MISSING",
    });
    expect(shop.report.proof).toMatchObject({
      counts: { PROVEN: 1, DIFFERS: 1, "ONLY-HERE": 1, MISSING: 1 },
      open: 3,
    });
    expect(new Set(Object.values(classesOf(billing.report)))).toEqual(new Set(["ONLY-HERE"]));
    const comment = renderMarkdown(shop.report);
    for (const name of ["PROVEN", "DIFFERS", "ONLY-HERE", "MISSING"]) expect(comment).toContain(name);
  });
});
