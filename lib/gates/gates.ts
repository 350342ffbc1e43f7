import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { checkProps } from "../core/check-props";
import { Duration } from "../core/duration";
import { attempt, collect, report, SternaError, ValidationError } from "../core/errors";
import { SystemStack } from "../environments/system-stack";
import type { GatesData, WindowData } from "../manifest/gate-data";
import {
  expiredWaiver,
  findWaiver,
  isInForce,
  MAINTENANCE_WINDOW,
  PROOF_GATE,
  readWaivers,
  type Waiver,
  type WaiverPlace,
  waiverToWrite,
} from "../manifest/waivers";
import type { Schedule } from "../schedule/schedule";
import { toUnixCron } from "../schedule/unix-cron";
import type { Gate } from "./gate";
import { RenderedStack, type Finding } from "./rendered-stack";

/** Properties of `Gates`. */
export interface GatesProps {
  /** The gates. Several lists may contain the same gate. */
  readonly gates: readonly Gate[];

  /**
   * Path of the file with the waivers, from the working directory. The command line always reads `waivers.json` in the
   * project's folder, so name another path only for an app that runs in another folder.
   * @default "waivers.json" - nothing is waived if the file does not exist
   */
  readonly waiversFile?: string;

  /**
   * When the environment may be changed.
   * @default - at any time
   */
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
}

/**
 * The gates of a system in an environment. Creates no resource: gates at synth stop the synthesis, and the command line
 * reads the others from `sterna.json`.
 */
export class Gates extends Construct {
  /**
   * What `sterna.json` says about the gates.
   *
   * @internal
   */
  readonly data: GatesData;

  private readonly gates: readonly Gate[];
  private readonly place: WaiverPlace;
  private readonly waivers: readonly Waiver[];

  /**
   * @throws ValidationError `StackMissing`, `DuplicateGate`, `UnknownGate`, `InvalidWaiver`, `InvalidWaivers`; at synthesis what the gates at synth
   * refuse: `PlainSecretInEnvironment`, `CorsNotExplicit`, `ListenerWithoutTls`, `ServiceNotAlarmed`, `StatefulNotBackedUp`,
   * `StepWithoutWayBack`
   */
  constructor(scope: Construct, id: string, props: GatesProps) {
    super(scope, id);
    checkProps(this, "GatesProps", props);
    const { gates, waiversFile = "waivers.json", maintenanceWindows = [] } = props;
    const stack = SystemStack.of(this);
    this.gates = [...new Set(gates)];
    this.data = {
      gates: this.gates.map((gate) => gate.toJSON()),
      windows: maintenanceWindows.map((window) => window.toJSON()),
    };
    const { system, environment, release } = stack.manifest;
    this.place = { system, environment, release };
    this.waivers = collect(this, () => {
      this.requireUnique();
      const waivers = attempt(this, () => readWaivers(waiversFile, this.place)) ?? [];
      for (const waiver of waivers) this.requireWaivable(waiver);
      attempt(this, () => stack.declareGates(this.data));
      return waivers;
    });
    stack.addInspection((rendered) => this.inspect(new RenderedStack(rendered)));
  }

  private requireUnique(): void {
    const seen = new Set<string>([MAINTENANCE_WINDOW, PROOF_GATE]);
    for (const { id } of this.gates) {
      if (seen.has(id)) {
        report(this, "DuplicateGate", `two gates have the id "${id}"; give each its own id`);
      }
      seen.add(id);
    }
  }

