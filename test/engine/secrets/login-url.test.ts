import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "pg-connection-string";
import { loginUrl } from "../../../lib/engine/secrets/login-url";

test("what is no JSON is the URL itself", () => {
  expect(loginUrl("postgresql://shop@db/shop", "postgres", "x")).toBe("postgresql://shop@db/shop");
});

test("the URL in a secret wins: it says whether the server's certificate is checked", () => {
  const login = { engine: "redis", host: "h", port: 1, username: "u", password: "p", url: "rediss://u:p@h:1" };
  expect(loginUrl(JSON.stringify(login), "redis", "x")).toBe("rediss://u:p@h:1");
});

test("the JSON of AWS's rotations connects as it says, whatever the password is made of", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((each) => each.isWellFormed());
  fc.assert(
    fc.property(text, text, (username, password) => {
      // WHEN
      const login = { engine: "postgres", host: "db.example.org", username, password, dbname: "shop", port: "5433" };
      const parsed = parse(loginUrl(JSON.stringify(login), "postgres", "x").replace(/\?.*$/, ""));
      // THEN
      expect(parsed).toMatchObject({
        host: "db.example.org",
        port: "5433",
        database: "shop",
        user: username,
        password,
      });
    }),
  );
});

test("without a word about TLS the certificate is checked", () => {
  const login = { host: "::1", username: "u", password: "p" };
  expect(loginUrl(JSON.stringify(login), "postgres", "x")).toBe(
    "postgresql://u:p@[::1]:5432/postgres?sslmode=verify-full",
  );
  expect(loginUrl(JSON.stringify(login), "redis", "x")).toBe("rediss://u:p@[::1]:6379");
  expect(loginUrl(JSON.stringify({ ...login, ssl: "false" }), "postgres", "x")).not.toContain("sslmode");
  expect(loginUrl(JSON.stringify({ ...login, ssl: false }), "redis", "x")).toBe("redis://u:p@[::1]:6379");
});

test.each([
  [{ username: "u", password: "canary" }, /host missing/],
  [{ engine: "redis", host: "h", username: "u", password: "canary" }, /engine missing/],
  [{ host: "db.abc.rds.amazonaws.com:5432", username: "u", password: "canary" }, /host missing or invalid/],
  [["canary"], /JSON makes no connection/],
])("%j is no login to PostgreSQL, and its values are not repeated", (document, message) => {
  const refused = () => loginUrl(JSON.stringify(document), "postgres", "secret shop");
  expect(refused).toThrow(message);
  expect(refused).not.toThrow(/canary/);
});
