import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "../../lib/core/error-codes";
import { repositoryRoot } from "../support/repository";

const lib = join(repositoryRoot, "lib");
const table = join("core", "error-codes.ts");

test("every code of the table is used: a documented error that nothing reports would mislead", () => {
  // GIVEN
  const sources = readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== table)
    .map((name) => readFileSync(join(lib, name), "utf8"));

  // WHEN
  const unused = Object.keys(ERROR_CODES).filter((code) => !sources.some((source) => source.includes(`"${code}"`)));

  // THEN
  expect(unused).toEqual([]);
});
