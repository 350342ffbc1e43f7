import { Server, ServerCredentials, type UntypedServiceImplementation, type ServiceDefinition } from "@grpc/grpc-js";
import { rmSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificate } from "./certificate";
import { decode, encode } from "./messages";

/** Terraform starts providers with this cookie, so that users do not run one by accident. */
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
  const socket = makeSocketDirectory(options.environment.PLUGIN_UNIX_SOCKET_DIR);
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

type Method = [request: string, response: string, stream?: "response" | "both"];

function service(name: string, methods: Record<string, Method>): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(methods).map(([method, [request, response, stream]]) => [
      method,
      {
        path: `/${name}/${method}`,
        requestStream: stream === "both",
        responseStream: stream !== undefined,
        requestSerialize: (message: object) => encode(request, message),
        requestDeserialize: (bytes: Buffer) => decode(request, bytes),
        responseSerialize: (message: object) => encode(response, message),
        responseDeserialize: (bytes: Buffer) => decode(response, bytes),
      },
    ]),
  );
}

const request = (method: string): string => `tfplugin6.${method}.Request`;
const response = (method: string): string => `tfplugin6.${method}.Response`;
const sameName = (method: string): Method => [request(method), response(method)];
const EMPTY = "tfplugin6.Empty";
const DIAGNOSTICS = "tfplugin6.Diagnostics.Response";

/** The service that Terraform calls. */
export const providerService = service("tfplugin6.Provider", {
  GetMetadata: [EMPTY, response("GetMetadata")],
  GetProviderSchema: [EMPTY, response("GetProviderSchema")],
  ValidateProviderConfig: sameName("ValidateProviderConfig"),
  ValidateResourceConfig: [request("ValidateConfig"), DIAGNOSTICS],
  ValidateDataResourceConfig: [request("ValidateConfig"), DIAGNOSTICS],
  UpgradeResourceState: sameName("UpgradeResourceState"),
  ConfigureProvider: [request("ConfigureProvider"), DIAGNOSTICS],
  ReadResource: sameName("ReadResource"),
  PlanResourceChange: sameName("PlanResourceChange"),
  ApplyResourceChange: sameName("ApplyResourceChange"),
  ImportResourceState: sameName("ImportResourceState"),
  ReadDataSource: sameName("ReadDataSource"),
  StopProvider: [EMPTY, response("StopProvider")],
});

/** go-plugin asks the plugin to end itself through this service. */
export const controllerService = service("plugin.GRPCController", { Shutdown: ["plugin.Empty", "plugin.Empty"] });

/** go-plugin reads the plugin's output through this service; Terraform shows it at log level DEBUG only. */
const stdioService = service("plugin.GRPCStdio", {
  StreamStdio: ["plugin.Empty", "plugin.StdioData", "response"],
});

/** go-plugin opens this stream and leaves it idle. */
const brokerService = service("plugin.GRPCBroker", {
  StartStream: ["plugin.ConnInfo", "plugin.ConnInfo", "both"],
});

const healthService = service("grpc.health.v1.Health", {
  Check: ["grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse"],
});

const PREFIX = "sterna-socket-";
/** `sockaddr_un.sun_path` has 108 bytes on Linux, 104 on macOS, with the final zero. */
const LONGEST_SOCKET_PATH = 103;

/** A private folder for the socket of this process. */
export interface SocketDirectory {
  readonly directory: string;
  /** Path of the socket in it. */
  readonly path: string;
}

/**
 * Makes a folder for a socket, in the temporary folder of the user or in `/tmp`.
 *
 * @param wanted where the client wants it (go-plugin, PLUGIN_UNIX_SOCKET_DIR)
 * @returns nothing where sockets do not exist, or their path would be too long everywhere
 */
function makeSocketDirectory(wanted: string | undefined): SocketDirectory | undefined {
  if (process.platform === "win32") return undefined;
  for (const parent of [...(wanted ? [wanted] : []), tmpdir(), "/tmp"]) {
    try {
      removeAbandoned(parent);
      const directory = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
      const path = join(directory, "s");
      if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { directory, path };
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Not writable: the next place.
    }
  }
  return undefined;
}

/** A killed provider cannot remove its folder. The next one does. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !exists(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
