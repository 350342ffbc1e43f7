import { expect, test } from "@jest/globals";
import { keptName } from "../../../lib/backups/parts/postgres-restore";

const ID = "20260131T235959123Z";

test("a database that is restored or kept has the name of the live one, and the backup's", () => {
  expect(keptName("shop", "before", ID)).toBe("shop_before_20260131t235959123z");
});

test.each([
  ["of 37 bytes", "a".repeat(37)],
  ["of 63 bytes, PostgreSQL's limit", "a".repeat(63)],
  ["of two bytes a character", "é".repeat(31)],
  ["of four bytes a character", "🦆".repeat(15)],
])("a name %s is shortened to fit, between characters, the same way each time", (_what, database) => {
  for (const role of ["new", "before"] as const) {
    // WHEN
    const name = keptName(database, role, ID);
    // THEN
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(name).toMatch(new RegExp(`^(${[...database][0]})+_(.*_)?${role}_20260131t235959123z$`, "u"));
    expect(keptName(database, role, ID)).toBe(name);
  }
});

test("two long names with the same beginning stay two", () => {
  const [first, second] = ["one", "two"].map((end) => keptName("a".repeat(50) + end, "before", ID));
  expect(first).not.toBe(second);
});
