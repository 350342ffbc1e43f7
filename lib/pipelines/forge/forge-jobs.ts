import { execa } from "execa";
import { SternaError } from "../../core/errors";
import { COMMENT_LIMIT } from "../../promotion/report/markdown";
import type { Project } from "../../toolkit/project/project";
import { whoRuns } from "../../toolkit/project/records";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import type { Forge } from "./forge";
import { GitHub } from "./github";
import { GitLab } from "./gitlab";

/**
 * Commits the raised pin to a separate branch, and opens a pull request.
 *
 * @returns the address of the pull request
 * @throws SternaError `ForgeFailed` when git refuses
 */
export async function proposePin(
  { directory, pinsFile }: Project,
  { system, environment, release }: SynthesizedSystem,
  forge: Forge,
  variables: NodeJS.ProcessEnv,
): Promise<string> {
  const branch = `sterna/promote-${system}-${environment}-${release}`;
  const title = `Promote ${system} in ${environment} to ${release}`;
  const git = async (args: readonly string[], env = variables) => {
    const result = await execa("git", args, { cwd: directory, env, extendEnv: false, stdin: "ignore", reject: false });
    if (!result.failed) return;
    throw new SternaError("ForgeFailed", `git ${args[0]} failed: ${result.stderr || result.stdout}`);
  };
  // An address that cannot belong to anyone: https://www.rfc-editor.org/rfc/rfc2606
  const author = ["-c", "user.name=sterna", "-c", "user.email=sterna@noreply.invalid"];
  await git(["switch", "--force-create", branch]);
  // Hooks that the project installs are for people, and must not get the token.
  await git([...author, "commit", "--no-verify", "--quiet", "--message", title, "--", pinsFile]);
  // Proposing the same promotion again starts from the current branch.
  const push = ["push", "--no-verify", "--quiet", "--force", forge.remote.url, `HEAD:refs/heads/${branch}`];
  await git(push, { ...variables, ...forge.remote.variables });
  const body = `${title}. Asked for by ${whoRuns(variables)}: ${forge.run}\n\nThe environment before proved the release; the plan of this pull request says what it changes.`;
  return forge.propose({ branch, title, body });
}

const CUT = "\n```\n\n</details>\n\nThe rest did not fit; the log of the run has all of it.";

/** The first line of a text about a subject, which is invisible and identifies the comment later. */
export function markOf(subject: string): string {
  return `<!-- sterna: ${subject.replace(/[^\w ./-]/g, "_").replaceAll("--", "__")} -->`;
}

/**
 * A report with the address of the run, fitted to the maximum size of a comment. A long report uses nearly all of it,
 * and ends with a folded list of changes.
 *
 * @param limit available number of characters
 */
export function fitComment(report: string, mark: string, run: string, limit: number = COMMENT_LIMIT): string {
  const end = `\n\n[Run](${run})\n`;
  const text = report.trimEnd();
  const room = limit - mark.length - 1 - end.length;
  if (text.length <= room) return text + end;
  const kept = text.slice(0, room - CUT.length);
  return kept.slice(0, Math.max(kept.lastIndexOf("\n"), 0)) + CUT + end;
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
