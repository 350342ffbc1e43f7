import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { startGoogleSecretStore } from "../rotator/google/google-secret-store";
import { startSecretStore, type AwsSecretStore } from "../rotator/aws/secret-store";
import { TestProject } from "./project";
import { runCli } from "./run-cli";

// Jest does not find the TypeScript behind the name that Node.js needs in import().
jest.mock("../../lib/cli/secrets/rotate-secret.js", () => jest.requireActual("../../lib/cli/secrets/rotate-secret"), {
  virtual: true,
});

const SETTINGS = { strategy: "randomValue", shape: "hex", bytes: 16, prefix: "", key: "token" };

/** A rotating secret as cdktf writes it. */
function rotating(name: string, id: string, settings: object = SETTINGS) {
  return {
    aws_secretsmanager_secret: { [id]: { name } },
    aws_lambda_function: {
      [`${id}-rotator`]: { environment: { variables: { STERNA_ROTATION_SETTINGS: JSON.stringify(settings) } } },
    },
    aws_secretsmanager_secret_rotation: {
      [id]: {
        secret_id: `\${aws_secretsmanager_secret.${id}.id}`,
        rotation_lambda_arn: `\${aws_lambda_function.${id}-rotator.arn}`,
      },
    },
  };
}

describe("sterna secrets rotate", () => {
  let store: AwsSecretStore;
  let project: TestProject;
  let secret: string;
  let count = 0;

  beforeAll(async () => {
    store = await startSecretStore();
  }, 30_000);
  beforeEach(async () => {
    secret = await store.create(`shop/production/${++count}`);
    project = new TestProject({
      pins: { development: "0.1.0", staging: "0.1.0", production: "0.1.0" },
      extraResources: {
        development: rotating("shop/session", "session"),
        staging: rotating("shop/session", "session"),
        production: rotating(secret, "token"),
      },
    });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));
  afterAll(() => store.stop());

  const rotate = (...args: string[]) => runCli(project.directory, ["secrets", "rotate", ...args]);
  /** Nothing of AWS is in the environment of the process: a file of the environment has it. */
  function writeVariables(environment: string): void {
    const lines = Object.entries(store.environment).map(([name, value]) => `${name}='${value}'\n`);
    const file = project.path(`.sterna/${environment}.env`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, lines.join(""));
  }

  it.each([
    ["by its name", (name: string) => [name]],
    ["by its name and its stack, as the alarm says", (name: string) => [name, "--stack", "shop-production"]],
    ["by system, environment and name", (name: string) => ["shop", "production", name]],
  ])("finds the settings of a secret %s, and the variables of its environment", async (_how, names) => {
    // GIVEN
    writeVariables("production");

    // WHEN
    const { status, stdout, stderr } = await rotate(...names(secret), "--json");

    // THEN
    expect([status, stderr]).toEqual([0, "synthesizing…\n"]);
    const value = await store.value(secret);
    expect(value).toEqual({ token: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(JSON.parse(stdout)).toMatchObject({ secret, strategy: "randomValue", resumed: false });
    expect(stdout).not.toContain(value.token);
  });

  it("finds the settings of a secret of Google as well", async () => {
    // GIVEN
    const google = await startGoogleSecretStore();
    const id = await google.create("session");
    google.model.accessToken = "token-of-the-test";
    const variables = { STERNA_ROTATED_SECRET: id, STERNA_ROTATION_SETTINGS: JSON.stringify(SETTINGS) };
    const rotator = { service_config: { environment_variables: variables } };
    project.define({ resources: { google_cloudfunctions2_function: { rotator } } });

    // WHEN
    const { status } = await runCli(project.directory, ["secrets", "rotate", id, "--stack", "shop-staging"], {
      ...google.environment,
      GOOGLE_OAUTH_ACCESS_TOKEN: google.model.accessToken,
    });

    // THEN
    expect([status, google.model.values(id)]).toEqual([0, [expect.stringMatching(/^\{"token":"[0-9a-f]{32}"\}$/)]]);
    await google.stop();
  });

  it("takes settings from a file, without a stack that declares the secret", async () => {
    writeFileSync(project.path("rotation.json"), JSON.stringify({ ...SETTINGS, key: "other" }));
    writeVariables("staging");
    const { status } = await rotate("shop", "staging", secret, "--settings", "rotation.json");
    expect([status, await store.value(secret)]).toEqual([0, { other: expect.any(String) }]);
  });

  it.each([
    ["a name that several stacks have", ["shop/session"], /--stack shop-development or --stack shop-staging$/m],
    ["a name that no stack has", ["shop/sessions"], /did you mean "shop\/session"\?/],
    ["a name that the environment has not", ["shop", "staging", "shop/production/x"], /no stack of shop in staging/],
    ["an environment without a name", ["shop", "staging"], /system, environment and name; got 2 words/],
  ])("refuses %s", async (_what, names, message) => {
    const { status, stderr } = await rotate(...names);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/error\[RotationUnknown\]/)]);
    expect(stderr).toMatch(message);
  });

  it("says what is wrong with settings, and which file it cannot read, and asks nobody", async () => {
    // GIVEN
    writeFileSync(project.path("rotation.json"), JSON.stringify({ ...SETTINGS, bytes: 4 }));

    // WHEN
    const { status, stdout } = await rotate("database", "--settings", "rotation.json", "--json");

    // THEN
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect([status, error.code]).toEqual([1, "RotationSettingsInvalid"]);
    expect(error.message).toMatch(/>=16[\s\S]*bytes/);
    const missing = await rotate("database", "--settings", "missing.json");
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringMatching(/FileUnreadable.*missing\.json/s)]);
  });
});
