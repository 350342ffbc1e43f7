import { canonicalJson } from "../../manifest/checksum";
import type { Program } from "../../manifest/program";
import type { StepRecord } from "../../manifest/step-record";
import { sqlProgram } from "../../steps/sql/program";

type Sql = Pick<ReturnType<typeof sqlProgram.parse>, "database" | "verify" | "supersedes">;

/** Whether two programs ask the same database. */
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

/**
 * The steps with the queries that they still answer for: where a later step asks the same query of the same database, its
 * answer is the right one from then on.
 *
 * @param applied in the order of the stack
 * @returns without the steps all of whose queries are asked by later ones
 */
export function withoutSuperseded(applied: readonly StepRecord[]): StepRecord[] {
  const taken = new Map<string, Set<string>>();
  const kept: StepRecord[] = [];
  for (const record of [...applied].reverse()) {
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
  return kept.reverse();
}

function sqlOf(program: Program): Sql | undefined {
  return program.kind === "sql" ? sqlProgram.safeParse(program).data : undefined;
}
