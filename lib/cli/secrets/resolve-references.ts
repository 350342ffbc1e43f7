import { SternaError } from "../../core/sterna-error";
import { SecretFetcher } from "../../engine/secrets/secret-fetcher";
import { referredSecret } from "../../engine/secrets/stored-secret";

/**
 * Variables, with what they refer to in place of references. All secrets are fetched at the same time, each once.
 *
 * @param variables credentials, regions and endpoints are looked up there as well
 * @throws SternaError why a variable has no value, with its name
 */
export async function resolveReferences(variables: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const fetcher = new SecretFetcher(variables);
  const resolved = Object.entries(variables).map(async ([name, value = ""]) => {
    try {
      const secret = referredSecret(value, "its value");
      return [name, secret === undefined ? value : await fetcher.fetch(secret)] as const;
    } catch (cause) {
      if (!(cause instanceof SternaError)) throw cause;
      throw new SternaError(cause.code, `${name}: ${cause.message}`, { cause });
    }
  });
  return Object.fromEntries(await Promise.all(resolved));
}
