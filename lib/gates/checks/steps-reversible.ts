import { program } from "../../engine/program";
import { asObject, type RenderedResource } from "../rendered-stack";
import type { StackCheck } from "../stack-check";

/** Every step has a way back, or says why it has none. */
export const stepsReversible: StackCheck = (stack) =>
  stack
    .ofType("sterna_step")
    .filter((step) => !hasReason(step) && !isReversible(step))
    .map(({ address, path }) => ({
      code: "StepWithoutWayBack",
      address,
      path,
      message: "it has neither `down` nor a reason why it cannot be undone; write one of them",
    }));

function hasReason({ attributes }: RenderedResource): boolean {
  return typeof attributes.irreversible === "string" && attributes.irreversible.trim() !== "";
}

/** A kind of program that has no `down` to write knows the way back itself, or changes nothing. */
function isReversible({ attributes }: RenderedResource): boolean {
  const { kind, down } = programOf(attributes.program);
  if (typeof down === "string" && down !== "") return true;
  const schema = program.options.find(({ shape }) => shape.kind.value === kind);
  return schema !== undefined && !("down" in schema.shape);
}

function programOf(json: unknown): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(String(json)));
  } catch {
    return {};
  }
}
