import { randomBytes } from "node:crypto";
import type { RotationStrategy, RotationTarget } from "../rotation-strategy";
import type { SettingsOf } from "../settings";

/**
 * A new random value that no server has to be told: API keys, keys that sign tokens. Who checks such values accepts
 * the current and the previous one.
 */
export function randomValue({ shape, bytes, prefix, key }: SettingsOf<"randomValue">): RotationStrategy {
  const target: RotationTarget = {
    generate: async () => JSON.stringify({ [key]: prefix + encode(randomBytes(bytes), shape) }),
    accepts: async () => true,
    install: async () => {},
  };
  // Nothing but the labels can be changed twice, and each change names the version that it takes the label from.
  return { exclusively: (work) => work(target) };
}

function encode(bytes: Buffer, shape: SettingsOf<"randomValue">["shape"]): string {
  if (shape !== "influxToken") return bytes.toString(shape);
  // As InfluxDB 2 makes them: base64 for URLs, with its padding.
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
