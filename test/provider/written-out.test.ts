import { describe, expect, it } from "@jest/globals";
import { program } from "../support/program";
import { writtenOut } from "../../lib/provider/step-state";

describe("a program, written out for people", () => {
  const copy = program.parse({
    kind: "documents",
    directory: { variable: "DATA" },
    database: { variable: "URL" },
    table: "t",
    key: "id",
  });

  it("shows the values of the variables, and names those that are not known yet", () => {
    expect(writtenOut(copy, { DATA: "/srv/data" })).toEqual({
      ...copy,
      directory: "/srv/data",
    });
  });

  it("never shows what stands in the environment of the process", () => {
    const sql = program.parse({
      kind: "sql",
      database: { env: "DATABASE_URL" },
      up: "select 1",
      verify: [{ query: "select 1", expected: "1" }],
    });
    expect(writtenOut(sql, { DATABASE_URL: "postgresql://canary" })).toEqual(sql);
  });
});
