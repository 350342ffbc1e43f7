import { SternaError } from "../../../core/sterna-error";
import { GitHub } from "./github";
import { GitLab } from "./gitlab";

/** A change that is asked for: a branch, and what is said about it. */
export interface Proposal {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}

/** A repository that git may push to. */
export interface Remote {
  /** Its address, without a token. */
  readonly url: string;
  /** Configuration of git as variables of the process: arguments are seen by everybody on the machine. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What jobs ask of the service that they run on. */
export interface Forge {
  /** Address for people of the run that this job belongs to. */
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
   * @returns its address; nothing when there is none
   */
  closeIssue(mark: string): Promise<string | undefined>;

  /**
   * What was reviewed in the pull request that brought this job's commit.
   *
   * @returns the text of the file
   * @throws SternaError `ReviewMissing`
   */
  review(stack: string): Promise<string>;

  /** Opens a pull request, or finds the open one of the same branch. */
  propose(proposal: Proposal): Promise<string>;

  /** Where git pushes to, with the token. */
  readonly remote: Remote;
}

/**
 * The service that runs this job.
 *
 * @throws SternaError `ForgeUnknown`
 */
export function forgeOf(variables: NodeJS.ProcessEnv): Forge {
  if (variables.GITHUB_ACTIONS === "true") return new GitHub(variables);
  if (variables.GITLAB_CI === "true") return new GitLab(variables);
  throw new SternaError(
    "ForgeUnknown",
    "neither GITHUB_ACTIONS nor GITLAB_CI is true: the jobs that `sterna ci github` and `sterna ci gitlab` write run this command",
  );
}
