import { keepBytes } from "./kept-bytes";
import type { JsonSelection } from "./json-slicer";
import { parseJson, parsePart } from "./parse-part";
import { resourceChangeJson, type ResourceChangeJson } from "./plan-schema";

/** What a change says about itself besides the values. */
export interface ChangeHead
  extends
    Pick<ResourceChangeJson, "address" | "type" | "mode" | "deposed" | "previous_address" | "action_reason">,
    Pick<ResourceChangeJson["change"], "actions" | "importing"> {}

/**
 * A change in the bytes of a plan. Its values, which are nearly all of it, are parsed when they are asked for: of the
 * largest plans a report shows the fewest.
 */
export class FoundChange {
  constructor(
    readonly head: ChangeHead,
    private readonly json: Buffer,
  ) {}

  /** The same change with bytes of its own: those of a plan are good only as long as its reader stands still. */
  keep(): FoundChange {
    return new FoundChange(this.head, keepBytes(this.json));
  }

  /**
   * The whole change.
   *
   * @throws SternaError `PlanUnreadable`
   */
  open(): ResourceChangeJson {
    const value = parseJson(this.json.toString("utf8"));
    return isResourceChange(value) ? value : parsePart(resourceChangeJson, this.json);
  }
}

/** Selects the elements of a list of changes. */
export function foundChanges(take: (change: FoundChange) => void): JsonSelection {
  let found: Partial<Record<keyof ChangeHead, unknown>> = {};
  const member = (name: keyof ChangeHead): JsonSelection => ({
    takeText: (json) => {
      found[name] = parseJson(json);
    },
  });
  return {
    each: {
      members: {
        address: member("address"),
        previous_address: member("previous_address"),
        mode: member("mode"),
        type: member("type"),
        deposed: member("deposed"),
        action_reason: member("action_reason"),
        change: { members: { actions: member("actions"), importing: member("importing") } },
      },
      take: (json) => {
        const head = found;
        found = {};
        take(new FoundChange(isHead(head) ? head : headOf(parsePart(resourceChangeJson, json)), json));
      },
    },
  };
}

function headOf({ change: { actions, importing }, ...rest }: ResourceChangeJson): ChangeHead {
  return { ...rest, actions, importing };
}

// A schema says best what is wrong, and takes as long as parsing itself. So it is asked only when something is.

function isResourceChange(value: unknown): value is ResourceChangeJson {
  if (!isObject(value) || !isObject(value["change"])) return false;
  const { change } = value;
  return isHead({ ...value, actions: change["actions"], importing: change["importing"] }) && hasPaths(change);
}

function isHead(value: Partial<Record<keyof ChangeHead, unknown>>): value is ChangeHead {
  const { address, type, mode, actions, previous_address, deposed, action_reason, importing } = value;
  return (
    typeof address === "string" &&
    typeof type === "string" &&
    typeof mode === "string" &&
    Array.isArray(actions) &&
    actions.every((action) => typeof action === "string") &&
    [previous_address, deposed, action_reason].every((text) => isNullish(text) || typeof text === "string") &&
    (isNullish(importing) ||
      (isObject(importing) && (isNullish(importing["id"]) || typeof importing["id"] === "string")))
  );
}

function hasPaths({ replace_paths: paths }: Readonly<Record<string, unknown>>): boolean {
  const isSegment = (segment: unknown) => typeof segment === "string" || typeof segment === "number";
  return (
    isNullish(paths) || (Array.isArray(paths) && paths.every((path) => Array.isArray(path) && path.every(isSegment)))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNullish(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
