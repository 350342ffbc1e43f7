import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createCertificate } from "../../../lib/engine/protocol/certificate";
import { scratchDirectory } from "../../support/repository";
import { unpackProvider } from "../../support/step-configuration";

const COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

describe("the provider's process, without a Terraform that is well", () => {
  let directory: string;

  beforeEach(() => {
    directory = scratchDirectory("process");
    unpackProvider(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const environment = {
    PATH: process.env.PATH,
    TMPDIR: process.env.TMPDIR,
    TF_PLUGIN_MAGIC_COOKIE: COOKIE,
    PLUGIN_PROTOCOL_VERSIONS: "6",
    PLUGIN_CLIENT_CERT: createCertificate().certificate,
  };

  function start(overrides: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [join(directory, "engine.cjs")], { env: { ...environment, ...overrides } });
    const status = new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { child, status };
  }

  it("ends when nobody reads its handshake: Terraform died while it started", async () => {
    // GIVEN
    const { child, status } = start({});

    // WHEN
    child.stdout.destroy();

    // THEN
    expect(await status).toBe(0);
  }, 20_000);

  it("says in one line that Terraform is too old", async () => {
    // GIVEN
    const { child, status } = start({ PLUGIN_PROTOCOL_VERSIONS: "4,5" });
    const printed: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => printed.push(chunk.toString()));

    // WHEN
    const ended = await status;

    // THEN
    expect(ended).toBe(1);
    expect(printed.join("")).toMatch(/^sterna needs a Terraform that speaks plugin protocol 6 [^\n]+ offers 4, 5\.\n$/);
  }, 20_000);

  it("says who it is when a person starts it", async () => {
    // GIVEN
    const { child, status } = start({ TF_PLUGIN_MAGIC_COOKIE: undefined });
    const printed: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => printed.push(chunk.toString()));

    // WHEN
    const ended = await status;

    // THEN
    expect(ended).toBe(1);
    expect(printed.join("")).toContain("This is a Terraform provider");
  });

  it("leaves no socket behind", async () => {
    // GIVEN
    const sockets = join(directory, "tmp");
    mkdirSync(sockets);
    const { child, status } = start({ TMPDIR: sockets });

    // WHEN
    child.stdout.destroy();
    await status;

    // THEN
    expect(readdirSync(sockets)).toEqual([]);
  });
});
