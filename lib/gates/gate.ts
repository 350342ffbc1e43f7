import { Duration } from "../core/duration";
import type { EvidenceSubject, GateData, GateKind, GatePhase, PlanCheck } from "../manifest/gate-data";
import { IDENTIFIER_RULE, isIdentifier } from "../core/names";
import { SternaError } from "../core/errors";
import type { StackCheck } from "./rendered-stack";

/** Options of every gate. */
export interface GateOptions {
  /** The condition, in words. */
  readonly title: string;

  /**
   * When it is judged: `pre` before a release is applied, `during` while it is, `post` before it moves on to the next
   * environment.
   * @default "pre"
   */
  readonly phase?: GatePhase;
}

/** Options of a gate that needs evidence. */
export interface EvidenceGateOptions extends GateOptions {
  /**
   * How long evidence is valid after it was recorded. The evidence itself may expire earlier.
   * @default Duration.days(30)
   */
  readonly validFor?: Duration;

  /**
   * Whether each release needs its own evidence.
   * @default true
   */
  readonly eachRelease?: boolean;
}

/** A condition that must hold before an environment is changed. */
export class Gate {
  /**
   * A gate at synth: judges the synthesized stack, and stops the synthesis.
   *
   * @param id name of the gate, for waivers; lower-case letters, digits and hyphens
   * @param check finds what is wrong in the rendered stack
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static synth(id: string, check: StackCheck, options: GateOptions): Gate {
    return new Gate(id, "synth", options, { stackCheck: check });
  }

  /**
   * A gate at plan: judges the plan, and stops `sterna plan`.
   *
   * @param id name of the gate, for waivers
   * @param check `no-stateful-loss`: no resource with data is destroyed or replaced; `no-drift`: nothing was changed outside of Terraform
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static plan(id: string, check: PlanCheck, options: GateOptions): Gate {
    return new Gate(id, "plan", options, { check });
  }

  /**
   * A gate at run time: enforced by steps or by the engine right before a change.
   *
   * @param id name of the gate
   * @param heldBy what enforces it, in words
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static run(id: string, heldBy: string, options: GateOptions): Gate {
    return new Gate(id, "run", options, { heldBy });
  }

  /**
   * An attested gate: needs an attestation by `sterna attest`.
   *
   * @param id name of the gate, and of its evidence file
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static attested(id: string, options: EvidenceGateOptions): Gate {
    return Gate.withEvidence(id, "attestation", options);
  }

  /**
   * Needs a recent restore drill. A `RestoreDrill` writes the evidence, which is valid for every release.
   *
   * @param youngerThan how old the drill may be
   * @throws SternaError `InvalidGate`
   */
  static restoreDrill(youngerThan: Duration, id: string = "restore-drill"): Gate {
    const title = `A restore drill succeeded in the last ${youngerThan}`;
    return Gate.withEvidence(id, "restore-drill", { title, validFor: youngerThan, eachRelease: false });
  }

  /**
   * Needs a recent backup. A `BackupStep` records the evidence; whatever else makes a backup records it with
   * `sterna attest <system> <environment> backup`.
   *
   * @param youngerThan how old the backup may be
   * @throws SternaError `InvalidGate`
   */
  static recentBackup(youngerThan: Duration, id: string = "backup"): Gate {
    const title = `The last backup is younger than ${youngerThan}`;
    return Gate.withEvidence(id, "backup", { title, validFor: youngerThan, eachRelease: false });
  }

  private static withEvidence(id: string, subject: EvidenceSubject, options: EvidenceGateOptions): Gate {
    const { validFor = Duration.days(30), eachRelease = true } = options;
    const seconds = validFor.toSeconds({ integral: false });
    if (seconds === 0) {
      throw new SternaError(
        "InvalidGate",
        `the evidence for the gate "${id}" must be valid for some time, got ${validFor}`,
      );
    }
    return new Gate(id, "attested", options, { evidence: { subject, validFor: seconds, eachRelease } });
  }

  readonly title: string;
  readonly phase: GatePhase;

  /** What a gate at synth checks. */
  readonly stackCheck: StackCheck | undefined;

  private readonly details: Pick<GateData, "heldBy" | "check" | "evidence">;

  private constructor(
    readonly id: string,
    readonly kind: GateKind,
    { title, phase = "pre" }: GateOptions,
    { stackCheck, ...details }: Pick<GateData, "heldBy" | "check" | "evidence"> & { readonly stackCheck?: StackCheck },
  ) {
    if (!isIdentifier(id)) {
      throw new SternaError("InvalidIdentifier", `the gate id "${id}" is invalid: use ${IDENTIFIER_RULE}`);
    }
    if (title.trim() === "") {
      throw new SternaError("InvalidGate", `the gate "${id}" has an empty title; describe the condition`);
    }
    this.title = title;
    this.phase = phase;
    this.stackCheck = stackCheck;
    this.details = details;
  }

  /**
   * The gate as in `sterna.json`.
   *
   * @internal
   */
  toJSON(): GateData {
    return { id: this.id, kind: this.kind, phase: this.phase, title: this.title, ...this.details };
  }
}
