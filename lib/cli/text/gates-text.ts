import type { GateState, GateStanding } from "../gates/gate-states";
import type { Terminal } from "../terminal";

const SIGNS: Record<GateStanding, string> = { attested: "✓", automatic: "✓", waived: "!", open: "✗" };
const PHASES = { pre: "Before the apply", during: "While it runs", post: "Before the next environment" } as const;

/** Gates by phase, for people. */
export function gatesText(states: readonly GateState[], { bold, dim, green, red, yellow }: Terminal["colors"]): string {
  const paint = { attested: green, automatic: green, waived: yellow, open: red };
  const width = Math.max(...states.map(({ id }) => id.length));
  return (["pre", "during", "post"] as const)
    .flatMap((phase) => {
      const inPhase = states.filter((state) => state.phase === phase);
      if (inPhase.length === 0) return [];
      const lines = inPhase.map(
        ({ id, kind, title, standing, why }) =>
          `  ${paint[standing](`${SIGNS[standing]} ${id.padEnd(width)}`)} ${kind}  ${title} ${dim(`(${standing}: ${why})`)}`,
      );
      return [bold(PHASES[phase]), ...lines, ""];
    })
    .join("\n")
    .trimEnd();
}

/** One line on the gates that will stop an apply. */
export function openGatesLine(states: readonly GateState[]): string | undefined {
  const open = states.filter(({ phase, standing }) => phase === "pre" && standing === "open");
  if (open.length === 0) return undefined;
  return `Open gates, which an apply refuses: ${open.map(({ id }) => id).join(", ")}`;
}
