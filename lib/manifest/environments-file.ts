import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE } from "../core/names";

const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);

/** One entry of `environments.json`. */
const environmentEntry = z.strictObject({
  name: identifier.describe("Name of the environment, such as staging"),
  region: z.string().min(1).optional().describe("Cloud region of the environment's resources"),
  protected: z.boolean().optional().describe("Whether people must be asked before anything is applied here"),
  variables: z
    .record(
      identifier,
      z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, "must be capital letters, digits and underscores"), z.string()),
    )
    .optional()
    .describe("What differs in this environment, by system and name. Never a secret"),
  tags: z.record(z.string().min(1), z.string()).optional().describe("Tags of every resource of the environment"),
});

/** Where records of applies are stored. */
const recordsPlace = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("file"),
    directory: z.string().min(1).describe("Folder, from that of the project"),
  }),
  z.strictObject({
    kind: z.literal("s3"),
    bucket: z.string().min(1),
    prefix: recordsPrefix(),
    region: z.string().min(1).optional(),
  }),
  z.strictObject({ kind: z.literal("gcs"), bucket: z.string().min(1), prefix: recordsPrefix() }),
]);
export type RecordsPlace = z.infer<typeof recordsPlace>;

function recordsPrefix() {
  return z
    .string()
    .regex(/^([^/]+\/)*$/, 'must be empty or end with one slash, and not begin with one: "records/"')
    .default("records/");
}

/** An attribute that may differ between environments, with any value. */
const freeAttribute = z.strictObject({
  resource: z.string().min(1).describe("Address of the resource, or its type: `aws_instance.app`, `aws_instance`"),
  attribute: z
    .string()
    .min(1)
    .describe("Path of the attribute, such as `instance_type`; all inside of it is meant too"),
  reason: z.string().trim().min(1).describe("Why it differs"),
});

/** Schema of `environments.json`: the environments in the order in which releases move through them. */
export const environmentsFile = z.strictObject({
  $schema: z.string().optional(),
  environments: z.array(environmentEntry).min(1, "must hold at least one environment"),
  differences: z
    .array(freeAttribute)
    .optional()
    .describe("Attributes that need no proof by the environment before; values in `variables` never need one"),
  records: recordsPlace
    .optional()
    .describe("Where the records of applies are kept; in .sterna/records of this checkout by default"),
});
