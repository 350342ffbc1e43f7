import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { Cron } from "croner";
import { z } from "zod";
import { Duration } from "../core/duration";
import { ValidationError, SternaError } from "../core/errors";
import { describeIssues } from "../core/read-json-file";
import { SystemStack } from "../environments/system-stack";
import {
  type GatesData,
  MAINTENANCE_WINDOW,
  type WaiverData,
  expiredWaiver,
  findWaiver,
  isInForce,
  type WindowData,
} from "../manifest/gate-data";
import type { Gate } from "./gate";
import { RenderedStack, type Finding } from "./rendered-stack";

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
  /**
   * What `sterna.json` says about the gates.
   *
   * @internal
   */
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

/** Properties of a `MaintenanceWindow`. */
export interface MaintenanceWindowProps {
  /** When it begins, as a cron expression with five fields: `0 22 * * 6` is Saturday at 22:00. */
  readonly schedule: string;

  /** How long it is open: from a minute to seven days. */
  readonly duration: Duration;

  /**
   * Time zone of the schedule, as IANA names it: `Europe/Berlin`.
   * @default "UTC"
   */
  readonly zone?: string;
}

const [SHORTEST, LONGEST] = [Duration.minutes(1), Duration.days(7)];

/** A time in which an environment may be changed. Outside of all windows, `sterna apply` refuses. */
export class MaintenanceWindow {
  private readonly data: WindowData;

  /** @throws SternaError `InvalidMaintenanceWindow` */
  constructor({ schedule, duration, zone = "UTC" }: MaintenanceWindowProps) {
    const refuse = (problem: string): never => {
      throw new SternaError("InvalidMaintenanceWindow", `the maintenance window "${schedule}" ${problem}`);
    };
    const seconds = duration.toSeconds({ integral: false });
    if (seconds < SHORTEST.toSeconds() || seconds > LONGEST.toSeconds()) {
      refuse(`must be open from ${SHORTEST} to ${LONGEST}, got ${duration}`);
    }
    if (schedule.trim().split(/\s+/).length !== 5) {
      refuse('must have five fields: minute, hour, day of month, month, day of week, such as "0 22 * * 6"');
    }
    try {
      const cron = new Cron(schedule, { timezone: zone, paused: true });
      if (cron.nextRun() === null) refuse("never begins");
    } catch (cause) {
      if (cause instanceof SternaError) throw cause;
      refuse(`in the zone "${zone}" is none: ${(cause as Error).message}`);
    }
    this.data = { schedule, seconds, zone };
  }

  /**
   * The window as `sterna.json` holds it.
   *
   * @internal
   */
  toJSON(): WindowData {
    return this.data;
  }
}

/** Leave to go past a gate: committed, reviewed, and at an end by itself. */
export interface Waiver {
  /** Id of the gate, or `maintenance-window`. */
  readonly gate: string;

  /** Why the gate may be passed. */
  readonly reason: string;

  /** Who answers for it, by name. */
  readonly by: string;

  /** From when on it no longer counts: a date, which means its end in UTC, or a time in UTC. */
  readonly expires: string;

  /**
   * Addresses in Terraform that it is about, such as `aws_lb_listener.http`; for S and P gates.
   * @default - all
   */
  readonly resources?: readonly string[];
}

const words = z.string().trim().min(1, "must not be empty");
const waiver = z.strictObject({
  gate: words,
  reason: words,
  by: words,
  expires: z.union([z.iso.date(), z.iso.datetime()], 'must be a date or a time in UTC, such as "2026-12-31"'),
  resources: z.array(words).min(1, "must name a resource; leave it out for all").optional(),
});

/**
 * The waiver as `sterna.json` holds it.
 *
 * @throws SternaError `InvalidWaiver`
 */
function toWaiverData(from: Waiver): WaiverData {
  const parsed = waiver.safeParse(from);
  if (!parsed.success) {
    throw new SternaError("InvalidWaiver", `a waiver is not as it should be:\n${describeIssues(parsed.error)}`);
  }
  const { expires, ...rest } = parsed.data;
  return { ...rest, expires: expires.includes("T") ? expires : `${expires}T23:59:59.999Z` };
}
