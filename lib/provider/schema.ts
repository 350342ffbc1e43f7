/** How Terraform sees Sterna: one resource, one data source. */

type AttributeType = "string" | "number" | ["list", "string"] | ["map", "string"];
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

export const stepSchema: BlockSchema = {
  id: attribute("string", "required", "Name of the step in the ledger. Never changes."),
  system: attribute("string", "required", "System that is migrated."),
  release: attribute("string", "required", "Release that the step belongs to."),
  title: attribute("string", "defaulted", "What the step does, for people."),
  phase: attribute("string", "defaulted", "expand, migrate or contract."),
  program: attribute("string", "required", "What up, down, verify and probe do, as JSON."),
  variables: attribute(MAP, "defaulted", "Values of this environment that the program names."),
  after: attribute(LIST, "defaulted", "Steps that come before this one."),
  irreversible: attribute("string", "optional", "Why the step cannot be undone."),
  on_retry: attribute("string", "defaulted", "resume or compensate: how a half-applied step is tried again."),
  on_destroy: attribute("string", "defaulted", "rollback, keep or refuse: what removing the step does."),
  on_stop: attribute("string", "defaulted", "stop or finish: what an interrupt of Terraform does to the running step."),
  proof: attribute("string", "optional", "Ledger that must hold this step already, as JSON: {environment, ledger}."),
  timeout: attribute("number", "optional", "Seconds after which the step is stopped."),
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
