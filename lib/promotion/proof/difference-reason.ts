import { areRelated } from "../plan/attribute-path";
import { isUnknown, type Fingerprint } from "./fingerprint";

/** A resource that two environments do not make the same of. */
export interface DifferingResource {
  readonly address: string;
  /** Name of the environment that proves. */
  readonly from: string;
  readonly here: Fingerprint;
  readonly there: Fingerprint;
  /** Paths that differ. */
  readonly paths: readonly string[];
}

const LISTED = 3;

/**
 * Why a change DIFFERS. A value that one environment knows and the other one learns only from its apply may well come
 * out the same, and nobody can know that before: so it is told apart, with what to write.
 */
export function differenceReason({ address, from, here, there, paths }: DifferingResource): string {
  const learnedHere = paths.filter((path) => isLearned(path, here, there));
  const learnedThere = paths.filter((path) => isLearned(path, there, here));
  const learned = [...learnedHere, ...learnedThere];
  const unknown = paths.filter((path) => isUnknown(here[path] ?? "") && !learned.includes(path));
  const known = paths.filter((path) => !learned.includes(path) && !unknown.includes(path));
  if (learned.length + unknown.length === 0) return `${from} applied it with another result`;
  const difference = `{ "resource": ${JSON.stringify(address)}, "attribute": ${JSON.stringify([...learned, ...unknown][0])}, "reason": "…" }`;
  return [
    ...(known.length === 0 ? [] : [`${from} applied it with another result: ${listed(known)}`]),
    ...(unknown.length === 0
      ? []
      : [`known only after the apply, and configured otherwise than in ${from}: ${listed(unknown)}`]),
    ...(learnedHere.length === 0 ? [] : [`known in ${from}, and here only after the apply: ${listed(learnedHere)}`]),
    ...(learnedThere.length === 0
      ? []
      : [`known only after the apply in ${from}, and known here: ${listed(learnedThere)}`]),
    `where that is meant, write ${difference} into "differences" of environments.json, or waive the change`,
  ].join("; ");
}

/** Whether a path is known on one side only because the other one learns it from its apply. */
export function isLearned(path: string, learning: Fingerprint, knowing: Fingerprint): boolean {
  const isIn = ([other, entry]: readonly [string, string]) => isUnknown(entry) && areRelated(other, path);
  if (!Object.entries(learning).some(isIn)) return false;
  return !Object.entries(knowing).some(isIn);
}

function listed(paths: readonly string[]): string {
  return paths.slice(0, LISTED).join(", ") + (paths.length > LISTED ? `, and ${paths.length - LISTED} more` : "");
}
