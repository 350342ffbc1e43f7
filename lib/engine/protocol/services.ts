import type { ServiceDefinition } from "@grpc/grpc-js";
import { decode, encode } from "./messages";

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
export const stdioService = service("plugin.GRPCStdio", {
  StreamStdio: ["plugin.Empty", "plugin.StdioData", "response"],
});

/** go-plugin opens this stream and leaves it idle. */
export const brokerService = service("plugin.GRPCBroker", {
  StartStream: ["plugin.ConnInfo", "plugin.ConnInfo", "both"],
});

export const healthService = service("grpc.health.v1.Health", {
  Check: ["grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse"],
});
