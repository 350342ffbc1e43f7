import { gt } from "semver";
import { SternaError } from "../core/errors";
import { Rollout } from "../manifest/rollout";
import type { Environment, EnvironmentChain } from "./environment";
import { type PinTable, readPinsOrTried, type RolloutTable } from "../manifest/pins-file";

/** What the pins of an app are checked against. */
export interface PinsOptions {
  /** Systems of the app. */
  readonly systems: readonly string[];

  /** Environments of the app. */
  readonly environments: EnvironmentChain;
}

/** Which release of each system runs in each environment. */
export class Pins {
  /**
   * The pins of `releases.json`. While `sterna` tries a pin, the proposed content, which it passes in `STERNA_PINS`.
   *
   * @param file path of the file, absolute or relative to the working directory
   * @throws SternaError `FileUnreadable`, `FileNotJson` with line and column, `InvalidPins`, or what the constructor throws
   */
  static fromFile(file: string, options: PinsOptions): Pins {
    const { pins, rollouts } = readPinsOrTried(file, process.env);
    return new Pins(pins, options, file, rollouts);
  }

  /**
   * @param table system, then environment, then release
   * @param source origin of the table, for messages
   * @param rollouts state of the rollouts; checked when the file was read
   * @throws SternaError `UnknownSystem`, `UnknownEnvironment`, `MissingPin`, `PinSkipsEnvironment`
   * @internal
   */
  constructor(
    private readonly table: PinTable,
    { systems, environments }: PinsOptions,
    private readonly source: string = "the pins",
    private readonly rollouts: RolloutTable = {},
  ) {
    for (const system of Object.keys(table)) {
      if (!systems.includes(system)) {
        throw new SternaError(
          "UnknownSystem",
          `${source} names the system "${system}"; the app has ${systems.join(", ")}`,
        );
      }
      for (const name of Object.keys(table[system]!)) this.requireEnvironment(system, name, environments);
    }
    for (const system of systems) {
      for (const environment of environments) this.requireProvedBefore(system, environment);
    }
  }

  /**
   * The release of a system in an environment.
   *
   * @throws SternaError `MissingPin`
   */
  of(system: string, environment: Environment | string): string {
    const name = typeof environment === "string" ? environment : environment.name;
    const release = this.table[system]?.[name];
    if (release === undefined) {
      throw new SternaError(
        "MissingPin",
        `${this.source} does not pin ${system} in ${name}; add "${name}": "<release>" under "${system}"`,
      );
    }
    return release;
  }

  /** State of the rollout of a system in an environment. Undefined if the system has no colors. */
  rolloutOf(system: string, environment: Environment | string): Rollout | undefined {
    const name = typeof environment === "string" ? environment : environment.name;
    const state = this.rollouts[system]?.[name];
    return state && new Rollout(state);
  }

  private requireEnvironment(system: string, name: string, environments: EnvironmentChain): void {
    if (environments.names.includes(name)) return;
    throw new SternaError(
      "UnknownEnvironment",
      `${this.source} pins ${system} in the environment "${name}"; there are ${environments.names.join(", ")}`,
    );
  }

  private requireProvedBefore(system: string, environment: Environment): void {
    const release = this.of(system, environment);
    const { previous } = environment;
    if (previous === undefined || !gt(release, this.of(system, previous))) return;
    throw new SternaError(
      "PinSkipsEnvironment",
      `${this.source} pins ${system} in ${environment.name} to ${release}, which ${previous.name} (${this.of(system, previous)}) ` +
        `does not run yet; promote it to ${previous.name} first, or pin ${environment.name} to ${this.of(system, previous)} or older`,
    );
  }
}
