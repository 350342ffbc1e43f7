import type { IConstruct } from "constructs";
import type { ErrorCode } from "./error-codes";
import { report } from "./errors";

/** Reasons why a refused setting is right here, by error code: `{ DestroyWithoutReason: "the test is over" }`. */
export type Acknowledgements<Code extends ErrorCode = ErrorCode> = Readonly<Partial<Record<Code, string>>>;

/** Whether there is a reason for an error. An empty one does not count. */
export function isAcknowledged<Code extends ErrorCode>(
  acknowledge: Acknowledgements<Code> | undefined,
  code: Code,
): boolean {
  const reason: unknown = acknowledge?.[code];
  return typeof reason === "string" && reason.trim() !== "";
}

/** What to write to acknowledge an error, for the end of its message. */
export function acknowledgement(code: ErrorCode): string {
  return `acknowledge: { ${code}: "<reason>" }`;
}

/**
 * Refuses an empty reason, with the code that it acknowledges, and a code that cannot be acknowledged here, with
 * `NothingToAcknowledge`.
 *
 * @param codes that can be acknowledged here
 * @param owner option object that holds `acknowledge`, such as `objectLock`
 */
export function validateAcknowledgements<Code extends ErrorCode>(
  acknowledge: Acknowledgements<Code> | undefined,
  codes: readonly Code[],
  construct: IConstruct,
  owner?: string,
): void {
  const path = owner === undefined ? "acknowledge" : `${owner}.acknowledge`;
  // A JavaScript user can write any code and any value.
  for (const [code, reason] of Object.entries<unknown>(acknowledge ?? {})) {
    const known = codes.find((each) => each === code);
    if (known === undefined) {
      report(
        construct,
        "NothingToAcknowledge",
        `${path} names "${code}". It takes ${codes.join(", ")}; remove the other one.`,
      );
    } else if (reason !== undefined && (typeof reason !== "string" || !reason.trim())) {
      report(
        construct,
        known,
        `${path} gives no reason for ${known}. Say why it is right, ${acknowledgement(known)}, or remove it.`,
      );
    }
  }
}
