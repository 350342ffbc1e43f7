import { z } from "zod";
import { SternaError } from "../core/errors";
import { SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/names";

/** The two colors of whatever is rolled out. */
export const COLORS = ["blue", "green"] as const;
/** One of the two colors. */
export type Color = (typeof COLORS)[number];

/**
 * How far a rollout is.
 *
 * - `steady`: only the live color exists
 * - `prewarm`: the other color runs the new release, without traffic
 * - `canary`: the other color gets some percent of the traffic
 * - `cutover`: the other color became the live one; the old one still runs, without traffic
 * - `aborted`: the live color has all traffic again; the other one still runs, without traffic
 */
export const ROLLOUT_PHASES = ["steady", "prewarm", "canary", "cutover", "aborted"] as const;
/** One of the phases of a rollout. */
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number];

/** Lowest and highest share of a canary, percent: nothing and everything are phases of their own. */
const CANARY_PERCENT = { lowest: 1, highest: 99 } as const;

const NEXT: Readonly<Record<RolloutPhase, readonly string[]>> = {
  steady: ["prewarm"],
  prewarm: ["canary", "cutover", "abort"],
  canary: ["a larger canary", "cutover", "abort"],
  cutover: ["retire", "abort"],
  aborted: ["retire"],
};

const release = z.string().regex(SEMANTIC_VERSION, SEMANTIC_VERSION_RULE);

/** What `releases.json` holds of a rollout. */
export interface RolloutState {
  /** How far the rollout is. */
  readonly phase: RolloutPhase;

  /** Color that has the traffic, or most of it. */
  readonly live: Color;

  /**
   * Percent of the traffic that the other color gets; only in the phase `canary`.
   * @default - no traffic, or all of it
   */
  readonly canary?: number;

  /** Release of each color that exists. */
  readonly releases: Readonly<Partial<Record<Color, string>>>;

  /**
   * When the phase began, UTC: what the bake time counts from.
   * @default - nothing says
   */
  readonly since?: string;
}

/** A rollout as `releases.json` holds it, beside the pin. */
export const rolloutState = z
  .strictObject({
    phase: z.enum(ROLLOUT_PHASES),
    /** Color that has the traffic, or most of it. */
    live: z.enum(COLORS),
    /** Percent of the traffic that the other color gets; only in the phase `canary`. */
    canary: z.number().int().min(CANARY_PERCENT.lowest).max(CANARY_PERCENT.highest).optional(),
    /** Release of each color that exists. */
    releases: z.strictObject({ blue: release.optional(), green: release.optional() }),
    /** When the phase began, UTC: what the bake time counts from. */
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

/** The color beside this one. */
export function otherColor(color: Color): Color {
  return color === "blue" ? "green" : "blue";
}

/**
 * Where a rollout with two colors stands, and where it may go: `prewarm → canary → cutover → retire`, and `abort` from
 * each of the first three. It never changes; each step gives the next one.
 *
 * The shares of the traffic follow from the phase alone, so nothing but a change of the phase moves traffic.
 */
export class Rollout {
  /** A system that was just set up: one color, no traffic to move. */
  static steady(live: Color, release: string): Rollout {
    return new Rollout({ phase: "steady", live, releases: { [live]: release } });
  }

  /** @param state as `releases.json` holds it */
  constructor(readonly state: RolloutState) {}

  get phase(): RolloutPhase {
    return this.state.phase;
  }

  /** Color that has the traffic, or most of it. */
  get live(): Color {
    return this.state.live;
  }

  /** Color beside the live one. */
  get idle(): Color {
    return otherColor(this.live);
  }

  /** Colors that exist. */
  get colors(): readonly Color[] {
    return COLORS.filter((color) => this.state.releases[color] !== undefined);
  }

  /** Percent of the traffic of each color. They add up to 100. */
  get weights(): Readonly<Record<Color, number>> {
    const share = this.state.canary ?? 0;
    return this.live === "blue" ? { blue: 100 - share, green: share } : { blue: share, green: 100 - share };
  }

  /** Release that a color runs; nothing for one that does not exist. */
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
   * Gives the idle color all of the traffic: it is the live one from now on. The other one stays, to go back to.
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
   * Gives all of the traffic back to the color that had it before the rollout. The other one stays until it is retired,
   * so that it can be inspected.
   *
   * @throws SternaError `RolloutJump` when nothing was begun
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

/** What has to hold before a rollout goes on: what the constructs with colors say in `sterna.json`. */
export const rolloutRules = z.object({
  /** How long a phase has to stand, in seconds. */
  bakeSeconds: z.number().nonnegative(),
  /** Names of the CloudWatch alarms that speak against a color. */
  alarms: z.object({ blue: z.array(z.string()), green: z.array(z.string()) }),
});
export type RolloutRules = z.infer<typeof rolloutRules>;

/** The rules of several constructs of one stack: the longest bake time, the alarms of all. */
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
