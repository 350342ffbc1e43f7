import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE } from "../core/identifier";

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

/** Schema of `environments.json`: the environments in the order in which releases move through them. */
export const environmentsFile = z.strictObject({
  $schema: z.string().optional(),
  environments: z.array(environmentEntry).min(1, "must hold at least one environment"),
});
