import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { Schedule } from "../../core/schedule/schedule";
import { SternaError } from "../../core/sterna-error";
import type { ReportedBackup } from "../../promotion/report/overview";
import type { SynthesizedSystem } from "../project/stacks";

const rule = z.looseObject({
  rule_name: z.string().optional(),
  schedule: z.string().optional(),
  schedule_expression_timezone: z.string().optional(),
});
const plan = z.looseObject({ rule: z.union([z.array(rule), rule.transform((one) => [one])]).optional() });

/** What is read of a `cdk.tf.json`. */
const stackWithBackups = z.looseObject({
  resource: z.looseObject({ aws_backup_plan: z.record(z.string(), plan).optional() }).optional(),
});

/**
 * When the synthesized plans of AWS Backup come next, soonest first.
 *
 * @throws SternaError `SynthesisUnreadable`
 */
export function nextBackups({ directory }: Pick<SynthesizedSystem, "directory">, from: Date): ReportedBackup[] {
  const stack = readJsonFile(join(directory, "cdk.tf.json"), stackWithBackups, "SynthesisUnreadable");
  return Object.entries(stack.resource?.aws_backup_plan ?? {})
    .flatMap(([name, { rule: rules = [] }]) =>
      rules.flatMap(({ rule_name, schedule, schedule_expression_timezone: zone }) =>
        schedule === undefined
          ? []
          : [nextOf(`aws_backup_plan.${name} (${rule_name ?? "rule"})`, schedule, zone, from)],
      ),
    )
    .sort((a, b) => ((a.next ?? "z") < (b.next ?? "z") ? -1 : 1));
}

/** A schedule that only Terraform knows, or that cannot be read, is shown as it is written. */
function nextOf(name: string, expression: string, zone: string | undefined, from: Date): ReportedBackup {
  try {
    const schedule = Schedule.aws(expression, zone === undefined ? {} : { zone });
    const [next] = schedule.nextRuns(1, from);
    return { name, schedule: schedule.describe(), ...(next === undefined ? {} : { next: next.toISOString() }) };
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    return { name, schedule: expression };
  }
}
