import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { createCertificate } from "./certificate";
import { makeSocketDirectory } from "./socket-directory";
import { brokerService, controllerService, healthService, providerService, stdioService } from "./services";

/** Terraform starts providers with this cookie, so that nobody runs one by accident. */
const MAGIC_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const PROTOCOL_VERSION = 6;
const LOOPBACK = "127.0.0.1";
/** Terraform kills a provider two seconds after Shutdown. */
const CLOSE_MILLISECONDS = 500;
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

export interface PluginServerOptions {
  readonly provider: UntypedServiceImplementation;
  /** Called when Terraform asks the process to end. */
  readonly onShutdown: () => void;
  readonly environment: NodeJS.ProcessEnv;
}

/** Says why this process cannot serve: it was started by a person, or by a Terraform that is too old. */
export function reasonNotToServe(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.TF_PLUGIN_MAGIC_COOKIE !== MAGIC_COOKIE) {
    return "This is a Terraform provider. Terraform starts it; to run migrations, use `sterna` or `terraform apply`.";
  }
  const offered = (environment.PLUGIN_PROTOCOL_VERSIONS ?? "").split(",").map(Number);
  if (!offered.includes(PROTOCOL_VERSION)) {
    return `sterna needs a Terraform that speaks plugin protocol 6 (Terraform 1.0 or newer); this one offers ${offered.join(", ") || "none"}.`;
  }
  return undefined;
}

/**
 * Starts the gRPC server and returns the handshake line for Terraform.
 *
 * Source: https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
 */
export async function startPluginServer(
  options: PluginServerOptions,
): Promise<{ handshake: string; close: () => Promise<void> }> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  const socket = makeSocketDirectory();
  const idle: { end(): void }[] = [];
  const close = async (): Promise<void> => {
    for (const stream of idle) stream.end();
    // Lets the reply to Shutdown get out; a client that does not hang up is not waited for.
    await Promise.race([new Promise((resolve) => server.tryShutdown(resolve)), sleep(CLOSE_MILLISECONDS)]);
    server.forceShutdown();
    if (socket) rmSync(socket.directory, { recursive: true, force: true });
  };
  server.addService(providerService, options.provider);
  server.addService(controllerService, {
    Shutdown: (_call: unknown, callback: (error: null, reply: object) => void) => {
      callback(null, {});
      options.onShutdown();
    },
  });
  server.addService(stdioService, { StreamStdio: (call: { end(): void }) => idle.push(call) });
  server.addService(brokerService, { StartStream: (call: { end(): void }) => idle.push(call) });
  server.addService(healthService, {
    Check: (_call: unknown, callback: (error: null, reply: object) => void) => callback(null, { status: 1 }),
  });

  const clientCertificate = options.environment.PLUGIN_CLIENT_CERT;
  const own = clientCertificate ? createCertificate() : undefined;
  const credentials = own
    ? ServerCredentials.createSsl(
        Buffer.from(clientCertificate!),
        [{ cert_chain: Buffer.from(own.certificate), private_key: Buffer.from(own.key) }],
        true,
      )
    : ServerCredentials.createInsecure();
  const bind = socket ? `unix:${socket.path}` : `${LOOPBACK}:0`;
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(bind, credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const certificate = own ? own.der.toString("base64").replace(/=+$/, "") : "";
  const address = socket ? `unix|${socket.path}` : `tcp|${LOOPBACK}:${port}`;
  return { handshake: `1|${PROTOCOL_VERSION}|${address}|grpc|${certificate}`, close };
}
