import { SternaError } from "./sterna-error";

/** A value of `Environment.variables`, looked up where the step runs. */
export interface VariableReference {
  readonly variable: string;
}

/** A variable of the process environment, looked up where the step runs and written nowhere. */
export interface EnvironmentVariableReference {
  readonly env: string;
}

/**
 * Refers to what differs between environments: `variable("BUCKET")`.
 *
 * The program names the variable instead of holding its value, so that staging and production run the same program,
 * with the same checksum.
 *
 * @param name name of the variable in `environments.json`
 */
export function variable(name: string): VariableReference {
  return { variable: name };
}

/** Refers to a secret. The value never gets into the synthesized JSON, the plan, the state, the ledger or a log. */
export const SecretReference = {
  /**
   * The value of a variable of the process environment, where Terraform runs.
   *
   * @param name such as `APP_EF_DATABASE_URL`
   * @throws SternaError `InvalidIdentifier` when no environment variable can be called so (POSIX.1-2017, section 8.1)
   */
  environment(name: string): EnvironmentVariableReference {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new SternaError(
        "InvalidIdentifier",
        `"${name}" cannot name an environment variable: use letters, digits and underscores, not beginning with a digit`,
      );
    }
    return { env: name };
  },
} as const;
