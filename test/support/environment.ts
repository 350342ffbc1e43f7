/** Prefixes of variables that configure Terraform, the clouds, PostgreSQL's client, or Sterna. */
const CONFIGURATION = /^(AWS|CLOUDSDK|GOOGLE|MOTO|STERNA|TF)_|^PG[A-Z]/;

/** An environment without what a developer configured for the tools under test. Programs are still found. */
export function withoutUserConfiguration(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !CONFIGURATION.test(entry[0]),
    ),
  );
}
