import { expect, test } from "@jest/globals";
import { ValidationError } from "../../lib/core/errors";
import { thrownBy } from "../support/system-stack";
import { synthesize } from "../support/synth";
import { declareInvalid, INVALID_BUCKETS, type InvalidBucket } from "../aws/storage/invalid-buckets";

test("there are at least 40 mistakes, each with a code of its own", () => {
  expect(INVALID_BUCKETS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(INVALID_BUCKETS.map(({ code }) => code)).size).toBe(INVALID_BUCKETS.length);
});

test.each(INVALID_BUCKETS.map((invalid): [string, InvalidBucket] => [invalid.code, invalid]))(
  "%s is refused at synthesis, with the construct's path",
  (code, invalid) => {
    // when
    const synthesis = () => synthesize((stack) => declareInvalid(stack, invalid));

    // then
    const refusal = thrownBy(synthesis);
    expect(refusal).toBeInstanceOf(ValidationError);
    expect(refusal).toMatchObject({ code, constructPath: "test/files" });
  },
);
