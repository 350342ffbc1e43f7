import type { DotenvTrap } from "../../engine/dotenv/traps";
import type { VariableChange } from "../env/migrate-variables";
import type { ImportedVariable } from "../secrets/plan-import";
import type { Terminal } from "../terminal";

/** Lines that other readers of dotenv files read differently, one each. */
export function trapLines(path: string, traps: readonly DotenvTrap[], { yellow }: Terminal["colors"]): string[] {
  return traps.map(({ line, name, reasons }) => {
    const what = name === undefined ? "" : ` ${name}`;
    return `${yellow("trap")} ${path}:${line}:${what} ${reasons.join(", ")}`;
  });
}

const SIGNS: Record<VariableChange["action"], string> = {
  keep: " ",
  rename: "~",
  join: "~",
  split: "~",
  set: "+",
  remove: "-",
};

/** What becomes of each variable, by name. */
export function changesText(
  changes: readonly VariableChange[],
  { dim, green, red, yellow }: Terminal["colors"],
): string {
  const colors = { keep: dim, rename: yellow, join: yellow, split: yellow, set: green, remove: red };
  return changes
    .map(({ action, from, to }) => {
      const arrow = [from.join(", "), to.join(", ")].filter((names) => names !== "");
      const names = action === "keep" ? from.join(", ") : arrow.join(" → ");
      return colors[action](`  ${SIGNS[action]} ${action.padEnd(6)}  ${names}`);
    })
    .join("\n");
}

/** What goes into a secret, by name. */
export function importText(
  secret: string,
  variables: readonly ImportedVariable[],
  { bold, dim, green, yellow }: Terminal["colors"],
): string {
  const signs = { new: green("+ new    "), same: dim("= same   "), differs: yellow("~ differs") };
  const lines = variables.map(
    ({ name, key, state }) => `  ${signs[state]}  ${name}${key === name ? "" : ` as ${key}`}`,
  );
  return [bold(secret), ...(lines.length === 0 ? ["  nothing to import"] : lines)].join("\n");
}
