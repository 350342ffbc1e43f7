import { expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentChain } from "../../lib/index";
import { errorOf, temporaryDirectory } from "../support/system-stack";

const file = join(temporaryDirectory(), "environments.json");
const fromFile = (content: unknown) => {
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return EnvironmentChain.fromFile(file);
};

test("environments come in the order of the file, each knowing the one before", () => {
  // WHEN
  const chain = fromFile({
    environments: [
      { name: "development" },
      { name: "staging", region: "eu-west-1", variables: { shop: { BUCKET: "shop-staging" } }, tags: { team: "a" } },
      { name: "production", protected: true },
    ],
  });
  // THEN
  expect([...chain].map(({ name, order, previous }) => [name, order, previous?.name])).toEqual([
    ["development", 0, undefined],
    ["staging", 1, "development"],
    ["production", 2, "staging"],
  ]);
  expect(chain.get("staging")).toMatchObject({ region: "eu-west-1", protected: false, tags: { team: "a" } });
  expect(chain.get("staging").variablesOf("shop")).toEqual({ BUCKET: "shop-staging" });
  expect(chain.get("staging").variablesOf("other")).toEqual({});
  expect(chain.get("production").protected).toBe(true);
  expect(chain.previous("staging")).toBe(chain.get("development"));
  expect(chain.previous(chain.get("development"))).toBeUndefined();
});

test("an unknown environment is named together with the known ones", () => {
  // GIVEN
  const chain = fromFile({ environments: [{ name: "development" }, { name: "staging" }] });
  // THEN
  expect(errorOf(() => chain.get("prod"))).toEqual({
    code: "UnknownEnvironment",
    message: 'there is no environment "prod"; there are development, staging',
  });
});

test.each([
  ["is not JSON", "{ environments: [] }", "FileNotJson", /environments\.json:1:3/],
  ["is empty", { environments: [] }, "InvalidEnvironments", /at least one environment/],
  [
    "has an unknown key",
    { environments: [{ name: "a", protcted: true }] },
    "InvalidEnvironments",
    /environments\.0: .*"protcted"/,
  ],
  [
    "has an unknown key at the top",
    { environments: [{ name: "a" }], pins: {} },
    "InvalidEnvironments",
    /at the top: .*"pins"/,
  ],
  [
    "has a name of capitals",
    { environments: [{ name: "Staging" }] },
    "InvalidEnvironments",
    /environments\.0\.name: must be lower-case/,
  ],
  [
    "has one name twice",
    { environments: [{ name: "a" }, { name: "a" }] },
    "DuplicateEnvironment",
    /two environments are called "a"/,
  ],
  [
    "has a number for a variable",
    { environments: [{ name: "a", variables: { shop: { PORT: 1 } } }] },
    "InvalidEnvironments",
    /environments\.0\.variables\.shop\.PORT: .*string/,
  ],
  [
    "has a URL with a password",
    { environments: [{ name: "a", variables: { shop: { DATABASE_URL: "postgresql://u:secret@db/shop" } } }] },
    "LiteralPassword",
    /variable DATABASE_URL of shop in a .* SecretReference\.environment\("DATABASE_URL"\)$/,
  ],
])("a file that %s is refused", (_what, content, code, message) => {
  // WHEN
  const error = errorOf(() => fromFile(content));
  // THEN
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("secret@");
});

test("a chain without environments is refused in code, too", () => {
  expect(errorOf(() => new EnvironmentChain([])).code).toBe("NoEnvironments");
  expect(errorOf(() => new EnvironmentChain([{ name: "Not an id" }])).code).toBe("InvalidIdentifier");
});
