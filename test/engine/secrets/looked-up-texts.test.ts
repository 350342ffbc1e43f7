import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { LookedUpTexts } from "../../../lib/engine/secrets/look-up-text";
import { program, type ProgramInput } from "../../support/program";
import { SecretFetcher } from "../../../lib/engine/secrets/secret-fetcher";
import { SecretReference, variable } from "../../../lib/index";
import { startSecretStore, type AwsSecretStore } from "../../rotator/aws/secret-store";

const verify = [{ query: "true", expected: "" }];
const command = (environment: Extract<ProgramInput, { kind: "command" }>["environment"]) =>
  program.parse({ kind: "command", up: "true", down: "true", verify, environment });

describe("the secrets of a program", () => {
  let store: AwsSecretStore;
  let texts: LookedUpTexts;

  beforeAll(async () => {
    store = await startSecretStore();
    await store.create("shop/staging", '{"token":"staging-token"}');
    await store.create("shop/production", '{"token":"production-token"}');
  }, 30_000);
  beforeEach(() => {
    const environment = {
      ...store.environment,
      URL: "{{resolve:secretsmanager:shop/staging:SecretString:token}}",
      PLAIN: "plain",
    };
    texts = new LookedUpTexts('step "x"', new SecretFetcher(environment));
  });
  afterAll(() => store.stop());

  const token = SecretReference.aws(variable("SECRET"), { key: "token" });
  const env = SecretReference.environment;

  it("are fetched before it runs, wherever they stand in it", async () => {
    // GIVEN
    const switching = { kind: "command", up: "true", down: "true", verify, environment: { TOKEN: token } } as const;
    const nested = program.parse({
      kind: "transfer",
      transfer: "t",
      phase: "cutover",
      from: { store: "directory", path: env("PLAIN") },
      to: { store: "s3", bucket: env("URL") },
      freeze: [switching],
    });

    // WHEN
    await texts.lookUp(nested, { SECRET: "shop/staging" });

    // THEN
    expect(texts.valueOf(token, { SECRET: "shop/staging" })).toBe("staging-token");
    expect(texts.valueOf(env("URL"), {})).toBe("staging-token");
    expect(texts.valueOf(env("PLAIN"), {})).toBe("plain");
  });

  it("are those that the variables name: a row is undone with the variables that it was applied with", async () => {
    for (const SECRET of ["shop/staging", "shop/production"]) await texts.lookUp(command({ TOKEN: token }), { SECRET });
    expect(texts.valueOf(token, { SECRET: "shop/production" })).toBe("production-token");
    expect(texts.valueOf(token, { SECRET: "shop/staging" })).toBe("staging-token");
  });

  it("fail only whoever asks for the one that is missing", async () => {
    // WHEN
    const missing = SecretReference.aws("shop/missing");
    await texts.lookUp(command({ MISSING: missing, TOKEN: token, UNSET: env("UNSET") }), { SECRET: "shop/staging" });

    // THEN
    expect(texts.valueOf(token, { SECRET: "shop/staging" })).toBe("staging-token");
    expect(() => texts.valueOf(missing, {})).toThrow(expect.objectContaining({ code: "SecretMissing" }));
    expect(() => texts.valueOf(env("UNSET"), {})).toThrow(expect.objectContaining({ code: "VariableMissing" }));
  });

  it("are not confused by variables of a script that are called like a reference", async () => {
    await texts.lookUp(command({ env: "PLAIN", secret: token }), { SECRET: "shop/staging" });
    expect(texts.valueOf(token, { SECRET: "shop/staging" })).toBe("staging-token");
  });
});
