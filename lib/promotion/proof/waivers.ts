import { isInForce, PROOF_GATE, type Waiver } from "../../manifest/waivers";
import type { ReportedProof, ReportedWaiver } from "../promotion-report";

/** The waivers of the proof for one plan. */
export class Waivers {
  private readonly valid = new Map<string, ReportedWaiver>();
  /** Names of changes whose waiver expired. */
  readonly expired: ReadonlySet<string>;

  /** @param all waivers for the release of the system in the environment */
  constructor(all: readonly Waiver[], now: Date) {
    const named = all
      .filter(({ gate }) => gate === PROOF_GATE)
      .flatMap(({ changes = [], ...waiver }) => changes.map((change) => ({ change, waiver })));
    for (const { change, waiver } of named) {
      const { by, reason, expires } = waiver;
      if (isInForce(waiver, now)) this.valid.set(change, { by, reason, expires });
    }
    this.expired = new Set(named.map(({ change }) => change).filter((change) => !this.valid.has(change)));
  }

  /** Whether a change is let through. */
  has(change: string): boolean {
    return this.valid.has(change);
  }

  /** The proof of a change, with its waiver where it needs one and has one. */
  apply(name: string, proof: ReportedProof): ReportedProof {
    const found = proof.class === "PROVEN" ? undefined : this.valid.get(name);
    return found === undefined ? proof : { ...proof, waiver: found };
  }
}
