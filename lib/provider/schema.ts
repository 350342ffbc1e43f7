import { STEP_ATTRIBUTE_ROWS, type AttributeType } from "../manifest/step-attributes";

/** How Terraform sees Sterna: one resource, one data source. */

/** `defaulted`: optional, and the plan fills in the default. */
type Use = "required" | "optional" | "computed" | "defaulted";

export interface AttributeSchema {
  readonly type: AttributeType;
  readonly use: Use;
  readonly description: string;
}

export type BlockSchema = Record<string, AttributeSchema>;

const attribute = (type: AttributeType, use: Use, description: string): AttributeSchema => ({ type, use, description });

const LIST: AttributeType = ["list", "string"];
const MAP: AttributeType = ["map", "string"];

export const providerSchema: BlockSchema = {
  ledger: attribute("string", "optional", "Where the ledger is, as JSON. The variable STERNA_LEDGER takes its place."),
  environment: attribute(
    "string",
    "optional",
    "Environment whose steps these are. STERNA_ENVIRONMENT takes its place.",
  ),
};

const stepArguments: BlockSchema = Object.fromEntries(
  STEP_ATTRIBUTE_ROWS.map(({ terraform, type, schema, default: left, description }) => {
    const use = left !== undefined ? "defaulted" : schema.safeParse(undefined).success ? "optional" : "required";
    return [terraform, attribute(type, use, description)];
  }),
);

export const stepSchema: BlockSchema = {
  ...stepArguments,
  checksum: attribute("string", "computed", "SHA-256 of the program; the variables are no part of it."),
  status: attribute("string", "computed", "applied, or failed."),
  applied_at: attribute("string", "computed", "When the step was applied, UTC."),
  artifact: attribute("string", "computed", "What the step left behind, as JSON: counts, digests, places."),
  preview: attribute(LIST, "computed", "What will run, for the plan."),
};

export const ledgerSchema: BlockSchema = {
  system: attribute("string", "required", "System whose steps are asked for."),
  expected: attribute(LIST, "optional", "Steps that the configuration holds."),
  applied: attribute(MAP, "computed", "Applied steps: id to checksum."),
  unexpected: attribute(LIST, "computed", "Steps that the ledger holds and the configuration does not."),
  missing: attribute(LIST, "computed", "Expected steps that are not applied."),
};

/**
 * The schema as the protocol wants it. The version must never be raised: Terraform refuses states of a newer schema,
 * and an older release must still be able to roll a newer one back.
 */
export function schemaMessage(schema: BlockSchema): object {
  const attributes = Object.entries(schema).map(([name, { type, use, description }]) => ({
    name,
    type: Buffer.from(JSON.stringify(type)),
    description,
    ...(use === "defaulted" ? { optional: true, computed: true } : { [use]: true }),
  }));
  return { version: 0, block: { version: 0, attributes } };
}
