import type { AwsRequest } from "./request";

/** A fault to inject. Without `status`, `drop` and `loseAnswer` the request goes through after `delayMs`. */
export interface Fault {
  /** Service, as in the credential scope of a signature. @default - every service */
  readonly service?: string;

  /** Name of the operation. @default - every operation */
  readonly op?: string | RegExp;

  /** How many requests it hits. @default Infinity */
  readonly times?: number;

  /** Share of the matching requests that it hits, spread evenly and the same in every run: 0.25 hits each fourth. @default 1 */
  readonly rate?: number;

  /** HTTP status of the answer. @default - the request goes through */
  readonly status?: number;

  /** Error code of the answer. @default "InternalError" */
  readonly code?: string;

  /** Message of the answer. @default "injected fault" */
  readonly message?: string;

  /** Milliseconds to wait before anything else. @default 0 */
  readonly delayMs?: number;

  /** Whether the connection is closed without an answer. The service is not asked. @default false */
  readonly drop?: boolean;

  /** Whether the service is asked, and the connection closed instead of its answer. @default false */
  readonly loseAnswer?: boolean;
}

/** The faults in force, the oldest first: the first that matches is the one that hits. */
export class Faults {
  private readonly active: { fault: Fault; left: number; share: number }[] = [];

  add(fault: Fault): void {
    this.active.push({ fault, left: fault.times ?? Infinity, share: 0 });
  }

  clear(): void {
    this.active.length = 0;
  }

  /** The fault that hits a request, counted off. */
  take(request: Pick<AwsRequest, "service" | "op">): Fault | undefined {
    for (const entry of this.active) {
      const { fault } = entry;
      if (entry.left <= 0 || !matches(fault, request)) continue;
      entry.share += fault.rate ?? 1;
      // A tolerance, since ten times 0.1 is a little less than 1.
      if (entry.share < 1 - 1e-9) continue;
      entry.share -= 1;
      entry.left -= 1;
      return fault;
    }
    return undefined;
  }
}

function matches(fault: Fault, request: Pick<AwsRequest, "service" | "op">): boolean {
  if (fault.service !== undefined && fault.service !== request.service) return false;
  if (fault.op === undefined) return true;
  return typeof fault.op === "string" ? fault.op === request.op : fault.op.test(request.op);
}
