import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../../core/error-codes";
import { RefusedError, SternaError } from "../../core/errors";
import type { StackManifest } from "../../manifest/stack-manifest";

const diagnostic = z.looseObject({
  severity: z.string(),
  summary: z.string(),
  detail: z.string().default(""),
  /** Address of the affected resource. */
  address: z.string().optional(),
});
export type TerraformDiagnostic = z.infer<typeof diagnostic>;

const hook = z.looseObject({
  resource: z.looseObject({ addr: z.string() }),
  action: z.string().default(""),
  elapsed_seconds: z.number().optional(),
});

const changes = z.looseObject({ operation: z.string() });
const outputs = z.record(z.string(), z.looseObject({ action: z.string().optional() }));

/** A line that Terraform prints with `-json` (Terraform, "Machine-Readable UI"). Accepts unknown types. */
const event = z.looseObject({
  type: z.string(),
  "@message": z.string().default(""),
  "@timestamp": z.string().optional(),
  terraform: z.string().optional(),
  diagnostic: diagnostic.optional(),
  hook: z.unknown().optional(),
  changes: z.unknown().optional(),
  outputs: z.unknown().optional(),
});

export interface TerraformEvent {
  readonly type: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Version of Terraform, on events of type `version`. */
  readonly terraform?: string;
  readonly diagnostic?: TerraformDiagnostic;
  /** The affected resource, in resource events. */
  readonly hook?: z.infer<typeof hook>;
  /** How many resources change, in events of type `change_summary`. */
  readonly changes?: z.infer<typeof changes>;
  /** The outputs of the stack, in events of type `outputs`. */
  readonly outputs?: z.infer<typeof outputs>;
}

/** The event on a line. Undefined if the line is not an event, such as a crash report. */
export function parseEvent(line: string): TerraformEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { data } = event.safeParse(value);
  if (data === undefined) return undefined;
  return {
    type: data.type,
    message: data["@message"],
    time: Date.parse(data["@timestamp"] ?? "") || Date.now(),
    terraform: data.terraform,
    diagnostic: data.diagnostic,
    hook: hook.safeParse(data.hook).data,
    changes: changes.safeParse(data.changes).data,
    outputs: outputs.safeParse(data.outputs).data,
  };
}

/** Events of a plan that say nothing about its result. */
const PASSING = [
  "version",
  "log",
  "refresh_start",
  "refresh_complete",
  "ephemeral_op_start",
  "ephemeral_op_progress",
  "ephemeral_op_complete",
];
/** Events of a data source that a plan reads. */
const READING = ["apply_start", "apply_progress", "apply_complete"];

/**
 * Reads from the events of a plan whether it changes anything. Terraform prints an event for each planned change and each
 * change outside of it, and one with the numbers at the end (Terraform, "Machine-Readable UI").
 */
export class PlanEvents {
  private isQuiet = true;
  private counted = false;
  private readonly seen = new Set<string>();

  take({ type, hook, changes: numbers, outputs: values }: TerraformEvent): void {
    this.seen.add(type);
    if (type === "change_summary") {
      const { operation, ...counts } = numbers ?? { operation: "" };
      this.counted = operation === "plan";
      this.isQuiet &&= Object.values(counts).every((count) => count === 0);
    } else if (type === "outputs") {
      this.isQuiet &&= values !== undefined && Object.values(values).every(({ action }) => action === "noop");
    } else if (READING.includes(type)) this.isQuiet &&= hook?.action === "read";
    else this.isQuiet &&= PASSING.includes(type);
  }

  /**
   * Whether the plan changes nothing, nothing changed outside of Terraform, and there was no warning: a check that fails
   * or cannot be evaluated is one. False if the events do not say so.
   *
   * @param hasOutputs whether the stack has outputs
   */
  changesNothing(hasOutputs: boolean): boolean {
    return this.isQuiet && this.counted && (!hasOutputs || this.seen.has("outputs"));
  }
}

const LAST_LINES = 20;

/** Refusals of the provider, where nothing is broken. */
const REFUSALS: readonly ErrorCode[] = [
  "AppliedStepEdited",
  "AppliedStepRenamed",
  "StepIrreversible",
  "StepNotProved",
  "StepRemovalRefused",
];

/** Information on a failed Terraform run. */
export interface FailedRun {
  readonly diagnostics: readonly TerraformDiagnostic[];
  readonly otherOutput: string;
  readonly interrupts: number;
}

/** Terraform's message when another run holds the state lock (it continues with `Lock Info:`). */
const STATE_LOCKED = "Error acquiring the state lock";

/** Terraform's message when a plan does not match the current state. */
const STALE_PLAN = "Saved plan is stale";

/** Whether a run did nothing because another one holds the state lock. */
export function isStateLocked(diagnostics: readonly TerraformDiagnostic[]): boolean {
  return diagnostics.some(({ severity, summary }) => severity === "error" && summary === STATE_LOCKED);
}

/**
 * The error of a failed run, with the code of Sterna's provider if it reported one. If the only errors are refusals of
 * the provider, it is a refusal.
 *
 * @param what the command: `terraform plan`
 * @param stack id of the stack
 */
