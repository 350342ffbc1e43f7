import type { z } from "zod";
import { describeIssues } from "../../core/read-json-file";
import { SternaError } from "../../core/sterna-error";

/**
 * A part of a plan, unchecked.
 *
 * @throws SternaError `PlanUnreadable` when it is not JSON
 */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SternaError("PlanUnreadable", `the plan is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * A part of a plan.
 *
 * @throws SternaError `PlanUnreadable` when it is not as the schema says
 */
export function parsePart<Schema extends z.ZodType>(schema: Schema, json: Buffer): z.output<Schema> {
  const result = schema.safeParse(parseJson(json.toString("utf8")));
  if (result.success) return result.data;
  throw new SternaError(
    "PlanUnreadable",
    `Terraform's plan cannot be read; a newer Sterna may know its format:\n${describeIssues(result.error)}`,
    { cause: result.error },
  );
}
