import { expect, test } from "@jest/globals";
import { parseRow } from "../../../lib/engine/ledgers/fenced-row";

test.each([
  ["half a file", '{"fence": 1,', "it is not JSON"],
  ["a row of another shape", '{"fence":1,"revision":1,"record":{"id":"canary-4711"}}', "record.system"],
])("a row that cannot be read is named, with the cure and without its content: %s", (_, body, reason) => {
  // WHEN
  const parse = (): unknown => parseRow(body, "ledger/shop/s1.json", { location: "S3 bucket b" });

  // THEN
  expect(parse).toThrow(
    expect.objectContaining({
      code: "LedgerRowUnreadable",
      message: expect.stringContaining("ledger/shop/s1.json in S3 bucket b cannot be read"),
    }),
  );
  expect(parse).toThrow(reason);
  expect(parse).not.toThrow("canary-4711");
});
