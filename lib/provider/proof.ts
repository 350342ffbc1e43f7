import { z } from "zod";
import { programChecksum } from "../manifest/checksum";
import { EngineError } from "../engine/engine-error";
import { ledgerConfig } from "../manifest/ledger-config";
import { parseProgram } from "../engine/step-definition";
import type { TerraformObject } from "../engine/protocol/dynamic-value";
import type { ProviderSession } from "./session";

/** Which environment must have applied the step before: the JSON of the `proof` argument. */
export const proof = z.strictObject({ environment: z.string().min(1), ledger: ledgerConfig });

/** @throws EngineError `ProofNotConfigured` */
export function parseProof(json: unknown): z.infer<typeof proof> {
  try {
    return proof.parse(JSON.parse(String(json)));
  } catch (error) {
    const example = '{"environment":"staging","ledger":{"kind":"postgres","url":{"env":"STAGING_DATABASE_URL"}}}';
    throw new EngineError("ProofNotConfigured", `the argument "proof" is not as expected: ${example}.`, {
      cause: error,
    });
  }
}

/** @throws EngineError `ProofNotConfigured`; `StepNotProved` when the named ledger does not hold the step with the same checksum */
export async function assertProved(config: TerraformObject, session: ProviderSession): Promise<void> {
  if (typeof config.proof !== "string") return;
  const { environment, ledger: named } = parseProof(config.proof);
  const ledgers = session.proving(String(config.system), environment, named);
  const ledger = ledgers.ofStack();
  const id = String(config.id);
  // A long apply looks again before each step: what proved it may be rolled back by now.
  const record = await session.rows(ledgers, ledger).get(id);
  const checksum = programChecksum(parseProgram(config.program));
  if (record?.status === "applied" && record.checksum === checksum) return;
  const found = !record
    ? "has no such step"
    : record.status !== "applied"
      ? `says "${record.status}"`
      : `holds it with the checksum ${record.checksum.slice(0, 12)}, not ${checksum.slice(0, 12)}`;
  throw new EngineError(
    "StepNotProved",
    `${environment} has not proved step "${id}": its ledger in ${ledger.location} ${found}. Apply release ${String(config.release)} to ${environment} first.`,
  );
}
