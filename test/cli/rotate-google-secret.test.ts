import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { isGoogleSecretId, rotateSecret } from "../../lib/cli/secrets/rotate-secret";
import { parseRotationSettings } from "../../lib/rotator/settings";
import { startGoogleSecretStore, type GoogleSecretStore } from "../rotator/google/google-secret-store";

const settings = parseRotationSettings(
  JSON.stringify({ strategy: "randomValue", shape: "hex", bytes: 16, prefix: "", key: "token" }),
  "the test",
);

let store: GoogleSecretStore;
beforeAll(async () => {
  store = await startGoogleSecretStore();
});
afterAll(() => store?.stop());

it("rotates a secret of Google from here, with the token and the endpoint of the environment", async () => {
  // GIVEN
  const id = await store.create("session");
  store.model.accessToken = "token-of-a-person";
  const variables = { ...store.environment, GOOGLE_OAUTH_ACCESS_TOKEN: "token-of-a-person" };

  // WHEN
  const { versionId, resumed } = await rotateSecret({ id, settings }, variables, () => {});

  // THEN
  expect(resumed).toBe(false);
  expect(await store.value(id)).toEqual({ token: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown });
  expect(await store.stages(id)).toEqual({ AWSCURRENT: versionId });
});

it("knows the secrets of Google by their names", () => {
  const names = ["projects/shop/secrets/session", "shop/production/session", "arn:aws:secretsmanager:a:1:secret:s"];
  expect(names.map(isGoogleSecretId)).toEqual([true, false, false]);
});