  private requireWaivable(waiver: Waiver): void {
    if (waiver.gate === PROOF_GATE) return;
    const gate = this.gates.find(({ id }) => id === waiver.gate);
    if (gate === undefined && waiver.gate !== MAINTENANCE_WINDOW) {
      // One for several stacks may be for a gate that only others of them have.
      if (waiver.system === undefined || waiver.environment === undefined) return;
      const known = [...this.gates.map(({ id }) => id), MAINTENANCE_WINDOW, PROOF_GATE].join(", ");
      report(this, "UnknownGate", `a waiver is for the gate "${waiver.gate}"; there are ${known}`);
      return;
    }
    if (gate?.kind === "run") {
      report(this, "InvalidWaiver", `${gate.id} cannot be waived: it is enforced by ${gate.toJSON().heldBy}`);
      return;
    }
    if (waiver.changes !== undefined && gate?.kind !== "synth" && gate?.kind !== "plan") {
      report(
        this,
        "InvalidWaiver",
        `the waiver of ${waiver.gate} names changes, but only gates at synth and plan judge single changes; remove \`changes\``,
      );
    }
    if (!isInForce(waiver, new Date())) {
      Annotations.of(this).addWarning(
        `the waiver of ${waiver.gate} by ${waiver.by} ended ${waiver.expires}; remove it from waivers.json`,
      );
    }
  }

  private inspect(stack: RenderedStack): void {
    const now = new Date();
    const refused = this.gates.flatMap((gate) =>
      (gate.stackCheck?.(stack) ?? [])
        .filter(({ address }) => findWaiver(this.waivers, gate.id, now, address) === undefined)
        .map((finding) => ({ gate, finding })),
    );
    const [first] = refused;
    if (first === undefined) return;
    const lines = refused.map(
      ({ gate, finding }) => `  ${describe(finding)}${expiredWaiver(this.waivers, gate.id, now)}`,
    );
    throw new ValidationError(
      first.finding.code,
      `the gate ${first.gate.id} refuses:\n${lines.join("\n")}\n` +
        `Fix it, or waive it by name in waivers.json: ${waiverToWrite(this.place, first.gate.id, first.finding.address)}`,
      this,
    );
  }
}

function describe({ code, address, path, message }: Finding): string {
  return `${code}: ${address}${path === address ? "" : ` (${path})`}: ${message}`;
}

/** Properties of a `MaintenanceWindow`. */
export interface MaintenanceWindowProps {
  /** When it begins, by the minute: `Schedule.weekly({ on: "Sat", at: "22:00", zone: "Europe/Berlin" })`. */
  readonly schedule: Schedule;

  /** Its length: from a minute to seven days. */
  readonly duration: Duration;
}

const [SHORTEST, LONGEST] = [Duration.minutes(1), Duration.days(7)];

/** A time in which an environment may be changed. Outside of its windows, `sterna apply` refuses. */
export class MaintenanceWindow {
  private readonly data: WindowData;

  /** @throws SternaError `InvalidMaintenanceWindow`, `ScheduleUntranslatable` */
  constructor({ schedule, duration }: MaintenanceWindowProps) {
    // A JavaScript user can write the expression itself.
    if (typeof schedule === "string") {
      throw new SternaError(
        "InvalidMaintenanceWindow",
        `schedule is the text "${schedule as string}"; write Schedule.cron("${schedule as string}")`,
      );
    }
    const seconds = duration.toSeconds({ integral: false });
    if (seconds < SHORTEST.toSeconds() || seconds > LONGEST.toSeconds()) {
      throw new SternaError(
        "InvalidMaintenanceWindow",
        `the length of the maintenance window "${schedule.source}" must be from ${SHORTEST} to ${LONGEST}, got ${duration}`,
      );
    }
    this.data = { schedule: cronLine(schedule), seconds, zone: schedule.zone };
  }

  /**
   * The window as in `sterna.json`.
   *
   * @internal
   */
  toJSON(): WindowData {
    return this.data;
  }
}

/** The one line of cron that `sterna.json` holds. */
function cronLine({ rules, rate, source }: Schedule): string {
  if (rate !== undefined) {
    throw new SternaError(
      "ScheduleUntranslatable",
      `a maintenance window cannot use "${source}": it counts from its start, and a window follows the clock; ` +
        'write Schedule.daily({ at: "22:00" }) or Schedule.cron',
    );
  }
  const lines = toUnixCron(rules, { name: "a maintenance window", eitherDay: true });
  if (lines.length === 1) return lines[0]!;
  throw new SternaError(
    "ScheduleUntranslatable",
    `a maintenance window cannot use "${source}": it takes ${lines.length} cron expressions, ${lines.join(" and ")}; ` +
      "declare one window for each",
  );
}
