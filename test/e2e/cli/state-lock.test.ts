import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TestProject } from "../../cli/project";
import { runCli } from "../../cli/run-cli";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";

const HOLDER = { ID: "5e0c8f0f-1111-2222-3333-444455556666", Who: "ana@laptop", Operation: "OperationTypeApply" };

/**
 * Keeps states and their locks as Terraform's backend `http` wants it.
 * Source: https://developer.hashicorp.com/terraform/language/backend/http
 */
class StateServer {
  lock: object | undefined;
  private state: string | undefined;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { status, text = "" } = this.answer(request.method!, Buffer.concat(chunks).toString());
      response.writeHead(status).end(text);
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/state`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(method: string, body: string): { status: number; text?: string } {
    switch (method) {
      case "GET":
        return this.state === undefined ? { status: 404 } : { status: 200, text: this.state };
      case "LOCK":
        if (this.lock !== undefined) return { status: 423, text: JSON.stringify(this.lock) };
        this.lock = JSON.parse(body) as object;
        return { status: 200 };
      case "UNLOCK":
        this.lock = undefined;
        return { status: 200 };
      default:
        this.state = body;
        return { status: 200 };
    }
  }
}

requires("terraform")("a state that another run holds", () => {
  let server: StateServer;
  let project: TestProject;
  const run = (...args: string[]) => runCli(project.directory, args, terraformEnvironment());
  const unlock = (...args: string[]) => run("unlock", "shop", "development", ...args);

  beforeEach(async () => {
    server = new StateServer();
    const address = await server.start();
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    const http = { address, lock_address: address, unlock_address: address, retry_max: 0 };
    const resources = { terraform_data: { a: { input: "1" } } };
    project = new TestProject({ pins });
    project.define({ resources, backend: { http } });
    server.lock = { ...HOLDER, Version: "1.11.4", Created: "2026-01-01T00:00:00Z", Info: "", Path: "" };
  });
  afterEach(async () => {
    await server.stop();
    rmSync(project.directory, { recursive: true, force: true });
  });

  it("is StateLocked: who holds it since when, and what to do, without Terraform's -lock=false", async () => {
    // WHEN
    const { status, stdout } = await run("plan", "shop", "development", "--json");

    // THEN
    expect(status).toBe(1);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe("StateLocked");
    // Terraform's backend `http` tells of its own lock where others tell of the one that is there.
    expect(error.message).toMatch(/state of shop in development is locked: \S+ holds it \(OperationType\w+\) since /);
    expect(error.message).toMatch(/`sterna unlock shop development --id [\da-f-]{36}`/);
    expect(error.message).not.toContain("-lock=false");
  });

  it("is waited for with --lock-timeout", async () => {
    // WHEN
    const planning = run("plan", "shop", "development", "--lock-timeout", "60s");
    await sleep(1_000);
    server.lock = undefined;

    // THEN
    expect(await planning).toMatchObject({ status: 2 });
  });

  it("is unlocked by its id, once somebody says that its holder is gone", async () => {
    // WHEN nobody says which lock, or that its holder is gone
    const unnamed = await unlock("--auto-approve");
    const unapproved = await unlock("--id", HOLDER.ID);

    // THEN
    expect(unnamed).toMatchObject({ status: 1, stderr: expect.stringContaining("error[LockIdMissing]") });
    expect(unapproved).toMatchObject({ status: 3, stderr: expect.stringContaining("error[ApprovalMissing]") });
    expect(server.lock).toBeDefined();

    // WHEN
    const unlocked = await unlock("--id", HOLDER.ID, "--auto-approve", "--json");

    // THEN
    expect(unlocked.status).toBe(0);
    expect(JSON.parse(unlocked.stdout)).toMatchObject({ unlocked: true, lock: HOLDER.ID });
    expect((await run("plan", "shop", "development")).status).toBe(2);
  });
});
