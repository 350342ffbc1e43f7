import { decode, encode, ExtData, ExtensionCodec } from "@msgpack/msgpack";
import type { DynamicValue } from "./messages";

/** A value that Terraform does not know before the apply. */
export const UNKNOWN = Symbol("unknown");

/** A Terraform object: attribute names to values; `null` is an absent value. */
export type TerraformObject = Record<string, unknown>;

// Ext type 0 is "unknown", 12 is "unknown, with refinements", which we may ignore.
// Source: Terraform, docs/plugin-protocol/object-wire-format.md
const codec = new ExtensionCodec();
for (const type of [0, 12]) codec.register({ type, encode: () => null, decode: () => UNKNOWN });

function withMarkers(value: unknown): unknown {
  if (value === UNKNOWN) return new ExtData(0, new Uint8Array(1));
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(withMarkers);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withMarkers(item)]));
  }
  return value;
}

export function encodeValue(value: TerraformObject | null): DynamicValue {
  return { msgpack: encode(withMarkers(value)) };
}

/** @returns the object, or `null` for "no object" (before a creation, after a deletion) */
export function decodeValue(value: DynamicValue | undefined): TerraformObject | null {
  if (value?.msgpack?.length) return decode(value.msgpack, { extensionCodec: codec }) as TerraformObject | null;
  if (value?.json?.length) return JSON.parse(Buffer.from(value.json).toString("utf8")) as TerraformObject | null;
  return null;
}

export function containsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some(containsUnknown);
}
