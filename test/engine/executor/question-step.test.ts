import { afterEach, expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyStep } from "../../../lib/engine/executor/question-step";
import { program as programSchema } from "../../support/program";
import { record } from "../../support/ledger-record";

const VARIABLE = "STERNA_TEST_SECRET";
afterEach(() => void delete process.env[VARIABLE]);

it("a check does not show an address that a secret reference names: its path may let people in", async () => {
  // GIVEN
  const server = createServer((_request, response) => response.end('{"ok":true}')).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  process.env[VARIABLE] = `http://127.0.0.1:${port}/services/canary-0123456789abcdef`;
  const program = {
    kind: "http" as const,
    url: { env: VARIABLE },
    status: 200,
    attempts: 1,
    interval: 1,
    verify: [{ query: "/ok", expected: "true" }],
  };

  // WHEN
  const results = await verifyStep(record("hook", { program }));
  server.close();

  // THEN
  expect(results).toEqual([
    { query: "status of ***", expected: "200", actual: "200" },
    { query: "/ok of ***", expected: "true", actual: "true" },
  ]);
});

it.each([
  ["the expected answer stays one, also where a secret stands in it", "shop", "shop"],
  ["another answer is masked", "shop-of-yesterday", "***-of-yesterday"],
])("%s", async (_what, printed, actual) => {
  // GIVEN
  process.env[VARIABLE] = "shop";
  const program = programSchema.parse({
    kind: "command",
    up: "true",
    environment: { NAME: { env: VARIABLE } },
    verify: [{ query: `printf ${printed}`, expected: "shop" }],
  });

  // WHEN
  const [result] = await verifyStep(record("name", { program }));

  // THEN
  expect(result).toMatchObject({ expected: "shop", actual });
});
