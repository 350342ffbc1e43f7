import type { PlanSummary } from "../../promotion/plan-summary";
import type { ResourceChange } from "../../promotion/resource-change";
import type { StepChange } from "../../promotion/step-change";
import { undoPreview } from "../../promotion/undo-preview";
import { program } from "../../engine/program";
import type { Terminal } from "../terminal";

type Colors = Terminal["colors"];

const SIGNS: Record<string, string> = { create: "+", update: "~", delete: "-", replace: "±", forget: "." };

/** A plan for people. */
export function planText(summary: PlanSummary, colors: Colors): string {
  const { counts, resources, steps, rollbacks, drift, outputs } = summary;
  const adopted = steps.filter(({ action }) => action === "adopt");
  const described = steps.filter(({ action }) => action === "describe");
  const running = steps.filter((step) => !adopted.includes(step) && !described.includes(step));
  const undone = rollbacks.filter(({ action }) => action === "roll-back");
  const forgotten = rollbacks.filter(({ action }) => action === "forget");
  return [
    `Resources: ${counts.add} to add, ${counts.change} to change, ${counts.destroy} to destroy`,
    ...resources.map((resource) => resourceLine(resource, colors)),
    ...section("Steps to run, in this order:", numbered(running, colors)),
    ...section("Steps to roll back, in this order:", numbered(undone, colors)),
    ...section("Steps to take out of the ledger; what they did stays:", plain(forgotten)),
    ...section("Steps that are applied already: adopted, not run again:", plain(adopted)),
    ...section("Applied steps whose description changes; nothing runs:", plain(described)),
    ...section("Outputs that change:", outputs.length === 0 ? [] : [`  ${outputs.join(", ")}`]),
    ...section(
      "Changed outside of Terraform since the last apply:",
      drift.map((resource) => resourceLine(resource, colors)),
    ),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function resourceLine({ address, action, imported }: ResourceChange, colors: Colors): string {
  const text = `  ${SIGNS[action] ?? "?"} ${address}${action in SIGNS ? "" : ` (${action})`}${imported ? " (import)" : ""}`;
  if (action === "create") return colors.green(text);
  return action === "delete" || action === "replace" ? colors.red(text) : colors.yellow(text);
}

function numbered(steps: readonly StepChange[], { bold, dim, red, green, yellow }: Colors): string[] {
  const color: Record<string, (text: string) => string> = { run: green, retry: yellow, "roll-back": red };
  return steps.flatMap((step, index) => [
    `  ${index + 1}. ${(color[step.action] ?? bold)(step.id)}  ${step.title} ${dim(`(${step.release}${step.action === "retry" ? ", retry" : ""})`)}`,
    ...previewOf(step).map((line) => dim(`       ${line}`)),
  ]);
}

function plain(steps: readonly StepChange[]): string[] {
  return steps.map(({ id, title }) => `  ${id}  ${title}`);
}

function previewOf({ action, preview, program: json }: StepChange): readonly string[] {
  if (action !== "roll-back") return preview;
  const parsed = json === undefined ? undefined : program.safeParse(JSON.parse(json)).data;
  return parsed === undefined ? [] : undoPreview(parsed);
}
