import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { httpKind } from "../../../lib/steps/http/kind";
import { httpProgram } from "../../../lib/steps/http/program";
import { stepContext } from "../../support/step-context";

describe("asking a URL", () => {
  let server: Server;
  let origin: string;
  let answer: RequestListener;

  beforeEach(async () => {
    answer = (_request, response) => response.end('{"status":"ok","checks":{"db":true,"n":3},"list":["a"]}');
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  const program = (more: object = {}) =>
    httpProgram.parse({ kind: "http", url: `${origin}/health`, verify: [], attempts: 3, interval: 0.01, ...more });

  test("succeeds when status and all pointers are as expected", async () => {
    const checks = [
      { query: "/status", expected: "ok" },
      { query: "/checks/db", expected: "true" },
      { query: "/checks", expected: '{"db":true,"n":3}' },
      { query: "/list/0", expected: "a" },
    ];
    expect(await httpKind.up(program({ verify: checks }), stepContext("health"))).toEqual({ attempts: 1 });
  });

  test("asks again until the service is up", async () => {
    // GIVEN a service that needs two attempts to start
    const right = answer;
    let asked = 0;
    answer = (request, response) => (++asked < 3 ? response.writeHead(503).end() : right(request, response));
    const context = stepContext("health");
    // WHEN
    const artifact = await httpKind.up(program(), context);
    // THEN
    expect(artifact).toEqual({ attempts: 3 });
    expect(context.messages).toEqual(["attempt 1 of 3: 503", "attempt 2 of 3: 503"]);
  });

  test("gives up with the last answer, cut to 200 characters", async () => {
    answer = (_request, response) => response.writeHead(500).end("x".repeat(5000));
    await expect(httpKind.up(program(), stepContext("health"))).rejects.toMatchObject({
      code: "VerificationFailed",
      message: expect.stringMatching(/is 500 instead of 200\. The last answer was 500: x{200}$/),
    });
  });

  test("a 200 with the wrong body is a failure: curl would exit 0", async () => {
    const wrong = program({ verify: [{ query: "/checks/db", expected: "false" }] });
    await expect(httpKind.up(wrong, stepContext("health"))).rejects.toThrow(
      /\/checks\/db of .* is true instead of false/,
    );
  });

  test("verify asks once and tells what it got", async () => {
    let asked = 0;
    answer = (_request, response) => (asked++, response.end("not JSON"));
    const results = await httpKind.verify(
      program({ verify: [{ query: "/a", expected: "1" }] }),
      stepContext("h"),
      undefined,
    );
    expect(results.map(({ expected, actual }) => [expected, actual])).toEqual([["200", "200"], ["1", "no JSON"]]); // prettier-ignore
    expect(asked).toBe(1);
  });

  test("a server that is not there is an answer, too", async () => {
    const gone = program({ url: "http://127.0.0.1:1/" });
    const [status] = await httpKind.verify(gone, stepContext("health"), undefined);
    expect(status?.actual).toMatch(/^no answer: /);
  });

  test("follows a redirect on the same origin", async () => {
    const right = answer;
    answer = (request, response) =>
      request.url === "/health" ? response.writeHead(307, { location: "/health/" }).end() : right(request, response);
    expect(await httpKind.up(program(), stepContext("health"))).toEqual({ attempts: 1 });
  });

  test("does not follow a redirect to another host, whose login page would answer 200", async () => {
    answer = (_request, response) => response.writeHead(302, { location: "https://login.example.com/?token=x" }).end();
    const [status] = await httpKind.verify(program(), stepContext("health"), undefined);
    expect(status?.actual).toBe("302 to https://login.example.com, not followed");
  });

  test("takes a redirect that is what is expected", async () => {
    answer = (_request, response) => response.writeHead(301, { location: "https://example.com/" }).end();
    expect(await httpKind.up(program({ status: 301 }), stepContext("health"))).toEqual({ attempts: 1 });
  });

  test("does not run in circles", async () => {
    answer = (_request, response) => response.writeHead(302, { location: "/health" }).end();
    expect((await httpKind.verify(program(), stepContext("h"), undefined))[0]?.actual).toBe("more than 5 redirects");
  });

  test("takes a long answer for what its status says, and stops reading one without end", async () => {
    answer = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1_000_000, "x")));
      };
      response.on("drain", more);
      more();
    };
    const [status, field] = await httpKind.verify(program(), stepContext("h"), undefined);
    expect(status?.actual).toBe("200");
    expect(field?.actual ?? "no JSON").toBe("no JSON");
  });

  test.each([
    ["http://user:secret@127.0.0.1/", /holds credentials/],
    ["file:///etc/passwd", /must start with http/],
    ["health", /must start with http/],
  ])("refuses the address %s without repeating it", async (url, message) => {
    const up = httpKind.up(program({ url }), stepContext("health"));
    await expect(up).rejects.toThrow(message);
    await expect(up).rejects.toMatchObject({ code: "AddressRefused", message: expect.not.stringContaining("secret") });
  });

  test("keeps the query of a URL, which may hold a token, out of messages", async () => {
    const [status] = await httpKind.verify(
      program({ url: `${origin}/health?token=secret` }),
      stepContext("h"),
      undefined,
    );
    expect(status?.query).toBe(`status of ${origin}/health`);
  });

  test("refuses a query that is no pointer before it asks", async () => {
    const wrong = program({ verify: [{ query: "$.status", expected: "ok" }] });
    await expect(httpKind.up(wrong, stepContext("health"))).rejects.toMatchObject({ code: "InvalidProgram" });
  });

  test("stops at once when the step must stop, while it waits and while it asks", async () => {
    for (const listener of [(_q, response) => response.writeHead(503).end(), () => undefined] as RequestListener[]) {
      answer = listener;
      const stop = new AbortController();
      const reason = new Error("timeout of the step");
      setTimeout(() => stop.abort(reason), 50);
      const up = httpKind.up(program({ interval: 60 }), stepContext("health", { signal: stop.signal }));
      await expect(up).rejects.toBe(reason);
    }
  });
});
