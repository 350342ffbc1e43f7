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