export function terraformFailure(
  what: string,
  { diagnostics, otherOutput, interrupts }: FailedRun,
  stack?: Pick<StackManifest, "system" | "environment">,
): SternaError {
  if (interrupts > 0) return new SternaError("Interrupted", `${what} was interrupted; run the command again to go on`);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const locked = errors.find(({ summary }) => summary === STATE_LOCKED);
  if (locked !== undefined) return new SternaError("StateLocked", describeLock(locked, stack));
  if (errors.some(({ summary }) => summary === STALE_PLAN)) {
    const again = stack === undefined ? "plan again" : `run \`sterna plan ${stack.system} ${stack.environment}\``;
    return new RefusedError(
      "PlanChanged",
      `the saved plan is out of date: something else changed the state after the plan was made. Nothing was applied; ${again}, and review it.`,
    );
  }
  const codes = errors.map(({ summary }) => sternaCode(summary));
  const message = errors.map(describeDiagnostic).join("\n") || lastLines(otherOutput) || "it printed nothing";
  const [code] = codes;
  if (code !== undefined && codes.every((each) => each !== undefined && REFUSALS.includes(each))) {
    return new RefusedError(code, message);
  }
  const cure = cureOf(code, stack?.environment) || cureFor(message, stack?.environment);
  return new SternaError(code ?? "TerraformFailed", `${what} failed:\n${message}${cure}`);
}

/** The lock's holder, and what to do. Terraform's own advice, `-lock=false`, lets two runs write the same state. */
function describeLock(
  { detail }: TerraformDiagnostic,
  stack: Pick<StackManifest, "system" | "environment"> | undefined,
): string {
  const info = (name: string) => new RegExp(`^\\s*${name}:[ \\t]*(\\S.*)$`, "m").exec(detail)?.[1]?.trim();
  const [id, who, operation, created] = ["ID", "Who", "Operation", "Created"].map(info);
  const holder =
    who === undefined
      ? (detail.split("\n").find((line) => line.trim() !== "") ?? "another run holds it")
      : `${who} holds it${operation === undefined ? "" : ` (${operation})`}${created === undefined ? "" : ` since ${created}`}`;
  const place = stack === undefined ? "" : ` of ${stack.system} in ${stack.environment}`;
  const unlock = stack === undefined ? "" : ` ${stack.system} ${stack.environment}`;
  return (
    `Terraform's state${place} is locked: ${holder}. Nothing was changed.\n` +
    "Wait for that run: add `--lock-timeout 10m`. If its process is gone for good, run " +
    `\`sterna unlock${unlock}${id === undefined ? "" : ` --id ${id}`}\`.`
  );
}

/** `summary`, followed by the indented detail. */
export function describeDiagnostic({ summary, detail, address }: TerraformDiagnostic): string {
  const place = address === undefined || sternaCode(summary) !== undefined ? "" : ` [${address}]`;
  return [`${summary}${place}`, ...detail.split("\n").filter((line) => line.trim() !== "")].join("\n    ");
}

/** The code of Sterna's provider at the end of a summary: `Step "x" failed [StepFailed]`. */
export function sternaCode(summary: string): ErrorCode | undefined {
  const code = /\[(\w+)\]$/.exec(summary)?.[1];
  return code !== undefined && code in ERROR_CODES ? (code as ErrorCode) : undefined;
}

/** The end of a text output. */
export function lastLines(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-LAST_LINES).join("\n");
}

/** Advice for a missing or invalid variable of the environment. */
export function cureOf(code: string | undefined, environment: string | undefined): string {
  if (environment === undefined) return "";
  const file = envFile(environment);
  switch (code) {
    case "VariableMissing":
      return `\nFor the commands of sterna, write it into ${file} (NAME=value), which is not committed; for terraform and cdktf, export it.`;
    case "DatabaseUrlInvalid":
    case "DatabaseRefused":
    case "LedgerUnreachable":
    case "LedgerOfOtherEnvironment":
      return `\nA URL from a variable is in ${file}, or in the environment of this process.`;
    default:
      return "";
  }
}

function envFile(environment: string): string {
  return `.sterna/${environment}.env`;
}

/** Advice for failures that have nothing to do with steps: credentials of a cloud, and how Sterna installs its provider. */
function cureFor(message: string, environment = "<environment>"): string {
  if (/checksums? (?:previously )?recorded in the dependency lock file/.test(message)) {
    return "\nThe provider in terraform.d is not the one that the lock file knows. After an update of Sterna, remove .terraform.lock.hcl in the stack's folder and run the command again.";
  }
  if (/No valid credential sources found|failed to refresh cached credentials/.test(message)) {
    return `\nWrite AWS_PROFILE=<profile of ~/.aws/config> into ${envFile(environment)}, or export it, and log in with \`aws sso login\`; \`aws sts get-caller-identity\` shows who you are.`;
  }
  if (/sterna\/sterna/.test(message))
    return "\nRun `sterna doctor`: it finds why Terraform does not take the provider.";
  return "";
}
