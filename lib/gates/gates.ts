import { Construct } from "constructs";
import { Annotations } from "cdktf";
import { type GatesData, MAINTENANCE_WINDOW, type WaiverData } from "../core/gate-data";
import { ValidationError } from "../core/validation-error";
import { expiredWaiver, findWaiver, isInForce } from "../core/waivers";
import { SystemStack } from "../environments/system-stack";
import type { Gate } from "./gate";
import type { MaintenanceWindow } from "./maintenance-window";
import { RenderedStack } from "./rendered-stack";
import type { Finding } from "./stack-check";
import { toWaiverData, type Waiver } from "./waiver";

/** Properties of `Gates`. */
export interface GatesProps {
  /** What has to hold. Several lists may hold the same gate. */
  readonly gates: readonly Gate[];

  /**
   * Leave to go past a gate.
   * @default - none
   */
  readonly waivers?: readonly Waiver[];

  /**
   * When the environment may be changed.
   * @default - at any time
   */
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
}

/**
 * The gates of a system in an environment. Makes no resource: S gates stop the synthesis, the others stand in
 * `sterna.json`, where the command line reads them.
 */
export class Gates extends Construct {
  /** What `sterna.json` says about the gates. */
  readonly data: GatesData;

  private readonly gates: readonly Gate[];

  /**
   * @throws ValidationError `StackMissing`, `DuplicateGate`, `UnknownGate`, `InvalidWaiver`; at synthesis what the S gates
   * refuse: `PlainSecretInEnvironment`, `CorsNotExplicit`, `ListenerWithoutTls`, `ServiceNotAlarmed`, `StatefulNotBackedUp`,
   * `StepWithoutWayBack`
   */
  constructor(scope: Construct, id: string, { gates, waivers = [], maintenanceWindows = [] }: GatesProps) {
    super(scope, id);
    const stack = SystemStack.of(this);
    this.gates = [...new Set(gates)];
    this.requireUnique();
    this.data = {
      gates: this.gates.map((gate) => gate.toJSON()),
      waivers: ValidationError.locate(this, () => waivers.map(toWaiverData)),
      windows: maintenanceWindows.map((window) => window.toJSON()),
    };
    for (const waiver of this.data.waivers) this.requireWaivable(waiver);
    ValidationError.locate(this, () => stack.declareGates(this.data));
    stack.addInspection((rendered) => this.inspect(new RenderedStack(rendered)));
  }

  private requireUnique(): void {
    const seen = new Set<string>([MAINTENANCE_WINDOW]);
    for (const { id } of this.gates) {
      if (seen.has(id)) {
        throw new ValidationError("DuplicateGate", `two gates are called "${id}"; give each an id of its own`, this);
      }
      seen.add(id);
    }
  }

  private requireWaivable(waiver: WaiverData): void {
    const gate = this.gates.find(({ id }) => id === waiver.gate);
    if (gate === undefined && waiver.gate !== MAINTENANCE_WINDOW) {
      const known = [...this.gates.map(({ id }) => id), MAINTENANCE_WINDOW].join(", ");
      throw new ValidationError("UnknownGate", `a waiver is for the gate "${waiver.gate}"; there are ${known}`, this);
    }
    if (gate?.kind === "R") {
      throw new ValidationError(
        "InvalidWaiver",
        `nothing waives ${gate.id}: it is held by ${gate.toJSON().heldBy}`,
        this,
      );
    }
    if (waiver.resources !== undefined && gate?.kind !== "S" && gate?.kind !== "P") {
      throw new ValidationError(
        "InvalidWaiver",
        `the waiver of ${waiver.gate} names resources, and only gates at synth and plan look at resources`,
        this,
      );
    }
    if (!isInForce(waiver, new Date())) {
      Annotations.of(this).addWarning(
        `the waiver of ${waiver.gate} by ${waiver.by} ended ${waiver.expires}; take it out`,
      );
    }
  }

  private inspect(stack: RenderedStack): void {
    const now = new Date();
    const refused = this.gates.flatMap((gate) =>
      (gate.stackCheck?.(stack) ?? [])
        .filter(({ address }) => findWaiver(this.data.waivers, gate.id, now, address) === undefined)
        .map((finding) => ({ gate, finding })),
    );
    const [first] = refused;
    if (first === undefined) return;
    const lines = refused.map(
      ({ gate, finding }) => `  ${describe(finding)}${expiredWaiver(this.data.waivers, gate.id, now)}`,
    );
    throw new ValidationError(
      first.finding.code,
      `the gate ${first.gate.id} refuses:\n${lines.join("\n")}\n` +
        `Mend it, or waive it by name: waivers: [{ gate: "${first.gate.id}", resources: ["${first.finding.address}"], reason: "…", by: "…", expires: "…" }]`,
      this,
    );
  }
}

function describe({ code, address, path, message }: Finding): string {
  return `${code}: ${address}${path === address ? "" : ` (${path})`}: ${message}`;
}
