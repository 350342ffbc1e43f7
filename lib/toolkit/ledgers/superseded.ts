import { canonicalJson } from "../../manifest/checksum";
import type { Program } from "../../manifest/program";
import type { StepRecord } from "../../manifest/step-record";
import { sqlProgram } from "../../steps/sql/program";

type Sql = Pick<ReturnType<typeof sqlProgram.parse>, "database" | "verify" | "supersedes">;

/** Whether two programs query the same database. */
export function isSameDatabase(one: Sql | undefined, other: Sql | undefined): boolean {
  return one !== undefined && other !== undefined && canonicalJson(one.database) === canonicalJson(other.database);
}

/** Queries whose answer a later program changed. */
function queriesTakenBy(later: Sql): string[] {
  return [...later.verify.map(({ query }) => query), ...(later.supersedes ?? [])];
}

/** Whether a later program changed an answer of an earlier one. */
export function isSupersededBy(earlier: Sql, later: Sql | undefined): boolean {
  if (later === undefined || !isSameDatabase(earlier, later)) return false;
  const taken = queriesTakenBy(later);
  return earlier.verify.some(({ query }) => taken.includes(query));
}

/** Steps in execution order, if the file lists them by name. */
export function inRunOrder<Step extends { readonly id: string; readonly after: readonly string[] }>(
  steps: readonly Step[],
): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const order = new Set<Step>();
  const open = [...steps].reverse();
  const entered = new Set<Step>();
  for (let step = open.at(-1); step !== undefined; step = open.at(-1)) {
    if (entered.has(step)) {
      order.add(step);
      open.pop();
      continue;
    }
    entered.add(step);
    for (const id of [...step.after].reverse()) {
      const before = byId.get(id);
      if (before !== undefined && !entered.has(before)) open.push(before);
    }
  }
  return [...order];
}

/**
 * The steps with the queries that still apply to them: if a later step has the same query for the same database, its
 * answer is the valid one.
 *
 * @param applied in any order
 * @returns without the steps whose queries all belong to later ones
 */
export function withoutSuperseded(applied: readonly StepRecord[]): StepRecord[] {
  const taken = new Map<string, Set<string>>();
  const kept: StepRecord[] = [];
  for (const record of inRunOrder(applied).reverse()) {
    const program = sqlOf(record.program);
    if (program === undefined) {
      kept.push(record);
      continue;
    }
    const key = canonicalJson(program.database);
    const later = taken.get(key) ?? new Set<string>();
    taken.set(key, later);
    const verify = program.verify.filter(({ query }) => !later.has(query));
    for (const query of queriesTakenBy(program)) later.add(query);
    if (verify.length > 0) kept.push({ ...record, program: { ...record.program, verify } });
  }
  const place = new Map(applied.map(({ id }, index) => [id, index]));
  return kept.sort((a, b) => place.get(a.id)! - place.get(b.id)!);
}

function sqlOf(program: Program): Sql | undefined {
  return program.kind === "sql" ? sqlProgram.safeParse(program).data : undefined;
}
