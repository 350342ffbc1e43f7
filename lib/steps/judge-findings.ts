import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { acknowledgement, type Acknowledgements } from "../core/acknowledge";
import type { ErrorCode } from "../core/error-codes";
import { ValidationError } from "../core/errors";

/** A linter finding that can be acknowledged. */
export interface AcknowledgeableFinding<Code extends ErrorCode> {
  readonly code: Code;

  /** What is wrong, and what to write instead. */
  readonly message: string;

  /** Whether it is an error until it is acknowledged; a warning otherwise. */
  readonly refused: boolean;
}

/**
 * Throws the first finding that is an error and was not acknowledged. The others become annotations.
 *
 * @param acknowledge reasons why findings are right, by code
 * @throws ValidationError the code of a finding, `NothingToAcknowledge`
 */
export function judgeFindings<Code extends ErrorCode>(
  step: IConstruct,
  findings: readonly AcknowledgeableFinding<Code>[],
  acknowledge?: Acknowledgements<Code>,
): void {
  for (const { code, message, refused } of findings) {
    const reason = acknowledge?.[code]?.trim();
    const advice = `${message}; or say why it is right: ${acknowledgement(code)}`;
    if (!reason && refused) throw new ValidationError(code, advice, step);
    if (!reason) Annotations.of(step).addWarning(`${code}: ${advice}`);
    else if (refused) Annotations.of(step).addWarning(`${code}: ${message}. Acknowledged: ${reason}`);
    else Annotations.of(step).addInfo(`${code}: ${message}. Acknowledged: ${reason}`);
  }
  const idle = Object.keys(acknowledge ?? {}).find((code) => !findings.some((finding) => finding.code === code));
  if (idle === undefined) return;
  throw new ValidationError(
    "NothingToAcknowledge",
    `\`acknowledge\` names ${idle}, which is not found; take it out`,
    step,
  );
}
