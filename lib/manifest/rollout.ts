import { z } from "zod";
import { SternaError } from "../core/errors";
import { SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/names";

/** The two colors of a rollout. */
export const COLORS = ["blue", "green"] as const;
/** One of the two colors. */
export type Color = (typeof COLORS)[number];

/**
 * Phase of a rollout.
 *
 * - `steady`: only the live color exists
 * - `prewarm`: the other color runs the new release, without traffic
 * - `canary`: the other color gets a percentage of the traffic
 * - `cutover`: the other color became the live one; the old one still runs, without traffic
 * - `aborted`: the live color has all traffic again; the other one still runs, without traffic
 */
export const ROLLOUT_PHASES = ["steady", "prewarm", "canary", "cutover", "aborted"] as const;
/** One of the phases of a rollout. */
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number];

/** Lowest and highest share of a canary, percent: 0 and 100 are other phases. */
const CANARY_PERCENT = { lowest: 1, highest: 99 } as const;

const NEXT: Readonly<Record<RolloutPhase, readonly string[]>> = {
  steady: ["prewarm"],
  prewarm: ["canary", "cutover", "abort"],
  canary: ["a larger canary", "cutover", "abort"],
  cutover: ["retire", "abort"],
  aborted: ["retire"],
};

const release = z.string().regex(SEMANTIC_VERSION, SEMANTIC_VERSION_RULE);

/** State of a rollout in `releases.json`. */
export interface RolloutState {
  /** Phase of the rollout. */
  readonly phase: RolloutPhase;

  /** Color with most or all of the traffic. */
  readonly live: Color;

  /**
   * Percentage of the traffic for the other color; only in the phase `canary`.
   * @default - no traffic, or all of it
   */
  readonly canary?: number;

  /** Release of each color that exists. */
  readonly releases: Readonly<Partial<Record<Color, string>>>;

  /**
   * When the phase began, UTC. The bake time counts from here.
   * @default - unknown
   */
  readonly since?: string;
}

/** State of a rollout in `releases.json`, next to the pin. */
export const rolloutState = z
  .strictObject({
    phase: z.enum(ROLLOUT_PHASES),
    /** Color with most or all of the traffic. */
    live: z.enum(COLORS),
    /** Percentage of the traffic for the other color; only in the phase `canary`. */
    canary: z.number().int().min(CANARY_PERCENT.lowest).max(CANARY_PERCENT.highest).optional(),
    /** Release of each color that exists. */
    releases: z.strictObject({ blue: release.optional(), green: release.optional() }),
    /** When the phase began, UTC. The bake time counts from here. */
    since: z.iso.datetime().optional(),
  })
  .superRefine(({ phase, live, canary, releases }, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
    if ((canary !== undefined) !== (phase === "canary")) {
      refuse(["canary"], 'goes with the phase "canary", and with no other');
    }
    if (releases[live] === undefined) refuse(["releases", live], "the live color needs a release");
    const other = otherColor(live);
    if ((releases[other] === undefined) !== (phase === "steady")) {
      refuse(["releases", other], `goes with every phase but "steady", got the phase "${phase}"`);
    }
  });

/** The other color. */
export function otherColor(color: Color): Color {
  return color === "blue" ? "green" : "blue";
}

/**
 * The state of a rollout with two colors, and its transitions: `prewarm → canary → cutover → retire`, and `abort` from
 * each of the first three. Immutable: each transition returns a new one.
 *
 * The traffic split follows from the phase alone, so only a change of the phase moves traffic.
 */
export class Rollout {
  /** A newly created system: one color, no traffic to move. */
  static steady(live: Color, release: string): Rollout {
    return new Rollout({ phase: "steady", live, releases: { [live]: release } });
  }

  /** @param state as in `releases.json` */
  constructor(readonly state: RolloutState) {}

  get phase(): RolloutPhase {
    return this.state.phase;
  }

  /** Color with most or all of the traffic. */
  get live(): Color {
    return this.state.live;
  }

  /** The color that is not live. */
  get idle(): Color {
    return otherColor(this.live);
  }

  /** Colors that exist. */
  get colors(): readonly Color[] {
    return COLORS.filter((color) => this.state.releases[color] !== undefined);
  }

  /** Percentage of the traffic of each color. They add up to 100. */
  get weights(): Readonly<Record<Color, number>> {
    const share = this.state.canary ?? 0;
    return this.live === "blue" ? { blue: 100 - share, green: share } : { blue: share, green: 100 - share };
  }

