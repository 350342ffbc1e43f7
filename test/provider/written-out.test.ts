import { describe, expect, it } from "@jest/globals";
import { program } from "../../lib/manifest/program";
import { writtenOut } from "../../lib/provider/step-state";

describe("a program, written out for people", () => {
  const copy = program.parse({
    kind: "files",
    directory: { variable: "DATA" },
    bucket: { variable: "BUCKET" },
    prefix: "data/",
  });

  it("shows the values of the variables, and names those that are not known yet", () => {
    expect(writtenOut(copy, { DATA: "/srv/data" })).toEqual({
      ...copy,
      directory: "/srv/data",
      bucket: { variable: "BUCKET" },
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
