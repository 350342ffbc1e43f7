import type { HostFile } from "./host-files";

/**
 * The lines of a shell script that puts files on a host and starts the timers. Contents travel in base64, and paths are
 * made of names that were checked: nothing that a person wrote is read by the shell.
 */
export function placementScript(files: readonly HostFile[]): string[] {
  const timers = files.flatMap(({ path }) => /([^/]+\.timer)$/.exec(path)?.[1] ?? []);
  return [
    "set -eu",
    "umask 022",
    ...files.flatMap(({ path, content }) => [
      `printf %s '${Buffer.from(content).toString("base64")}' | base64 -d > '${path}.new'`,
      `mv '${path}.new' '${path}'`,
    ]),
    ...(timers.length === 0
      ? []
      : [
          "systemctl daemon-reload",
          ...timers.map((timer) => `systemctl enable '${timer}'`),
          `systemctl restart ${timers.map((timer) => `'${timer}'`).join(" ")}`,
        ]),
  ];
}
