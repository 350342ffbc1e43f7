import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { terraform, type TerraformResult } from "./terraform";

type Json = Record<string, unknown>;

/** A resource of a state, as Terraform keeps it. */
export interface KeptResource {
  readonly type: string;
  readonly name: string;
  readonly schemaVersion: number;
  readonly attributes: Json;
}

/** A change in the JSON of a plan. */
export interface PlannedChange {
  readonly mode: string;
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly change: { readonly actions: readonly string[]; readonly after: Json | null; readonly after_unknown: Json };
}

interface PlanJson {
  readonly resource_changes?: readonly PlannedChange[];
  readonly planned_values: {
    readonly root_module: { readonly resources?: readonly { address: string; schema_version: number }[] };
  };
}

/** The first plan creates, the second one knows what the references refer to. */
const PLANS = 2;

/** A folder with a configuration, and a state that no apply has made. */
export class PlannedState {
  constructor(
    readonly directory: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  run(...args: string[]): Promise<TerraformResult> {
    return terraform(this.directory, args, { environment: this.environment });
  }

  /** The changes of a plan that asks no service what is there. */
  async plan(configuration: object, state: readonly KeptResource[]): Promise<PlanJson> {
    writeFileSync(join(this.directory, "main.tf.json"), JSON.stringify(configuration, undefined, 1));
    this.write(state);
    const planned = await this.run("plan", "-refresh=false", "-out=plan", "-lock=false");
    if (planned.exitCode !== 0) throw new Error(planned.stderr);
    return JSON.parse((await this.run("show", "-json", "plan")).stdout) as PlanJson;
  }

  /**
   * The state that an apply of a configuration would leave: what the provider plans to create, with a made-up value
   * for what only the service knows and another resource refers to.
   */
  async made(configuration: object): Promise<KeptResource[]> {
    const referred = referredAttributes(configuration);
    const state = new Map<string, KeptResource>();
    for (let plans = 0; plans < PLANS; plans++) {
      const plan = await this.plan(configuration, [...state.values()]);
      const versions = new Map(
        plan.planned_values.root_module.resources?.map((each) => [each.address, each.schema_version]),
      );
      const open = changesOf(plan).filter(({ change }) => change.actions.join() !== "no-op");
      for (const { address, type, name, change } of open) {
        const known = state.get(address)?.attributes ?? {};
        const attributes: Json = { ...change.after };
        const configured = blockOf(configuration, type, name);
        for (const attribute of ["id", "arn", ...(referred.get(type) ?? []), ...Object.keys(configured)]) {
          if (change.after_unknown[attribute] !== true && type !== "terraform_data") continue;
          const isConfigured = attribute in configured;
          const value = isConfigured ? resolved(configured[attribute]) : madeUp(type, name, attribute);
          attributes[attribute] = known[attribute] ?? value;
        }
        for (const [attribute, value] of Object.entries(EMPTY)) {
          if (change.after_unknown[attribute] === true) attributes[attribute] = value;
        }
        if (change.after_unknown["tags_all"] === true) attributes["tags_all"] = change.after?.["tags"] ?? {};
        if (type === "terraform_data") attributes["output"] = attributes["input"];
        state.set(address, { type, name, schemaVersion: versions.get(address) ?? 0, attributes });
      }
    }
    return [...state.values()];
  }

  private write(resources: readonly KeptResource[]): void {
    const kept = resources.map(({ type, name, schemaVersion, attributes }) => {
      const isData = type === "terraform_data";
      const provider = isData ? "terraform.io/builtin/terraform" : "registry.terraform.io/hashicorp/aws";
      const kept = isData ? withTypes(attributes) : attributes;
      return {
        ...{ mode: "managed", type, name, provider: `provider["${provider}"]` },
        instances: [{ schema_version: schemaVersion, attributes: kept }],
      };
    });
    const state = { version: 4, terraform_version: "1.11.0", serial: 1, lineage: randomUUID(), resources: kept };
    writeFileSync(join(this.directory, "terraform.tfstate"), JSON.stringify(state));
  }
}

/** The changes of managed resources. */
export function changesOf(plan: PlanJson): readonly PlannedChange[] {
  return (plan.resource_changes ?? []).filter(({ mode }) => mode === "managed");
}

/** What the service answers of an attribute that nothing configures, where the provider plans until it knows. */
const EMPTY: Json = {
  ...{ alarm_arns: [], load_balancer_arns: [], managed_policy_arns: [], not_resources: [], egress: [], ingress: [] },
  ...{
    parameter: [],
    platform_types: [],
    parameters: {},
    triggers: {},
    architectures: ["x86_64"],
    expected_bucket_owner: "",
  },
};

/** A whole value that refers to another resource. */
const REFERENCE = /^\$\{(aws_\w+|terraform_data)\.([\w-]+)\.(\w+)\}$/;

/** A configured value with made-up ones for its references; nothing where it is not configured. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
  }
  const [, type, name, attribute] = REFERENCE.exec(String(value)) ?? [];
  if (type !== undefined) return madeUp(type, name!, attribute!);
  return /^\$\{.*\}$/.test(String(value)) ? undefined : value;
}

function blockOf(configuration: object, type: string, name: string): Json {
  const { resource } = configuration as { resource: Record<string, Record<string, Json>> };
  return resource[type]![name]!;
}

/** Terraform keeps values of any type with their types. */
function withTypes({ id, ...attributes }: Json): Json {
  const typed = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [key, { value, type: typeOf(value) }]);
  return { id, ...Object.fromEntries(typed) };
}

function typeOf(value: unknown): unknown {
  if (Array.isArray(value)) return ["tuple", value.map(typeOf)];
  if (typeof value !== "object") return typeof value === "boolean" ? "bool" : typeof value;
  return ["object", Object.fromEntries(Object.entries(value as Json).map(([key, inner]) => [key, typeOf(inner)]))];
}

function madeUp(type: string, name: string, attribute: string): unknown {
  if (/arn/.test(attribute)) return `arn:aws:${type.split("_")[1]}:us-east-1:123456789012:${type}/${name}`;
  if (/(?:version|revision)$/.test(attribute)) return "1";
  return `${type}-${name}`.toLowerCase().replaceAll("_", "-");
}

/** The attributes of each type that expressions of the configuration refer to. */
function referredAttributes(configuration: object): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, type, attribute] of JSON.stringify(configuration).matchAll(/(?<!data\.)\b(aws_\w+)\.[\w-]+\.(\w+)/g)) {
    found.set(type!, (found.get(type!) ?? new Set()).add(attribute!));
  }
  return found;
}
