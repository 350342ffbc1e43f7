import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository";

interface Attribute {
  readonly required: boolean;
  readonly type?: string;
  readonly block?: "single" | "list";
  readonly attributes?: Schema;
  readonly values?: readonly string[];
}
type Schema = Readonly<Record<string, Attribute>>;

type Resources = Readonly<Record<string, Schema>>;

function extract(name: string): Resources {
  const path = join(repositoryRoot, "test/fixtures/google", `${name}-schema.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly resources: Resources }).resources;
}

const RESOURCES: Resources = { ...extract("storage"), ...extract("cloud-run") };

/** What of a synthesized resource the committed extracts of the google provider's schema does not know or misses. */
export function schemaMismatches(type: string, resource: Record<string, unknown>): string[] {
  const { "//": _, lifecycle, depends_on, ...given } = resource;
  const schema = RESOURCES[type];
  return schema === undefined ? [`${type} is not in the extract`] : mismatches(schema, given, type);
}

function mismatches(schema: Schema, given: Record<string, unknown>, path: string): string[] {
  const missing = Object.entries(schema)
    .filter(([name, { required }]) => required && given[name] === undefined)
    .map(([name]) => `${path}.${name} is missing`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const attribute = schema[name];
    const at = `${path}.${name}`;
    if (attribute === undefined) return [`${at} is unknown`];
    if (attribute.attributes !== undefined) {
      const blocks = (attribute.block === "list" ? value : [value]) as Record<string, unknown>[];
      return blocks.flatMap((block) => mismatches(attribute.attributes!, block, at));
    }
    if (!hasType(value, attribute.type)) return [`${at} is no ${attribute.type}: ${JSON.stringify(value)}`];
    const values = Array.isArray(value) ? value : [value];
    const odd = attribute.values && values.find((one) => !attribute.values!.includes(one as string));
    return odd === undefined ? [] : [`${at} cannot be ${JSON.stringify(odd)}`];
  });
  return [...missing, ...wrong];
}

function hasType(value: unknown, type: string | undefined): boolean {
  switch (type) {
    case "list":
      return Array.isArray(value);
    case "map":
      return typeof value === "object" && !Array.isArray(value);
    case "bool":
      return typeof value === "boolean";
    default:
      return typeof value === type;
  }
}
