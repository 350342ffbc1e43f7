import { readJsonFile } from "../core/read-json-file";
import { SternaError } from "../core/sterna-error";
import { Environment, type EnvironmentProps } from "./environment";
import { environmentsFile } from "./environments-file";

/** The environments in the order in which a release moves through them: development, staging, production. */
export class EnvironmentChain implements Iterable<Environment> {
  /**
   * The chain that a JSON file describes.
   *
   * @param file path of `environments.json`, absolute or relative to the working directory
   * @throws SternaError `FileUnreadable`, `FileNotJson` with line and column, `InvalidEnvironments`, or what the constructor throws
   */
  static fromFile(file: string): EnvironmentChain {
    return new EnvironmentChain(readJsonFile(file, environmentsFile, "InvalidEnvironments").environments);
  }

  private readonly environments = new Map<string, Environment>();

  /**
   * @param environments the first is where a release starts
   * @throws SternaError `NoEnvironments`, `DuplicateEnvironment`, `InvalidIdentifier`, `LiteralPassword`
   */
  constructor(environments: readonly EnvironmentProps[]) {
    if (environments.length === 0) {
      throw new SternaError(
        "NoEnvironments",
        'a chain needs at least one environment, such as { "name": "development" }',
      );
    }
    let previous: Environment | undefined;
    for (const [order, props] of environments.entries()) {
      if (this.environments.has(props.name)) {
        throw new SternaError(
          "DuplicateEnvironment",
          `two environments are called "${props.name}"; give each a name of its own`,
        );
      }
      previous = new Environment(props, order, previous);
      this.environments.set(previous.name, previous);
    }
  }

  /** Names of the environments, in order. */
  get names(): string[] {
    return [...this.environments.keys()];
  }

  /** @throws SternaError `UnknownEnvironment` */
  get(name: string): Environment {
    const environment = this.environments.get(name);
    if (environment === undefined) {
      throw new SternaError(
        "UnknownEnvironment",
        `there is no environment "${name}"; there are ${this.names.join(", ")}`,
      );
    }
    return environment;
  }

  /**
   * The environment before this one, where its releases are proved; none before the first.
   *
   * @throws SternaError `UnknownEnvironment`
   */
  previous(environment: Environment | string): Environment | undefined {
    return this.get(typeof environment === "string" ? environment : environment.name).previous;
  }

  [Symbol.iterator](): Iterator<Environment> {
    return this.environments.values();
  }
}
