import { COLOURS, type Rollout } from "../../releases/rollout";
import type { Terminal } from "../terminal";

/** How far a rollout is: a line for each colour. */
export function rolloutText(
  system: string,
  environment: string,
  rollout: Rollout,
  { bold, dim }: Terminal["colors"],
): string {
  const since = rollout.state.since === undefined ? "" : dim(` since ${rollout.state.since}`);
  const lines = COLOURS.map((colour) => {
    const release = rollout.releaseOf(colour);
    if (release === undefined) return `  ${colour.padEnd(5)}  ${dim("not there")}`;
    const live = colour === rollout.live ? "  live" : "";
    return `  ${colour.padEnd(5)}  ${release}  ${rollout.weights[colour]} % of the traffic${live}`;
  });
  return [`${bold(`${system} in ${environment}`)}: ${rollout.phase}${since}`, ...lines].join("\n");
}
