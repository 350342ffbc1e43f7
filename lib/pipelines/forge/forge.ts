import { RefusedError, SternaError } from "../../core/errors";

/** A proposed change: a branch, and its description. */
export interface Proposal {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}

/** A repository that git may push to. */
export interface Remote {
  /** Its URL, without a token. */
  readonly url: string;
  /** Git configuration as environment variables: all users of the machine can see arguments. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What jobs need from the service that they run on. */
export interface Forge {
  /** Web address of this job's run. */
  readonly run: string;

  /**
   * Writes a comment on the pull request, or replaces the one that begins with the same mark.
   *
   * @returns its address
   */
  comment(mark: string, body: string): Promise<string>;

  /**
   * Opens an issue, or replaces the text of the open one that begins with the same mark.
   *
   * @returns its address
   */
  openIssue(mark: string, title: string, body: string): Promise<string>;

  /**
   * Closes the open issue that begins with a mark.
   *
   * @returns its address; undefined when there is none
   */
  closeIssue(mark: string): Promise<string | undefined>;

  /**
   * The review in the pull request of this job's commit.
   *
   * @returns the text of the file
   * @throws SternaError `ReviewMissing`
   */
  review(stack: string): Promise<string>;

  /** Opens a pull request, or finds the open one for the same branch. */
  propose(proposal: Proposal): Promise<string>;

  /** Where git pushes to, with the token. */
  readonly remote: Remote;
}

/** @throws SternaError `ForgeUnknown` when the job does not have the variable */
export function variable(variables: NodeJS.ProcessEnv, name: string): string {
  const value = variables[name];
  if (value) return value;
  throw new SternaError("ForgeUnknown", `the variable ${name} is not set in this job`);
}

/** As in actions/checkout: a header for one server, in git configuration passed as variables. */
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
