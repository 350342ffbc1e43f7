import { SternaError } from "../../../core/sterna-error";
import { RefusedError } from "../../../promotion/refused-error";
import type { Remote } from "./forge";

/** @throws SternaError `ForgeUnknown` when the job has no such variable */
export function variable(variables: NodeJS.ProcessEnv, name: string): string {
  const value = variables[name];
  if (value) return value;
  throw new SternaError("ForgeUnknown", `the variable ${name} is not set in this job`);
}

/** As actions/checkout does it: a header for one server, in the configuration that git takes from variables. */
export function remoteOf(server: string, path: string, user: string, token: string): Remote {
  return {
    url: `${server}/${path}.git`,
    variables: {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${server}/.extraheader`,
      GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${Buffer.from(`${user}:${token}`).toString("base64")}`,
      GIT_TERMINAL_PROMPT: "0",
    },
  };
}

export function reviewMissing(stack: string, reason: string): RefusedError {
  return new RefusedError(
    "ReviewMissing",
    `there is no reviewed plan of ${stack} for this commit: ${reason}. Nothing is applied that nobody could look at: ` +
      "open a pull request, and merge it when its plan was made.",
  );
}
