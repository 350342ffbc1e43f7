import { execa } from "execa";
import { SternaError } from "../../core/sterna-error";
import { whoRuns } from "../project/records";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../project/stacks";
import type { Forge } from "./forge/forge";

/**
 * Commits the pin that was raised to a branch of its own, and asks for it.
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
  // No address that could be somebody's: https://www.rfc-editor.org/rfc/rfc2606
  const author = ["-c", "user.name=sterna", "-c", "user.email=sterna@noreply.invalid"];
  await git(["switch", "--force-create", branch]);
  // Hooks that the project installs are for people, and get no token.
  await git([...author, "commit", "--no-verify", "--quiet", "--message", title, "--", pinsFile]);
  // The same promotion, proposed again, starts from the branch as it is now.
  const push = ["push", "--no-verify", "--quiet", "--force", forge.remote.url, `HEAD:refs/heads/${branch}`];
  await git(push, { ...variables, ...forge.remote.variables });
  const body = `${title}. Asked for by ${whoRuns(variables)}: ${forge.run}\n\nThe environment before proved the release; the plan of this pull request says what it changes.`;
  return forge.propose({ branch, title, body });
}
