import { z } from "zod";

const diagnostic = z.looseObject({
  severity: z.string(),
  summary: z.string(),
  detail: z.string().default(""),
  /** Address of the resource that it is about. */
  address: z.string().optional(),
});
export type TerraformDiagnostic = z.infer<typeof diagnostic>;

const hook = z.looseObject({
  resource: z.looseObject({ addr: z.string() }),
  action: z.string().default(""),
  elapsed_seconds: z.number().optional(),
});

/**
 * A line that Terraform prints with `-json` (Terraform, "Machine-Readable UI"). Types that are not known pass through.
 */
const event = z.looseObject({
  type: z.string(),
  "@message": z.string().default(""),
  "@timestamp": z.string().optional(),
  terraform: z.string().optional(),
  diagnostic: diagnostic.optional(),
  hook: z.unknown().optional(),
});

export interface TerraformEvent {
  readonly type: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Version of Terraform, on events of type `version`. */
  readonly terraform?: string;
  readonly diagnostic?: TerraformDiagnostic;
  /** What is worked on, on events about a resource. */
  readonly hook?: z.infer<typeof hook>;
}

/** The event of a line; nothing when the line is no event, such as a crash report. */
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
  };
}
