import { gt } from "semver";
import type { MissingChange, ProofClass, ReportedProof } from "../promotion-report";
import type { StepChange } from "../plan/step-change";
import type { ProofComparison } from "./compare-changes";
import { differingMeta, isMeta } from "../plan/expressions";
import type { ProvedStep } from "./proving-history";

/** A step is proven when the environment before ran the same program, in the same order, with the same arguments. */
export function judgeStep(step: StepChange, comparison: ProofComparison): ReportedProof {
  const { back } = comparison;
  const { environment, older } = back ?? {};
  const restored = older && judgeByStep(step, environment!, older.steps.get(step.id), comparison);
  if (restored?.class === "PROVEN") return { ...restored, reason: `${environment} had it so at the older release` };
  return judgeByStep(step, comparison.from, comparison.history.steps.get(step.id), comparison);
}

function judgeByStep(
  step: StepChange,
  from: string,
  there: ProvedStep | undefined,
  { configured }: ProofComparison,
): ReportedProof {
  const { checksum } = step;
  if (there === undefined) return proof("ONLY-HERE", `${from} never applied it`);
  if (checksum === undefined) {
    return proof("DIFFERS", "its program holds a value that only Terraform knows, so nothing can prove it");
  }
  if (there.checksum !== checksum) {
    const short = (text: string | undefined) => text?.slice(0, 12) ?? "an unknown program";
    return proof("DIFFERS", `${from} applied ${short(there.checksum)}, here it is ${short(checksum)}`, ["program"]);
  }
  if (there.repaired !== undefined) {
    const { by, at, reason } = there.repaired;
    return proof(
      "DIFFERS",
      `${by} wrote into the ledger of ${from} that it is applied (${at}: ${reason}), so its program was not proved; ` +
        "run it there, or waive the change",
      ["repaired"],
    );
  }
  const differing = differingArguments(step, there, configured?.ofStep(step.address));
  if (differing.length > 0) {
    return proof("DIFFERS", `${from} applied the same program with other arguments or in another order`, differing);
  }
  return proof("PROVEN", `${from} applied the same program`);
}

function differingArguments(
  { attributes = {} }: StepChange,
  there: ProvedStep,
  here: ReturnType<NonNullable<ProofComparison["configured"]>["ofStep"]>,
): string[] {
  const names = [...new Set([...Object.keys(attributes), ...Object.keys(there.attributes ?? {})])];
  const differing = names.filter((name) => attributes[name] !== there.attributes?.[name]);
  if (here === undefined) return differing;
  // A ledger knows the order of the steps, and not what Terraform's own arguments say.
  const isKnown = (key: string) => isMeta(key) && (there.expressions !== undefined || key !== "depends_on");
  return [...differing, ...differingMeta(here, there.expressions ?? {}, isKnown)];
}

/**
 * A step that leaves is proven when that is a rollback, or when the previous environment undid it too.
 *
 * @param running ids of the steps that this plan runs: a step that gets another address leaves and comes
 */
export function judgeRemoval(
  { id, release }: StepChange,
  running: ReadonlySet<string>,
  { from, history }: ProofComparison,
): ReportedProof {
  if (running.has(id)) return proof("PROVEN", "it only moves to another address");
  // The engine undoes it by what its ledger recorded, whatever the configuration says.
  if (gt(release, history.release)) {
    return proof("PROVEN", `it belongs to release ${release}, which is newer than the one that is wanted`);
  }
  if (history.steps.has(id)) return proof("DIFFERS", `${from} keeps it`);
  if (history.undone.has(id)) return proof("PROVEN", `${from} undid it too`);
  return proof("ONLY-HERE", `${from} never undid it`);
}

/** Steps that the environment before applied at the promoted release, and that this plan does not hold. */
export function missingSteps({ from, history, plan }: ProofComparison): MissingChange[] {
  const here = new Set(
    plan.steps
      .filter(({ change }) => change.actions.join() !== "delete")
      .map(({ change }) => (change.after as { id?: string } | null)?.id),
  );
  return [...history.steps]
    .filter(([id, { promoted }]) => promoted && !here.has(id))
    .map(([id]) => missing("step", id, `${from} applied it, and it is no part of this plan`));
}

export function proof(proofClass: ProofClass, reason: string, attributes: readonly string[] = []): ReportedProof {
  return { class: proofClass, reason, attributes: [...attributes] };
}

/** A change of the environment before that a plan does not hold. */
export function missing(
  kind: MissingChange["kind"],
  name: string,
  reason: string,
  attributes: readonly string[] = [],
): MissingChange {
  return { kind, name, proof: proof("MISSING", reason, attributes) };
}
