import { Leaves, leavesAfter, type ValueChange, extendPath } from "../plan/attribute-changes";
import { INVOKE, READ } from "../plan/resource-change";
import type { PlanReading } from "../plan/plan-builder";
import type { RecordedChange } from "./apply-record";
import {
  type DeclaredDifferences,
  areEqual,
  fingerprintOf,
  isUnknown,
  learnedEntry,
  type Fingerprint,
} from "../plan/fingerprint";
import type { ConfiguredExpressions, StackConfiguration } from "../plan/expressions";
import type { ReportedValue } from "../promotion-report";

/** What a record says of a resource or step that no recorded apply made: it was there, as the configuration wants it. */
export const FOUND = "found";

const DELETE = "delete";
const FORGET = "forget";

/** The resources of a stack's configuration, by type and name. */
export type ConfiguredResources = NonNullable<StackConfiguration["resource"]>;

/** What a stack's configuration says, and what its environment declares to be its own. */
export interface PresentConfiguration {
  readonly resources: ConfiguredResources;
  readonly expressions: ConfiguredExpressions;
  readonly differences: DeclaredDifferences;
}

/**
 * What a catch-up records: the resources of a plan without changes that differ from what the records say, and those that
 * the records say are there and that are gone.
 *
 * A fingerprint of what is there knows more than a plan does. What the configuration does not say literally, the apply
 * may have learned from the provider, and the next environment will learn it too; so it is marked as learned.
 *
 * @param plan a plan without changes, read with the fingerprints of all resources
 * @param recorded the changes of all records, oldest first
 */
export function caughtUpChanges(
  plan: PlanReading,
  { resources, expressions, differences }: PresentConfiguration,
  recorded: readonly RecordedChange[],
): RecordedChange[] {
  const known = latest(recorded);
  const here = [...plan.planned].filter(([, { change }]) => change !== undefined);
  const found = here.flatMap(([name, { change }]): RecordedChange[] => {
    const block = configuredBlock(name, resources);
    const fingerprint = presentFingerprint(change!(), block, differences);
    const before = known.get(name);
    if (before !== undefined && !isGone(before) && agree(before.fingerprint, fingerprint)) return [];
    const configured = expressions.of(name, fingerprint);
    return [{ name, action: FOUND, fingerprint, ...(configured === undefined ? {} : { expressions: configured }) }];
  });
  const names = new Set(here.map(([name]) => name));
  const gone = [...known.values()].filter(
    (change) => !isGone(change) && ![INVOKE, READ].includes(change.action) && !names.has(change.name),
  );
  return [...found, ...gone.map(({ name }) => ({ name, action: DELETE, fingerprint: {} }))];
}

/** The last word of the records on each resource. */
function latest(recorded: readonly RecordedChange[]): Map<string, RecordedChange> {
  const known = new Map<string, RecordedChange>();
  for (const change of recorded) {
    if (change.movedFrom !== undefined) known.delete(change.movedFrom);
    known.set(change.name, change);
  }
  return known;
}

function isGone({ action }: RecordedChange): boolean {
  return action === DELETE || action === FORGET;
}

/** Whether what was recorded is what is there. What an apply had yet to learn, and what may be learned, is no difference. */
function agree(recorded: Fingerprint, present: Fingerprint): boolean {
  return [...new Set([...Object.keys(recorded), ...Object.keys(present)])].every((path) => {
    const [was, is] = [recorded[path], present[path]];
    if (was === undefined) return isUnknown(is!);
    return isUnknown(was) || (is !== undefined && areEqual(was, is));
  });
}

function presentFingerprint(
  change: ValueChange,
  block: Readonly<Record<string, unknown>> | undefined,
  differences: DeclaredDifferences,
): Fingerprint {
  const said = new Map<string, ReadonlySet<string>>();
  const literalsOf = (attribute: string): ReadonlySet<string> => {
    const found = said.get(attribute) ?? new Set(literals(block?.[attribute]));
    said.set(attribute, found);
    return found;
  };
  const fingerprint: Record<string, string> = {};
  for (const path of emptyPaths(change.after)) fingerprint[path] = learnedEntry(undefined);
  for (const [path, value] of leavesAfter(change)) {
    const [[name, entry]] = entriesOf(path, value, differences);
    const attribute = attributeOf(path);
    const isSaid = value.kind === "known" && literalsOf(attribute).has(String(value.value));
    const written = block?.[attribute];
    if (isSaid) fingerprint[name] = entry;
    // A provider may keep a text in a form of its own: a policy with its members in another order.
    else if (value.kind === "known" && path === attribute && typeof written === "string" && isLiteral(written)) {
      const [[, asWritten]] = entriesOf(path, { kind: "known", value: written }, differences);
      fingerprint[name] = `${entry} ${asWritten}`;
    } else {
      fingerprint[name] = learnedEntry(entry);
      // A provider may learn an object as a whole: its members have paths, and what a plan calls unknown is the object.
      if (!hasLiterals(written)) for (const path of ancestors(name)) fingerprint[path] ??= learnedEntry(undefined);
    }
  }
  return fingerprint;
}

function entriesOf(path: string, value: ReportedValue, differences: DeclaredDifferences): [[string, string]] {
  const leaves = new Leaves([[path, value]]);
  return Object.entries(fingerprintOf(leaves, differences)) as [[string, string]];
}

/** Paths at which nothing is: the provider may have learned just that. */
function emptyPaths(value: unknown, path = ""): string[] {
  if (value === null) return path === "" ? [] : [path];
  if (typeof value !== "object") return [];
  return Object.entries(value as object).flatMap(([name, member]) =>
    emptyPaths(member, extendPath(path, Array.isArray(value) ? Number(name) : name)),
  );
}

/** Numbers, booleans and texts that a configuration says without an expression. */
function literals(value: unknown): string[] {
  if (typeof value === "string") return isLiteral(value) ? [value] : [];
  if (typeof value === "number" || typeof value === "boolean") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(literals) : [];
}

function isLiteral(text: string): boolean {
  return !/[$%]\{/.test(text);
}

/** Whether a configuration says anything of an attribute itself, instead of naming where it comes from. */
function hasLiterals(value: unknown): boolean {
  return literals(value).length > 0;
}

/** `output`, `output.a` of `output.a[0]`. */
function ancestors(path: string): string[] {
  return [...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index));
}

function attributeOf(path: string): string {
  return path.split(/[.[]/, 1)[0]!;
}

/** `aws_s3_bucket.logs["a"]` is configured as `aws_s3_bucket.logs`; what a module holds is not configured here. */
function configuredBlock(name: string, resources: ConfiguredResources): Readonly<Record<string, unknown>> | undefined {
  const [, type = "", own = ""] = /^([a-z][\w-]*)\.([\w-]+)(?:\[.*\])?$/s.exec(name) ?? [];
  const found = resources[type]?.[own];
  const block: unknown = Array.isArray(found) && found.length === 1 ? found[0] : found;
  return typeof block === "object" && block !== null ? (block as Record<string, unknown>) : undefined;
}
