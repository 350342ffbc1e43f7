import { SternaError } from "../core/errors";
import { IDENTIFIER_RULE, isIdentifier } from "../core/names";
import { readJsonFile } from "../core/read-json-file";
import { holdsPassword } from "../core/secrets-in-text";
import { environmentsFile } from "../manifest/environments-file";

/** Properties of an `Environment`. */
export interface EnvironmentProps {
  /** Name, such as `staging`: lower-case letters, digits and hyphens, beginning with a letter. */
  readonly name: string;

  /**
   * Cloud region of the environment's resources, such as `eu-west-1`.
   * @default - the region of the credentials
   */
  readonly region?: string;

  /**
   * Whether people must confirm before anything is applied here.
   * @default false
   */
  readonly protected?: boolean;

  /**
   * What differs in this environment: values by system and name. A step refers to one as `variable("NAME")`. They are
   * written to plans, states and ledgers, so they must not be secrets.
   * @default - none
   */
  readonly variables?: Readonly<Record<string, Readonly<Record<string, string>>>>;

  /**
   * Tags for every resource of the environment.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A place where a system runs. Created by an `EnvironmentChain`. */
export class Environment {
  readonly name: string;
  readonly region: string | undefined;
  readonly protected: boolean;
  readonly variables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tags: Readonly<Record<string, string>>;

  /**
   * @param props properties of the environment
   * @param order position in the chain, from 0
   * @param previous the previous environment, where a release must be proved first
   * @throws SternaError `InvalidIdentifier`, or `LiteralPassword` when a variable holds a URL with a password
   */
  constructor(
    props: EnvironmentProps,
    readonly order: number = 0,
    readonly previous: Environment | undefined = undefined,
  ) {
    if (!isIdentifier(props.name)) {
      throw new SternaError(
        "InvalidIdentifier",
        `an environment cannot be called "${props.name}": use ${IDENTIFIER_RULE}`,
      );
    }
    this.name = props.name;
    this.region = props.region;
    this.protected = props.protected ?? false;
    this.variables = props.variables ?? {};
    this.tags = props.tags ?? {};
    for (const [system, variables] of Object.entries(this.variables)) {
      for (const [name, value] of Object.entries(variables)) this.refusePassword(system, name, value);
    }
  }

  /** The variables of one system. Empty if it has none here. */
  variablesOf(system: string): Readonly<Record<string, string>> {
    return this.variables[system] ?? {};
  }

  private refusePassword(system: string, name: string, value: string): void {
    if (!holdsPassword(value)) return;
    throw new SternaError(
      "LiteralPassword",
      `variable ${name} of ${system} in ${this.name} is a URL with a password; variables are written to plans and ledgers. ` +
        `Set ${name} where Terraform runs and refer to it as SecretReference.environment("${name}")`,
    );
  }
}

/** Example for the message when `environments.json` is missing. */
const EXAMPLE = '{ "environments": [{ "name": "development" }, { "name": "staging" }] }';

/** The environments in the order in which a release moves through them: development, staging, production. */
export class EnvironmentChain implements Iterable<Environment> {
  /**
   * Reads the chain from a JSON file.
   *
   * @param file path of `environments.json`, absolute or relative to the working directory
   * @throws SternaError `FileUnreadable`, `FileNotJson` with line and column, `InvalidEnvironments`, or what the constructor throws
   */
  static fromFile(file: string): EnvironmentChain {
    return new EnvironmentChain(readJsonFile(file, environmentsFile, "InvalidEnvironments", EXAMPLE).environments);
  }

  private readonly environments = new Map<string, Environment>();

  /**
   * @param environments in order; the first is where a release starts
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
   * The previous environment, where releases are proved first. Undefined for the first environment.
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
