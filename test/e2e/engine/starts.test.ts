import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { credentials, makeClientConstructor } from "@grpc/grpc-js";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { unzipSync } from "fflate";
import { createCertificate, pem } from "../../../lib/engine/protocol/certificate";
import { controllerService, providerService } from "../../../lib/engine/protocol/plugin-server";
import { repositoryRoot, scratchRoot } from "../../support/repository";
import { repetitions } from "../../support/sample";

const STARTS = repetitions(40, 600);
const AT_ONCE = 4;
const COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

describe("the provider's process", () => {
  let directory: string;
  let program: string;

  beforeAll(() => {
    mkdirSync(scratchRoot, { recursive: true });
    directory = mkdtempSync(join(scratchRoot, "starts-"));
    const folder = join(repositoryRoot, "dist/engine");
    const zip = readdirSync(folder).find((name) => name.endsWith(".zip"))!;
    for (const [name, data] of Object.entries(unzipSync(readFileSync(join(folder, zip))))) {
      writeFileSync(join(directory, name), data);
      if (name.startsWith("terraform-provider-sterna")) program = join(directory, name);
    }
    chmodSync(program, 0o755);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  interface Started {
    readonly address: string;
    readonly serverCertificate: string;
    readonly ended: Promise<number | null>;
  }

  async function start(clientCertificate: string): Promise<Started> {
    const environment = {
      PATH: process.env.PATH,
      TF_PLUGIN_MAGIC_COOKIE: COOKIE,
      PLUGIN_PROTOCOL_VERSIONS: "5,6",
      PLUGIN_CLIENT_CERT: clientCertificate,
    };
    const child = spawn(program, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    for await (const line of createInterface({ input: child.stdout })) {
      const match = /^1\|6\|unix\|(.+)\|grpc\|([A-Za-z0-9+/]+)$/.exec(line);
      if (!match) throw new Error(`no handshake but: ${line}\n${complaint}`);
      return {
        address: `unix:${match[1]}`,
        serverCertificate: pem("CERTIFICATE", Buffer.from(match[2]!, "base64")),
        ended,
      };
    }
    throw new Error(`ended without a handshake: ${complaint}`);
  }

  const Provider = makeClientConstructor(providerService, "Provider");
  const Controller = makeClientConstructor(controllerService, "Controller");

  async function call(
    Client: typeof Provider,
    started: Started,
    own: { certificate: string; key: string } | undefined,
    method: string,
  ) {
    const tls = credentials.createSsl(
      Buffer.from(started.serverCertificate),
      own && Buffer.from(own.key),
      own && Buffer.from(own.certificate),
    );
    const client = new Client(started.address, tls, { "grpc.ssl_target_name_override": "localhost" });
    try {
      return await new Promise<Record<string, unknown>>((resolve, reject) =>
        (client[method] as (...args: unknown[]) => void)({}, (error: Error | null, reply: Record<string, unknown>) =>
          error ? reject(error) : resolve(reply),
        ),
      );
    } finally {
      client.close();
    }
  }

  it(`starts ${STARTS} times without a failure, answers, and ends when it is told to`, async () => {
    const own = createCertificate();
    let left = STARTS;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const started = await start(own.certificate);
        const reply = await call(Provider, started, own, "GetMetadata");
        expect(reply.resources).toEqual([{ typeName: "sterna_step" }]);
        await call(Controller, started, own, "Shutdown");
        expect(await started.ended).toBe(0);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }, 600_000);

  it("talks to the Terraform that started it alone: without that certificate it refuses", async () => {
    // GIVEN
    const own = createCertificate();
    const started = await start(own.certificate);

    // WHEN
    const withoutCertificate = call(Provider, started, undefined, "GetMetadata");
    const withAnother = call(Provider, started, createCertificate(), "GetMetadata");

    // THEN
    await expect(withoutCertificate).rejects.toThrow();
    await expect(withAnother).rejects.toThrow();
    await call(Controller, started, own, "Shutdown");
    await started.ended;
  });
});
