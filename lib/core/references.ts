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
