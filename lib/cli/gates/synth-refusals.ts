import type { ErrorCode } from "../../core/error-codes";

/** What an app throws when a gate stops its synthesis: nothing is broken. */
const SYNTH_REFUSALS: ReadonlySet<string> = new Set<ErrorCode>([
  "CorsNotExplicit",
  "ListenerWithoutTls",
  "NoUpgradePath",
  "PinSkipsEnvironment",
  "PlainSecretInEnvironment",
  "RequiredStopSkipped",
  "ServiceNotAlarmed",
  "StatefulNotBackedUp",
  "StepWithoutWayBack",
  "SynthGateRefused",
]);

/** The code of the gate that stopped a synthesis. */
export function synthRefusal(failure: string): ErrorCode | undefined {
  const code = /^\[(\w+)\] /.exec(failure)?.[1];
  return code !== undefined && SYNTH_REFUSALS.has(code) ? (code as ErrorCode) : undefined;
}
