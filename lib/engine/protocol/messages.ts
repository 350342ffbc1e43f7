import protobuf from "protobufjs/light";

/**
 * The messages of Terraform's plugin protocol 6 and of the go-plugin handshake services, as far as Sterna uses them.
 *
 * Field numbers are facts of the protocol; the table is our own. Unknown fields of newer protocol versions are skipped
 * by the decoder, and absent methods are answered UNIMPLEMENTED, which Terraform tolerates for optional ones.
 *
 * Source: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
 */
type FieldTable = Record<string, [number: number, type: string, rule?: "repeated" | "map"]>;

const MESSAGES: Record<string, FieldTable> = {
  "tfplugin6.DynamicValue": { msgpack: [1, "bytes"], json: [2, "bytes"] },
  "tfplugin6.PathStep": { attributeName: [1, "string"], elementKeyString: [2, "string"], elementKeyInt: [3, "int64"] },
  "tfplugin6.AttributePath": { steps: [1, "tfplugin6.PathStep", "repeated"] },
  "tfplugin6.Diagnostic": {
    severity: [1, "int32"],
    summary: [2, "string"],
    detail: [3, "string"],
    attribute: [4, "tfplugin6.AttributePath"],
  },
  "tfplugin6.RawState": { json: [1, "bytes"] },
  "tfplugin6.Attribute": {
    name: [1, "string"],
    type: [2, "bytes"],
    description: [3, "string"],
    required: [4, "bool"],
    optional: [5, "bool"],
    computed: [6, "bool"],
    sensitive: [7, "bool"],
  },
  "tfplugin6.Block": {
    version: [1, "int64"],
    attributes: [2, "tfplugin6.Attribute", "repeated"],
    description: [4, "string"],
  },
  "tfplugin6.Schema": { version: [1, "int64"], block: [2, "tfplugin6.Block"] },
  "tfplugin6.ServerCapabilities": { planDestroy: [1, "bool"], getProviderSchemaOptional: [2, "bool"] },
  "tfplugin6.TypeName": { typeName: [1, "string"] },
  "tfplugin6.Empty": {},

  "tfplugin6.GetMetadata.Response": {
    serverCapabilities: [1, "tfplugin6.ServerCapabilities"],
    diagnostics: [2, "tfplugin6.Diagnostic", "repeated"],
    dataSources: [3, "tfplugin6.TypeName", "repeated"],
    resources: [4, "tfplugin6.TypeName", "repeated"],
  },
  "tfplugin6.GetProviderSchema.Response": {
    provider: [1, "tfplugin6.Schema"],
    resourceSchemas: [2, "tfplugin6.Schema", "map"],
    dataSourceSchemas: [3, "tfplugin6.Schema", "map"],
    diagnostics: [4, "tfplugin6.Diagnostic", "repeated"],
    serverCapabilities: [6, "tfplugin6.ServerCapabilities"],
  },
  "tfplugin6.ValidateProviderConfig.Request": { config: [1, "tfplugin6.DynamicValue"] },
  "tfplugin6.ValidateProviderConfig.Response": { diagnostics: [2, "tfplugin6.Diagnostic", "repeated"] },
  "tfplugin6.UpgradeResourceState.Request": {
    typeName: [1, "string"],
    version: [2, "int64"],
    rawState: [3, "tfplugin6.RawState"],
  },
  "tfplugin6.UpgradeResourceState.Response": {
    upgradedState: [1, "tfplugin6.DynamicValue"],
    diagnostics: [2, "tfplugin6.Diagnostic", "repeated"],
  },
  "tfplugin6.ValidateConfig.Request": { typeName: [1, "string"], config: [2, "tfplugin6.DynamicValue"] },
  "tfplugin6.Diagnostics.Response": { diagnostics: [1, "tfplugin6.Diagnostic", "repeated"] },
  "tfplugin6.ConfigureProvider.Request": { terraformVersion: [1, "string"], config: [2, "tfplugin6.DynamicValue"] },
  "tfplugin6.ReadResource.Request": {
    typeName: [1, "string"],
    currentState: [2, "tfplugin6.DynamicValue"],
    private: [3, "bytes"],
  },
  "tfplugin6.ReadResource.Response": {
    newState: [1, "tfplugin6.DynamicValue"],
    diagnostics: [2, "tfplugin6.Diagnostic", "repeated"],
    private: [3, "bytes"],
  },
  "tfplugin6.PlanResourceChange.Request": {
    typeName: [1, "string"],
    priorState: [2, "tfplugin6.DynamicValue"],
    proposedNewState: [3, "tfplugin6.DynamicValue"],
    config: [4, "tfplugin6.DynamicValue"],
    priorPrivate: [5, "bytes"],
  },
  "tfplugin6.PlanResourceChange.Response": {
    plannedState: [1, "tfplugin6.DynamicValue"],
    requiresReplace: [2, "tfplugin6.AttributePath", "repeated"],
    plannedPrivate: [3, "bytes"],
    diagnostics: [4, "tfplugin6.Diagnostic", "repeated"],
  },
  "tfplugin6.ApplyResourceChange.Request": {
    typeName: [1, "string"],
    priorState: [2, "tfplugin6.DynamicValue"],
    plannedState: [3, "tfplugin6.DynamicValue"],
    config: [4, "tfplugin6.DynamicValue"],
    plannedPrivate: [5, "bytes"],
  },
  "tfplugin6.ApplyResourceChange.Response": {
    newState: [1, "tfplugin6.DynamicValue"],
    private: [2, "bytes"],
    diagnostics: [3, "tfplugin6.Diagnostic", "repeated"],
  },
  "tfplugin6.ImportResourceState.Request": { typeName: [1, "string"], id: [2, "string"] },
  "tfplugin6.ImportedResource": {
    typeName: [1, "string"],
    state: [2, "tfplugin6.DynamicValue"],
    private: [3, "bytes"],
  },
  "tfplugin6.ImportResourceState.Response": {
    importedResources: [1, "tfplugin6.ImportedResource", "repeated"],
    diagnostics: [2, "tfplugin6.Diagnostic", "repeated"],
  },
  "tfplugin6.ReadDataSource.Request": { typeName: [1, "string"], config: [2, "tfplugin6.DynamicValue"] },
  "tfplugin6.ReadDataSource.Response": {
    state: [1, "tfplugin6.DynamicValue"],
    diagnostics: [2, "tfplugin6.Diagnostic", "repeated"],
  },
  "tfplugin6.StopProvider.Response": { error: [1, "string"] },

  "plugin.Empty": {},
  "plugin.StdioData": { channel: [1, "int32"], data: [2, "bytes"] },
  "plugin.ConnInfo": { serviceId: [1, "uint32"], network: [2, "string"], address: [3, "string"] },
  "grpc.health.v1.HealthCheckRequest": { service: [1, "string"] },
  "grpc.health.v1.HealthCheckResponse": { status: [1, "int32"] },
};

