import { asList, asObject, type RenderedResource } from "../rendered-stack";

/** An environment variable that a resource gives to a program. */
export interface RenderedVariable {
  readonly name: string;
  /** The text, or an expression of Terraform. */
  readonly value: string;
}

/** Attributes that hold variables as a map of names to values. */
const MAPS = new Set([
  "environment_variables",
  "build_environment_variables",
  "runtime_environment_variables",
  "variables",
]);

/** Attributes that hold variables as a list of `{ name, value }`. */
const LISTS = new Set(["env", "environment", "environment_variable"]);

/** Attributes that hold JSON as text, with variables in it. */
const JSON_TEXTS = new Set(["container_definitions", "container_properties", "node_properties"]);

/**
 * All environment variables of a resource, wherever they stand: `environment.variables` of Lambda, `env` of Cloud Run and
 * Kubernetes, `environment` within the `container_definitions` of ECS, and the like. References to a secret
 * (`valueFrom`, `value_source`, `value_from`, `secrets`) are none.
 */
export function environmentVariables({ attributes }: RenderedResource): RenderedVariable[] {
  return Object.entries(attributes).flatMap(([key, value]) => variablesIn(key, value));
}

function variablesIn(key: string, value: unknown): RenderedVariable[] {
  if (typeof value === "string") return JSON_TEXTS.has(key) ? variablesInJson(value) : [];
  if (Array.isArray(value)) {
    const listed = LISTS.has(key) ? value.flatMap(toVariable) : [];
    return listed.length > 0 ? listed : value.flatMap((item) => variablesIn("", item));
  }
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  if (MAPS.has(key) || (LISTS.has(key) && isMapOfTexts(entries))) {
    return entries.flatMap(([name, text]) => (isText(text) ? [{ name, value: String(text) }] : []));
  }
  return [...(LISTS.has(key) ? toVariable(value) : []), ...entries.flatMap(([name, item]) => variablesIn(name, item))];
}

function variablesInJson(text: string): RenderedVariable[] {
  try {
    return asList(JSON.parse(text)).flatMap((item) => variablesIn("", item));
  } catch {
    return variablesInExpression(text);
  }
}

// An expression such as ${jsonencode([{ "name" = "TOKEN", "value" = "x" }])}: what Fn.jsonencode renders.
function variablesInExpression(text: string): RenderedVariable[] {
  const pairs = text.matchAll(/"name"\s*[=:]\s*"(?<name>[^"]*)"\s*,\s*"value"\s*[=:]\s*(?<value>"[^"]*"|[\w.[\]-]+)/g);
  return [...pairs].map(({ groups }) => ({
    name: groups!.name!,
    value: groups!.value!.startsWith('"') ? groups!.value!.slice(1, -1) : `\${${groups!.value!}}`,
  }));
}

function toVariable(item: unknown): RenderedVariable[] {
  const { name, value } = asObject(item);
  return typeof name === "string" && isText(value) ? [{ name, value: String(value) }] : [];
}

function isMapOfTexts(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.length > 0 && entries.every(([name, value]) => /^[A-Z][A-Z0-9_]*$/.test(name) && isText(value));
}

function isText(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
