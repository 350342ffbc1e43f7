import { canonicalJson } from "../../manifest/checksum";
import type { AttributeChange, ReportedValue } from "../promotion-report";

/** A change as Terraform's JSON holds it: values, and beside them where they are unknown or sensitive. */
export interface ValueChange {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly replace_paths?: readonly (readonly PathSegment[])[] | null | undefined;
}

/** Values by their paths. A path without a value, and one that holds `null`, is not among them. */
export class Leaves extends Map<string, ReportedValue> {
  /** Sensitive values by their paths: only to tell two of them apart, never to be shown. */
  readonly secrets = new Map<string, unknown>();
}

const NONE: object = {};
const ABSENT: ReportedValue = { kind: "absent" };
const UNKNOWN: ReportedValue = { kind: "unknown" };
const SENSITIVE: ReportedValue = { kind: "sensitive" };
const TRUE: ReportedValue = { kind: "known", value: true };
const FALSE: ReportedValue = { kind: "known", value: false };

/** All values after the change. */
export function leavesAfter(change: ValueChange): Leaves {
  return takeApart(change.after, change.after_unknown, change.after_sensitive, change.before_sensitive);
}

/** All values before the change. */
export function leavesBefore(change: ValueChange): Leaves {
  return takeApart(change.before, undefined, change.before_sensitive, change.after_sensitive);
}

/** What is not after the change as it was before. */
export function attributeChanges(before: Leaves, after: Leaves, change: ValueChange): AttributeChange[] {
  const replacing = (change.replace_paths ?? []).map((segments) => segments.reduce<string>(extendPath, ""));
  const changes: AttributeChange[] = [];
  const add = (path: string, was: ReportedValue, is: ReportedValue): void => {
    const forcesReplacement = replacing.length > 0 && replacing.some((replaced) => areRelated(replaced, path));
    changes.push({ path, before: was, after: is, forcesReplacement });
  };
  for (const [path, was] of before) {
    const is = after.get(path) ?? ABSENT;
    if (!areSame(was, is) || before.secrets.get(path) !== after.secrets.get(path)) add(path, was, is);
  }
  for (const [path, is] of after) if (!before.has(path)) add(path, ABSENT, is);
  return changes;
}

/**
 * Takes a value apart. A value that either side of the change calls sensitive is masked on both: what becomes sensitive
 * now is often what it was before.
 */
function takeApart(value: unknown, unknown: unknown, sensitive: unknown, alsoSensitive: unknown): Leaves {
  const leaves = new Leaves();
  visit(leaves, "", value, unknown, sensitive, alsoSensitive);
  return leaves;
}

function visit(
  leaves: Leaves,
  path: string,
  value: unknown,
  unknown: unknown,
  sensitive: unknown,
  alsoSensitive: unknown,
): void {
  if (unknown === true) leaves.set(path, UNKNOWN);
  else if (value === null || value === undefined) {
    // Members that are unknown are missing from the value.
    if (isContainer(unknown)) visitMembers(leaves, path, unknown, NONE, undefined, unknown, sensitive, alsoSensitive);
  } else if (sensitive === true || alsoSensitive === true) {
    leaves.set(path, SENSITIVE);
    leaves.secrets.set(path, isContainer(value) ? canonicalJson(value) : value);
  } else if (!isContainer(value)) {
    leaves.set(path, value === true ? TRUE : value === false ? FALSE : { kind: "known", value: value as string });
  } else if (isEmpty(value) && !(isContainer(unknown) && !isEmpty(unknown))) {
    leaves.set(path, { kind: "known", value: Array.isArray(value) ? [] : {} });
  } else {
    visitMembers(leaves, path, value, NONE, value, unknown, sensitive, alsoSensitive);
    if (isContainer(unknown)) visitMembers(leaves, path, unknown, value, undefined, unknown, sensitive, alsoSensitive);
  }
}

/**
 * @param names whose members are visited
 * @param except whose members are not
 */
function visitMembers(
  leaves: Leaves,
  path: string,
  names: object,
  except: object,
  value: unknown,
  unknown: unknown,
  sensitive: unknown,
  alsoSensitive: unknown,
): void {
  const isList = Array.isArray(names);
  for (const name in names) {
    if (except !== NONE && Object.hasOwn(except, name)) continue;
    const segment = isList ? Number(name) : name;
    const member = memberOf(value, segment);
    const isUnknown = memberOf(unknown, segment);
    // Most of a plan's values are `null`: nothing is there, and nothing will be.
    if ((member === null || member === undefined) && (isUnknown === undefined || isUnknown === false)) continue;
    const isSensitive = memberOf(sensitive, segment);
    visit(leaves, extendPath(path, segment), member, isUnknown, isSensitive, memberOf(alsoSensitive, segment));
  }
}

/** Whether nothing changes, as far as it can be seen. Nobody can say that an unknown value stays as it was. */
function areSame(one: ReportedValue, other: ReportedValue): boolean {
  if (one.kind !== other.kind || one.kind === "unknown") return false;
  if (one.kind !== "known" || other.kind !== "known") return true;
  return (
    one.value === other.value || (isContainer(one.value) && canonicalJson(one.value) === canonicalJson(other.value))
  );
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function memberOf(value: unknown, name: PathSegment): unknown {
  if (!isContainer(value) || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<PathSegment, unknown>)[name];
}

function isEmpty(value: object): boolean {
  for (const _name in value) return false;
  return true;
}

/** Where a value is: names of members and places in lists, from 0. */
type PathSegment = string | number;

const PLAIN_NAME = /^[A-Za-z_][\w-]*$/;
const MOST_KNOWN = 10_000;

/** The resources of a plan have few types, and each type has the same paths again and again. */
const known = new Map<string, Map<PathSegment, string>>();

/** Extends a path as Terraform writes it: `ingress[0].port`, `tags["aws:cost"]`. */
export function extendPath(path: string, segment: PathSegment): string {
  let extensions = known.get(path);
  if (extensions === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(path, (extensions = new Map()));
  }
  let extended = extensions.get(segment);
  if (extended === undefined) {
    if (extensions.size >= MOST_KNOWN) extensions.clear();
    extensions.set(segment, (extended = join(path, segment)));
  }
  return extended;
}

function join(path: string, segment: PathSegment): string {
  if (typeof segment === "number") return `${path}[${segment}]`;
  if (!PLAIN_NAME.test(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === "" ? segment : `${path}.${segment}`;
}

/** Whether one path is the other one, or leads into it. */
export function areRelated(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (!long.startsWith(short)) return false;
  return short === "" || long.length === short.length || long[short.length] === "." || long[short.length] === "[";
}
