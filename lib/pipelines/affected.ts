import { execa } from "execa";
import { canonicalJson } from "../manifest/checksum";
import { pinsFile } from "../manifest/pins-file";
import type { Project } from "../toolkit/project/project";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";

/** Project files that do not affect any stack. */
const NO_PART_OF_A_STACK = /^(?:evidence|docs|\.github|\.gitlab)\/|^[^/]+\.md$|^\.gitignore$/;

/** Changes since a commit. */
export interface Changes {
  /** Systems and environments whose entry in `releases.json` changed, as `system/environment`. Absent for all. */
  readonly pins: ReadonlySet<string> | undefined;
  /** Whether anything else changed that may affect a stack. */
  readonly code: boolean;
}

/**
 * Finds what changed in a project since a commit.
 *
 * @param since a commit; if it is not available here, everything counts as changed
 */
export async function changesSince({ directory }: Project, since: string): Promise<Changes> {
  const git = (...args: string[]) => execa("git", args, { cwd: directory, reject: false, stdin: "ignore" });
  // Not `since...HEAD`: changes of the other branch in the meantime would be applied too.
  const names = ["diff", "--name-only", "--no-renames", "-z", "--end-of-options", since, "HEAD", "--"];
  const [diff, prefix] = [await git(...names), await git("rev-parse", "--show-prefix")];
  if (diff.failed || prefix.failed) return { pins: undefined, code: true };
  const pinsName = `${prefix.stdout}releases.json`;
  const files = diff.stdout.split("\0").filter((name) => name !== "");
  const code = files.some((name) => name !== pinsName && !isNoPart(withoutPrefix(name, prefix.stdout)));
  if (!files.includes(pinsName)) return { pins: new Set(), code };
  const [before, after] = [await git("show", `${since}:${pinsName}`), await git("show", `HEAD:${pinsName}`)];
  return { pins: changedPins(before.stdout, after.stdout), code };
}

function isNoPart(name: string): boolean {
  return NO_PART_OF_A_STACK.test(name);
}

function withoutPrefix(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** The stacks that may have changed. */
export function affectedStacks(systems: readonly SynthesizedSystem[], { pins, code }: Changes): SynthesizedSystem[] {
  return systems.filter(
    ({ system, environment }) => code || pins === undefined || pins.has(`${system}/${environment}`),
  );
}

/** @returns undefined when one of the texts is not a valid `releases.json` */
function changedPins(before: string, after: string): Set<string> | undefined {
  const [then, now] = [entriesOf(before), entriesOf(after)];
  if (then === undefined || now === undefined) return undefined;
  return new Set([...then.keys(), ...now.keys()].filter((place) => then.get(place) !== now.get(place)));
}

function entriesOf(text: string): Map<string, string> | undefined {
  try {
    const { $schema: _schema, ...systems } = pinsFile.parse(JSON.parse(text));
    return new Map(
      Object.entries(systems).flatMap(([system, environments]) =>
        Object.entries(environments ?? {}).map(([name, pin]) => [`${system}/${name}`, canonicalJson(pin)] as const),
      ),
    );
  } catch {
    return undefined;
  }
}
