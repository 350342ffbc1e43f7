import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import type { DeclaredDifferences } from "../../promotion/proof/declared-differences";
import { ConfiguredExpressions } from "../../promotion/proof/expressions";
import type { SynthesizedSystem } from "./stacks";

/** What is read of a `cdk.tf.json`. */
const configuration = z.looseObject({
  resource: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

/**
 * The expressions of a synthesized stack.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `SynthesisUnreadable`
 */
export function expressionsOf(
  { directory }: Pick<SynthesizedSystem, "directory">,
  declared: DeclaredDifferences,
): ConfiguredExpressions {
  const { resource = {} } = readJsonFile(join(directory, "cdk.tf.json"), configuration, "SynthesisUnreadable");
  return new ConfiguredExpressions(resource, declared);
}
