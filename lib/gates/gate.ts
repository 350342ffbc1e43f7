import { Duration } from "../core/duration";
import type { EvidenceSubject, GateData, GateKind, GatePhase, PlanCheck } from "../manifest/gate-data";
import { IDENTIFIER_RULE, isIdentifier } from "../core/names";
import { SternaError } from "../core/errors";
import type { StackCheck } from "./rendered-stack";

/** What all gates are told. */
export interface GateOptions {
  /** What has to hold, for people. */
  readonly title: string;

  /**
   * When it is looked at: `pre` before a release is applied, `during` while it is, `post` before it moves on to the next
   * environment.
   * @default "pre"
   */
  readonly phase?: GatePhase;
}

/** What a gate that waits for evidence is told. */
export interface EvidenceGateOptions extends GateOptions {
  /**
   * For how long evidence counts, from when it was shown; it may say itself that it expires earlier.
   * @default Duration.days(30)
   */
  readonly validFor?: Duration;

  /**
   * Whether each release needs evidence of its own.
   * @default true
   */
  readonly eachRelease?: boolean;
}

/** Something that has to hold before an environment is changed. */
export class Gate {
  /**
   * A gate at synth: looks at what is synthesized, and stops the synthesis.
   *
   * @param id name of the gate, for waivers; lower-case letters, digits and hyphens
   * @param check finds what is wrong in the rendered stack
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static synth(id: string, check: StackCheck, options: GateOptions): Gate {
    return new Gate(id, "synth", options, { stackCheck: check });
  }

  /**
   * A gate at plan: looks at the plan, and stops `sterna plan`.
   *
   * @param id name of the gate, for waivers
   * @param check `no-stateful-loss`: nothing that keeps data is destroyed or replaced; `no-drift`: nothing was changed past Terraform
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static plan(id: string, check: PlanCheck, options: GateOptions): Gate {
    return new Gate(id, "plan", options, { check });
  }

  /**
   * A gate at run time: held by steps or by the engine right before a change, so that nobody has to do anything.
   *
   * @param id name of the gate
   * @param heldBy what holds it, for people
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static run(id: string, heldBy: string, options: GateOptions): Gate {
    return new Gate(id, "run", options, { heldBy });
  }

  /**
   * An attested gate: waits until somebody attests with `sterna attest`.
   *
   * @param id name of the gate, and of its evidence file
   * @throws SternaError `InvalidIdentifier`, `InvalidGate`
   */
  static attested(id: string, options: EvidenceGateOptions): Gate {
    return Gate.withEvidence(id, "attestation", options);
  }

  /**
   * Waits until a backup was restored for practice, and not too long ago. A `RestoreDrill` writes the evidence; it counts
   * for every release.
   *
   * @param youngerThan how old the drill may be
   * @throws SternaError `InvalidGate`
   */
  static restoreDrill(youngerThan: Duration, id: string = "restore-drill"): Gate {
    const title = `A backup was restored for practice in the last ${youngerThan}`;
    return Gate.withEvidence(id, "restore-drill", { title, validFor: youngerThan, eachRelease: false });
  }

  /**
   * Waits until there is a backup that is not too old. Whatever makes the backup writes the evidence, with
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

  /** What a gate at synth looks for. */
  readonly stackCheck: StackCheck | undefined;

  private readonly details: Pick<GateData, "heldBy" | "check" | "evidence">;

  private constructor(
    readonly id: string,
    readonly kind: GateKind,
    { title, phase = "pre" }: GateOptions,
    { stackCheck, ...details }: Pick<GateData, "heldBy" | "check" | "evidence"> & { readonly stackCheck?: StackCheck },
  ) {
    if (!isIdentifier(id)) {
      throw new SternaError("InvalidIdentifier", `a gate cannot be called "${id}": use ${IDENTIFIER_RULE}`);
    }
    if (title.trim() === "") {
      throw new SternaError("InvalidGate", `the gate "${id}" has an empty title; say what has to hold`);
    }
    this.title = title;
    this.phase = phase;
    this.stackCheck = stackCheck;
    this.details = details;
  }

  /**
   * The gate as `sterna.json` holds it.
   *
   * @internal
   */
  toJSON(): GateData {
    return { id: this.id, kind: this.kind, phase: this.phase, title: this.title, ...this.details };
  }
}
