import { describe, expect, it } from "@jest/globals";
import { requirePostgresUrl } from "../../../lib/engine/ledgers/database-refusal";

describe("the URL of a database", () => {
  it.each([
    "postgresql://shop:secret@db.example:5432/shop",
    "postgres://shop@db.example/shop?sslmode=verify-full",
    "postgresql:///shop?host=/var/run/postgresql",
    "postgresql://shop@/shop?host=/var/run/postgresql",
    "postgresql://%2Fvar%2Frun%2Fpostgresql/shop",
    "socket:/var/run/postgresql?db=shop",
    "/var/run/postgresql shop",
  ])("is accepted as pg reads it: %s", (url) => {
    expect(() => requirePostgresUrl(url)).not.toThrow();
  });

  it.each([
    ["db.example:5432/shop", "has no scheme"],
    ["mysql://shop@db.example/shop", 'begins with "mysql://"'],
    ["postgresql://shop:se#cret@db.example/shop", "cannot be read: write special characters of the password as %XX"],
    ["postgresql://shop:se/cret@db.example/shop", "cannot be read"],
  ])("is refused with what is wrong, and never shown: %s", (url, wrong) => {
    expect(() => requirePostgresUrl(url)).toThrow(
      expect.objectContaining({ code: "DatabaseUrlInvalid", message: expect.stringContaining(wrong) }),
    );
    expect(() => requirePostgresUrl(url)).not.toThrow(
      expect.objectContaining({ message: expect.stringContaining(url) }),
    );
  });
});
