import { canonicalJson } from "../../manifest/checksum";
import { type DeclaredDifferences, areEqual, entryOf } from "./fingerprint";

/**
 * What the configuration of a resource says of its attributes, without saying it: for each attribute the digest of its
 * expression, and after a space that of the expression without the declared differences, if it holds some. Only
 * attributes whose expressions name other resources of the configuration, and nothing else that could differ.
 */
export type Expressions = Readonly<Record<string, string>>;

/** What is read of a `cdk.tf.json`: resources by type and name. */
export type ConfiguredResources = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Not what the resource is, but how Terraform treats it; and the comment that cdktf leaves. */
const META = new Set(["//", "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"]);

/** `aws_s3_bucket.logs`, `aws_s3_bucket.logs["a"]`: a resource of the configuration itself, not of a module. */
const OWN_ADDRESS = /^([a-z][\w-]*)\.([\w-]+)(?:\[.*\])?$/s;

const REFERENCE = /[$%]\{[^}]*\b[a-z][a-z\d]*_\w+\.[\w-]+/;

/** What stands for something else in another environment, or at another time, although it is called the same. */
const ELSEWHERE =
  /\b(?:(?:data|ephemeral|local|module|path|self|terraform|var)\s*\.|each\s*\.\s*value\b|provider::)|\b(?:abspath|bcrypt|\w*file\w*|pathexpand|plantimestamp|timestamp|uuid)\s*\(/;

/** The expressions of the resources of a stack, as it was synthesized for an environment. */
export class ConfiguredExpressions {
  constructor(
    private readonly resources: ConfiguredResources,
    private readonly differences: DeclaredDifferences,
  ) {}

  /** Nothing for a resource that does not stand in the configuration itself: one of a module, or one that leaves. */
  of(address: string): Expressions | undefined {
    const [, type = "", name = ""] = OWN_ADDRESS.exec(address) ?? [];
    const found = this.resources[type]?.[name];
    const block: unknown = Array.isArray(found) && found.length === 1 ? found[0] : found;
    if (typeof block !== "object" || block === null) return undefined;
    const expressions: Record<string, string> = {};
    for (const [attribute, value] of Object.entries(block)) {
      const text = META.has(attribute) ? "" : canonicalJson(value);
      if (!REFERENCE.test(text) || ELSEWHERE.test(text)) continue;
      expressions[attribute] = entryOf(text, canonicalJson(this.withoutDifferences(value)));
    }
    return expressions;
  }

  private withoutDifferences(value: unknown): unknown {
    if (typeof value === "string") return this.differences.takeOut(value) ?? value;
    if (Array.isArray(value)) return value.map((item) => this.withoutDifferences(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.withoutDifferences(item)]));
  }
}

/**
 * Whether a value comes from the same expression in two environments.
 *
 * @returns nothing where that cannot be told: no expression is known on either side
 */
export function haveSameExpression(
  path: string,
  here: Expressions | undefined,
  there: Expressions | undefined,
): boolean | undefined {
  if (here === undefined || there === undefined) return undefined;
  const [attribute = ""] = path.split(/[.[]/, 1);
  const [one, other] = [here[attribute], there[attribute]];
  if (one === undefined && other === undefined) return undefined;
  return one !== undefined && other !== undefined && areEqual(one, other);
}
