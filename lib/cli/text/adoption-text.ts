import type { FoundStep } from "../ledgers/find-applied";
import type { Terminal } from "../terminal";

/** Which steps are there already, for people. */
export function adoptionText(
  { system, environment, release }: { readonly system: string; readonly environment: string; readonly release: string },
  steps: readonly FoundStep[],
  { bold, dim, green, red, yellow }: Terminal["colors"],
): string {
  const signs: Record<FoundStep["state"], string> = {
    there: green("✓"),
    recorded: dim("="),
    absent: "·",
    unknown: yellow("?"),
  };
  const lines = steps.flatMap((step) => [
    `  ${signs[step.state]} ${step.id}  ${step.title} ${dim(`(${step.release}, ${describeState(step)})`)}`,
    ...(step.reason === undefined ? [] : [dim(step.reason.replace(/^/gm, "      "))]),
    ...(step.gaps.length === 0 ? [] : [red(`      but these, which come before it, are not: ${step.gaps.join(", ")}`)]),
  ]);
  return [bold(`${system} in ${environment}, release ${release}`), ...lines].join("\n");
}

function describeState({ state, by, effectless }: FoundStep): string {
  switch (state) {
    case "there":
      return by === "probe" ? "there: its probe finds it" : "there: its verify queries hold";
    case "recorded":
      return "in the ledger already";
    case "absent":
      return effectless ? "not there: an apply runs it; it changes nothing" : "not there: an apply runs it";
    case "unknown":
      return "nobody could tell";
  }
}
