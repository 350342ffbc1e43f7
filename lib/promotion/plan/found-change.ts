import type { JsonSelection } from "./json-slicer";
import { parseJson, parsePart } from "./parse-part";
import { resourceChangeJson, type ResourceChangeJson } from "./plan-schema";

/**
 * A change in the bytes of a plan. Only the bytes are kept: its values, which are nearly all of it, are parsed again when
 * they are asked for. Of the largest plans a report shows the fewest.
 */
export class FoundChange {
  constructor(private readonly json: Buffer) {}

  /**
   * The whole change.
   *
   * @throws SternaError `PlanUnreadable`
   */
  open(): ResourceChangeJson {
    return checked(parseJson(this.json.toString("utf8")), this.json);
  }
}

/** Selects the elements of a list of changes. */
export function foundChanges(take: (change: ResourceChangeJson, found: FoundChange) => void): JsonSelection {
  return { each: { takeParsed: (value, json) => take(checked(value, json), new FoundChange(json)) } };
}

/** A schema says best what is wrong, and takes as long as parsing itself. So it is asked only when something is. */
function checked(value: unknown, json: Buffer): ResourceChangeJson {
  return isResourceChange(value) ? value : parsePart(resourceChangeJson, json);
}

function isResourceChange(value: unknown): value is ResourceChangeJson {
  if (!isObject(value) || !isObject(value["change"])) return false;
  const { address, type, mode, previous_address, deposed, action_reason } = value;
  const { actions, importing, replace_paths } = value["change"];
  return (
    typeof address === "string" &&
    typeof type === "string" &&
    typeof mode === "string" &&
    Array.isArray(actions) &&
    actions.every((action) => typeof action === "string") &&
    [previous_address, deposed, action_reason].every((text) => isNullish(text) || typeof text === "string") &&
    (isNullish(importing) ||
      (isObject(importing) && (isNullish(importing["id"]) || typeof importing["id"] === "string"))) &&
    (isNullish(replace_paths) || isPaths(replace_paths))
  );
}

function isPaths(value: unknown): boolean {
  const isSegment = (segment: unknown) => typeof segment === "string" || typeof segment === "number";
  return Array.isArray(value) && value.every((path) => Array.isArray(path) && path.every(isSegment));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNullish(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