  /** Release that a color runs. Undefined for a color that does not exist. */
  releaseOf(color: Color): string | undefined {
    return this.state.releases[color];
  }

  /**
   * Starts the idle color, without traffic.
   *
   * @param release that it runs
   * @throws SternaError `RolloutJump` unless the rollout is `steady`
   */
  prewarm(release: string): Rollout {
    this.require("prewarm", "steady");
    return this.next({ phase: "prewarm", releases: { ...this.state.releases, [this.idle]: release } });
  }

  /**
   * Gives the idle color a share of the traffic, or a larger one.
   *
   * @param percent whole number from 1 to 99
   * @throws SternaError `CanaryOutOfRange`; `RolloutJump` unless the rollout is in `prewarm` or in a smaller canary
   */
  canary(percent: number): Rollout {
    const { lowest, highest } = CANARY_PERCENT;
    if (!Number.isInteger(percent) || percent < lowest || percent > highest) {
      throw new SternaError(
        "CanaryOutOfRange",
        `a canary cannot get ${percent} percent; take a whole number from ${lowest} to ${highest}, \`cutover\` for all of the traffic, \`abort\` for none`,
      );
    }
    this.require(`canary ${percent}`, "prewarm", "canary");
    if (percent <= (this.state.canary ?? 0)) {
      throw this.jump(`canary ${percent}`, `the canary has ${this.state.canary} percent already, and only grows`);
    }
    return this.next({ phase: "canary", canary: percent });
  }

  /**
   * Gives the idle color all of the traffic, which makes it the live one. The other one stays, for a rollback.
   *
   * @throws SternaError `RolloutJump` unless the rollout is in `prewarm` or `canary`
   */
  cutover(): Rollout {
    this.require("cutover", "prewarm", "canary");
    return this.next({ phase: "cutover", live: this.idle });
  }

  /**
   * Removes the color without traffic.
   *
   * @throws SternaError `RolloutJump` unless the rollout is in `cutover` or `aborted`
   */
  retire(): Rollout {
    this.require("retire", "cutover", "aborted");
    return this.next({ phase: "steady", releases: { [this.live]: this.state.releases[this.live] } });
  }

  /**
   * Returns all of the traffic to the color that had it before the rollout. The other one stays until it is retired, so
   * that it can be inspected.
   *
   * @throws SternaError `RolloutJump` when no rollout was begun
   */
  abort(): Rollout {
    this.require("abort", "prewarm", "canary", "cutover");
    return this.next({ phase: "aborted", live: this.phase === "cutover" ? this.idle : this.live });
  }

  /** The same rollout with the time at which its phase began. */
  begunAt(since: Date): Rollout {
    return new Rollout({ ...this.state, since: since.toISOString() });
  }

  private next(change: Partial<RolloutState>): Rollout {
    const { live, releases } = this.state;
    return new Rollout({ phase: this.phase, live, releases, ...change });
  }

  private require(wanted: string, ...phases: readonly RolloutPhase[]): void {
    if (!phases.includes(this.phase)) throw this.jump(wanted, `the rollout is in the phase "${this.phase}"`);
  }

  private jump(wanted: string, reason: string): SternaError {
    return new SternaError("RolloutJump", `no ${wanted} now: ${reason}. Next may come: ${NEXT[this.phase].join(", ")}`);
  }
}

/** Conditions for the next phase of a rollout, as constructs with colors declare them in `sterna.json`. */
export const rolloutRules = z.object({
  /** How long a phase must run, in seconds. */
  bakeSeconds: z.number().nonnegative(),
  /** Names of the CloudWatch alarms of each color. */
  alarms: z.object({ blue: z.array(z.string()), green: z.array(z.string()) }),
});
export type RolloutRules = z.infer<typeof rolloutRules>;

/** Merges the rules of several constructs of one stack: the longest bake time, and all alarms. */
export function mergeRolloutRules(one: RolloutRules | undefined, other: RolloutRules): RolloutRules {
  if (one === undefined) return other;
  return {
    bakeSeconds: Math.max(one.bakeSeconds, other.bakeSeconds),
    alarms: {
      blue: [...one.alarms.blue, ...other.alarms.blue],
      green: [...one.alarms.green, ...other.alarms.green],
    },
  };
}
