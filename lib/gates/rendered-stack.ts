import type { ErrorCode } from "../core/error-codes";

/** A resource of a rendered stack. */
export interface RenderedResource {
  readonly type: string;
  /** Address in Terraform, such as `aws_lb.public`. */
  readonly address: string;
  /** Path of the construct that made it; the address where no construct did. */
  readonly path: string;
  /** Its attributes; references are expressions such as `${aws_lb.public.arn}`. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What Terraform will read of a stack: the part that the checks look at. */
export class RenderedStack {
  readonly resources: readonly RenderedResource[];

  /** @param rendered the content of `cdk.tf.json` */
  constructor(rendered: Readonly<Record<string, unknown>>) {
    const types = asObject(rendered.resource);
    this.resources = Object.entries(types).flatMap(([type, blocks]) =>
      Object.entries(asObject(blocks)).flatMap(([name, block]) =>
        asList(block).map((attributes) => toResource(type, name, asObject(attributes))),
      ),
    );
  }

  /** Resources of the given types. */
  ofType(...types: readonly string[]): RenderedResource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** The resource that an expression such as `${aws_lb.public.arn}` refers to, when it is of this stack. */
  referredBy(expression: unknown): RenderedResource | undefined {
    return this.resources.find((resource) => refersTo(expression, resource));
  }
}

/** Whether the resource's address stands anywhere in the value. */
export function refersTo(value: unknown, { address }: RenderedResource): boolean {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  // `aws_lb.web` does not stand in `aws_lb.web2.arn`.
  for (let at = text.indexOf(address); at >= 0; at = text.indexOf(address, at + 1)) {
    if (!/[\w-]/.test(text[at + address.length] ?? "") && !/[\w.-]/.test(text[at - 1] ?? "")) return true;
  }
  return false;
}

/** The blocks of an attribute: Terraform's JSON writes one block as an object or as a list of one. */
export function blocksOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return asList(value).map(asObject);
}

/** The value as a list; nothing is an empty one. */
export function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** The value as an object; anything else is an empty one. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Whether Terraform works the value out. */
export function isExpression(value: unknown): boolean {
  return typeof value === "string" && value.includes("${");
}

function toResource(type: string, name: string, block: Readonly<Record<string, unknown>>): RenderedResource {
  const { "//": comment, ...attributes } = block;
  const address = `${type}.${name}`;
  const { path } = asObject(asObject(comment).metadata);
  return { type, address, path: typeof path === "string" ? path : address, attributes };
}

/** What a check found. */
export interface Finding {
  readonly code: ErrorCode;
  /** Address of the resource in Terraform. */
  readonly address: string;
  /** Path of the construct that made it. */
  readonly path: string;
  /** What is wrong, and what to write instead. Holds no secret. */
  readonly message: string;
}

/** Looks at a rendered stack. */
export type StackCheck = (stack: RenderedStack) => readonly Finding[];

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
