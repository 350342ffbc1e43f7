import { describe, expect, it } from "@jest/globals";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { containsUnknown, decodeValue, encodeValue, UNKNOWN } from "../../../lib/engine/protocol/dynamic-value";

const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.constant(null), fc.constant(UNKNOWN), fc.boolean());
// The decoder refuses the key __proto__, which could change the prototype of what it builds.
const key = fc.string().filter((name) => name !== "__proto__");
const values = fc.dictionary(key, fc.oneof(scalar, fc.array(scalar), fc.dictionary(key, scalar)));

describe("values on their way to Terraform and back", () => {
  it("stay the same, unknown ones too", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decodeValue(encodeValue(value))).toEqual(value);
      }),
    );
  });

  it("write an unknown as Terraform does: fixext 1, type 0", () => {
    // WHEN
    const bytes = encodeValue({ a: UNKNOWN }).msgpack!;

    // THEN
    expect(Buffer.from(bytes).toString("hex")).toBe("81a161d40000");
  });

  it("read an unknown with refinements as unknown", () => {
    // GIVEN ext type 12 with a map of refinements
    const refinements = Buffer.from(encode({ 1: false }));
    const bytes = Buffer.concat([Buffer.from("81a161c7", "hex"), Buffer.from([refinements.length, 12]), refinements]);

    // WHEN
    const value = decodeValue({ msgpack: bytes });

    // THEN
    expect(value).toEqual({ a: UNKNOWN });
    expect(containsUnknown(value)).toBe(true);
  });

  it("read nothing as null, and JSON where Terraform sends JSON", () => {
    expect(decodeValue(undefined)).toBeNull();
    expect(decodeValue(encodeValue(null))).toBeNull();
    expect(decodeValue({ json: Buffer.from('{"a":"b"}') })).toEqual({ a: "b" });
  });
});
