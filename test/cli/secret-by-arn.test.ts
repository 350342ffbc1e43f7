import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { rotateSecret } from "../../lib/cli/secrets/rotate-secret";
import { SecretObject } from "../../lib/cli/secrets/secret-object";
import { parseRotationSettings } from "../../lib/rotator/settings";
import { startSecretStore, type AwsSecretStore } from "../rotator/aws/secret-store";

const settings = parseRotationSettings(
  JSON.stringify({ strategy: "randomValue", shape: "hex", bytes: 16, prefix: "", key: "token" }),
  "the test",
);

let store: AwsSecretStore;
let arn: string;
let elsewhere: NodeJS.ProcessEnv;
beforeAll(async () => {
  store = await startSecretStore();
  const SecretId = await store.create("shop/session", JSON.stringify({ token: "before" }));
  arn = (await store.client.send(new DescribeSecretCommand({ SecretId }))).ARN!;
  elsewhere = { ...store.environment, AWS_REGION: "eu-west-3" };
}, 30_000);
afterAll(() => store?.stop());

it("a secret is read in the region that its ARN names, wherever the environment is", async () => {
  const found = await SecretObject.use(arn, undefined, elsewhere, (secret) => secret.read());
  expect(found).toEqual({ arn, values: { token: "before" } });
});

it("and is rotated there", async () => {
  await rotateSecret({ id: arn, settings }, elsewhere, () => {});
  expect(await store.value(arn)).toEqual({ token: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown });
});