const root = new protobuf.Root();
for (const [name, fields] of Object.entries(MESSAGES)) {
  const path = name.split(".");
  const type = new protobuf.Type(path.pop()!);
  for (const [fieldName, [id, fieldType, rule]] of Object.entries(fields)) {
    type.add(
      rule === "map"
        ? new protobuf.MapField(fieldName, id, "string", fieldType)
        : new protobuf.Field(fieldName, id, fieldType, rule),
    );
  }
  const parent = root.define(path);
  // A message with nested messages (`GetMetadata.Response`) exists as a namespace first.
  parent.add(type);
}
root.resolveAll();

export interface DynamicValue {
  msgpack?: Uint8Array;
  json?: Uint8Array;
}

export interface Diagnostic {
  severity: 1 | 2;
  summary: string;
  detail: string;
  attribute?: { steps: { attributeName: string }[] };
}

/** Bytes of a message given as a plain object. */
export function encode(type: string, message: object): Buffer {
  return Buffer.from(root.lookupType(type).encode(message).finish());
}

/** A plain object with every field that the bytes hold; absent ones get the defaults of proto3. */
export function decode(type: string, bytes: Uint8Array): Record<string, unknown> {
  const messageType = root.lookupType(type);
  return messageType.toObject(messageType.decode(bytes), { longs: Number, arrays: true, objects: true });
}
