import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { NOT_ROTATED_YET } from "../../../lib/core/server-login";
import { Redactor } from "../../../lib/engine/secrets/redactor";
import { secretManagerEndpoint } from "../../../lib/clouds/google-secret-manager";
import { lookUpText } from "../../../lib/engine/secrets/look-up-text";
import { SecretFetcher } from "../../../lib/engine/secrets/secret-fetcher";
import type { NamedSecret } from "../../../lib/engine/secrets/stored-secret";
import { startSecretStore, type AwsSecretStore } from "../../rotator/aws/secret-store";
import {
  startGoogleSecretManagerContractModel,
  type GoogleSecretManagerContractModel,
} from "../../support/google-secret-manager-contract-model";

const CANARY = "canary/5c4f+&=9d";
const failureOf = (fetched: Promise<string>) =>
  fetched.then(
    () => ({ code: "none", message: "it was fetched" }),
    (error: { code: string; message: string }) => error,
  );

describe("secrets of AWS Secrets Manager", () => {
  let store: AwsSecretStore;
  let arn: string;

  beforeAll(async () => {
    store = await startSecretStore();
    await store.create("shop/database", JSON.stringify({ url: `postgresql://shop:${encodeURIComponent(CANARY)}@db/` }));
    await store.client.send(
      new PutSecretValueCommand({
        SecretId: "shop/database",
        SecretString: JSON.stringify({
          url: `postgresql://next:${CANARY}@db/`,
          port: 5432,
          nothing: "",
          list: [CANARY],
        }),
      }),
    );
    await store.create("shop/text", CANARY);
    await store.create("shop/new", NOT_ROTATED_YET);
    arn = (await store.client.send(new PutSecretValueCommand({ SecretId: "shop/text", SecretString: CANARY }))).ARN!;
  }, 30_000);
  afterAll(() => store.stop());

  const fetch = (secret: object, environment: NodeJS.ProcessEnv = store.environment) =>
    new SecretFetcher(environment).fetch({ store: "aws", ...secret } as NamedSecret);

  it("are fetched by name or ARN, whole or by key, and in another version", async () => {
    await expect(fetch({ id: "shop/text" })).resolves.toBe(CANARY);
    await expect(fetch({ id: "shop/database", key: "port" })).resolves.toBe("5432");
    await expect(fetch({ id: "shop/database", key: "url", versionStage: "AWSPREVIOUS" })).resolves.toContain("shop:");
    // An ARN names its region: the one of the environment does not count.
    await expect(fetch({ id: arn }, { ...store.environment, AWS_REGION: "eu-west-3" })).resolves.toBe(CANARY);
  });

  it("are masked by every redactor of the process from then on, also in what they hold", async () => {
    // GIVEN
    const redactor = new Redactor();

    // WHEN
    await fetch({ id: "shop/database" });

    // THEN
    expect(redactor.redact(`next:${CANARY} ${encodeURIComponent(CANARY)} db:5432`)).toBe("next:*** *** db:5432");
  });

  it("are fetched once by one step, and again by the next: a secret may have been rotated since", async () => {
    // GIVEN
    await store.create("shop/rotates", '{"a":"before-1","b":"before-2"}');
    const step = new SecretFetcher(store.environment);
    await expect(step.fetch({ store: "aws", id: "shop/rotates", key: "a" })).resolves.toBe("before-1");

    // WHEN
    const SecretString = '{"a":"after-1","b":"after-2"}';
    await store.client.send(new PutSecretValueCommand({ SecretId: "shop/rotates", SecretString }));

    // THEN keys belong together
    await expect(step.fetch({ store: "aws", id: "shop/rotates", key: "b" })).resolves.toBe("before-2");
    await expect(fetch({ id: "shop/rotates", key: "b" })).resolves.toBe("after-2");
  });

  it("are fetched where a variable of the environment refers to them, as an imported .env file does", async () => {
    // GIVEN
    const environment = {
      ...store.environment,
      PORT: `{{resolve:secretsmanager:shop/database:SecretString:port}}`,
      ARN: `{{resolve:secretsmanager:${arn}}}`,
      BROKEN: "{{resolve:secretsmanager:shop/database:SecretString",
      INSIDE: "redis://:{{resolve:secretsmanager:shop/text}}@cache",
    };
    const lookUp = (env: string) => lookUpText({ env }, {}, "step x", new SecretFetcher(environment));

    // THEN
    await expect(lookUp("PORT")).resolves.toBe("5432");
    await expect(lookUp("ARN")).resolves.toBe(CANARY);
    await expect(lookUp("AWS_REGION")).resolves.toBe("us-east-1");
    await expect(lookUp("INSIDE")).rejects.toMatchObject({ code: "SecretReferenceInvalid" });
    await expect(lookUp("BROKEN")).rejects.toMatchObject({ code: "SecretReferenceInvalid" });
    await expect(
      lookUpText(
        { secret: { store: "aws", id: { variable: "S" } } },
        { S: "shop/text" },
        "x",
        new SecretFetcher(environment),
      ),
    ).resolves.toBe(CANARY);
  });

  it.each<[string, object, string, RegExp]>([
    ["is not there", { id: "shop/none" }, "SecretMissing", /secret shop\/none .* us-east-1.*ResourceNotFound/],
    ["has no such version", { id: "shop/text", versionStage: "OLD" }, "SecretMissing", /no such version/],
    ["has no value yet", { id: "shop/new", key: "url" }, "SecretMissing", /first rotation/],
    ["has no such key", { id: "shop/database", key: "host" }, "SecretKeyMissing", /no key "host"; it has url, port, /],
    [
      "has an empty value under the key",
      { id: "shop/database", key: "nothing" },
      "SecretKeyMissing",
      /or an empty one/,
    ],
    ["has no text under the key", { id: "shop/database", key: "list" }, "SecretKeyMissing", /no text/],
    ["is no JSON", { id: "shop/text", key: "url" }, "SecretNotJson", /no JSON object/],
  ])("say which secret %s, and never a value", async (_what, secret, code, message) => {
    const error = await failureOf(fetch(secret));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(error.message).not.toContain(CANARY);
  });

  it("say that a secret holds bytes", async () => {
    await store.create("shop/bytes", "x");
    await store.client.send(new PutSecretValueCommand({ SecretId: "shop/bytes", SecretBinary: Buffer.from([1, 2]) }));
    await expect(fetch({ id: "shop/bytes" })).rejects.toMatchObject({ code: "SecretIsBinary" });
  });

  it("are no texts with a zero byte: what cannot be a variable is repeated in the message that says so", async () => {
    // GIVEN
    await store.create("shop/zero", JSON.stringify({ token: `${CANARY}\0`, url: "whole" }));

    // THEN
    const error = await failureOf(fetch({ id: "shop/zero", key: "token" }));
    expect([error.code, error.message]).toEqual([
      "SecretIsBinary",
      expect.stringMatching(/^secret shop\/zero, key token/),
    ]);
    await expect(fetch({ id: "shop/zero", key: "url" })).resolves.toBe("whole");
  });

  it("say what the credentials lack, and whom nobody could ask", async () => {
    // GIVEN
    const server = createServer((_request, response) => {
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      response.end('{"__type":"AccessDeniedException","message":"role x is not authorized"}');
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const asking = (port: number) => ({ ...store.environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });

    // THEN
    const denied = await failureOf(fetch({ id: "shop/text" }, asking((server.address() as AddressInfo).port)));
    expect([denied.code, denied.message]).toEqual([
      "SecretAccessDenied",
      expect.stringMatching(/role x is not authorized.*secretsmanager:GetSecretValue/),
    ]);
    server.close();
    const unreachable = await failureOf(fetch({ id: "shop/text" }, asking(1)));
    expect([unreachable.code, unreachable.message]).toEqual([
      "SecretStoreUnreachable",
      expect.stringContaining("ECONNREFUSED"),
    ]);
  });
});

describe("secrets of Google Secret Manager, by its contract model", () => {
  const ID = "projects/shop/secrets/database";
  let model: GoogleSecretManagerContractModel;
  let environment: NodeJS.ProcessEnv;

  beforeEach(async () => {
    model = await startGoogleSecretManagerContractModel();
    model.accessToken = "token-of-the-test";
    environment = {
      GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT: model.endpoint,
      GOOGLE_OAUTH_ACCESS_TOKEN: model.accessToken,
    };
    model.put(ID, JSON.stringify({ url: "redis://one" }));
  });
  afterEach(() => model.stop());

  const fetch = (secret: object) =>
    new SecretFetcher(environment).fetch({ store: "google", id: ID, ...secret } as NamedSecret);

  it("are fetched by name, key and version", async () => {
    model.put(ID, JSON.stringify({ url: "redis://two" }));
    await expect(fetch({ key: "url", version: "1" })).resolves.toBe("redis://one");
    await expect(fetch({ version: "2" })).resolves.toBe('{"url":"redis://two"}');
  });

  it.each([
    [ID, "https://secretmanager.googleapis.com/v1/"],
    ["projects/shop/locations/europe-west3/secrets/a", "https://secretmanager.europe-west3.rep.googleapis.com/v1/"],
    ["projects/shop/locations/evil.example.org#/secrets/a", "https://secretmanager.googleapis.com/v1/"],
  ])("are asked for where they are: %s", (id, endpoint) => {
    expect(secretManagerEndpoint(id, undefined)).toBe(endpoint);
    expect(secretManagerEndpoint(id, model.endpoint)).toBe(model.endpoint);
  });

  it("are asked for again where an answer does not come, or tells of a trouble that passes", async () => {
    model.faults.add({ op: "access", drop: true, times: 1 });
    model.faults.add({ op: "access", status: 503, times: 1 });
    await expect(fetch({ key: "url", version: "1" })).resolves.toBe("redis://one");
  });

  it("say what is missing, and what the credentials lack", async () => {
    await expect(fetch({ id: "projects/shop/secrets/none" })).rejects.toMatchObject({ code: "SecretMissing" });
    await expect(fetch({ version: "7" })).rejects.toMatchObject({ code: "SecretMissing" });
    environment["GOOGLE_OAUTH_ACCESS_TOKEN"] = "another";
    await expect(fetch({})).rejects.toMatchObject({
      code: "SecretAccessDenied",
      message: expect.stringContaining("Secret Manager Secret Accessor"),
    });
    await model.stop();
    await expect(fetch({})).rejects.toMatchObject({ code: "SecretStoreUnreachable" });
  });
});
