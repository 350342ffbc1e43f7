/** Texts this short, such as a number of instances, are taken out only where they are the whole value. */
const SHORTEST_PART = 3;

/** An attribute that may differ between environments, whatever its values are. */
export interface FreeAttribute {
  /** Address of the resource, or its type: `aws_instance.app`, `aws_instance`. */
  readonly resource: string;

  /** Path of the attribute; what is inside of it may differ too. */
  readonly attribute: string;
}

/**
 * What may differ between two environments: values that each environment declares under the same name, such as the name
 * of a bucket, a size, a domain or an account id.
 *
 * A value is replaced by its name, in every text of a plan that holds it as a whole word. So `app-staging-logs` and
 * `app-production-logs` are the same once both environments say what their `ENVIRONMENT` is.
 */
export class DeclaredDifferences {
  private readonly whole = new Map<string, string>();
  private readonly parts: RegExp | undefined;

  /** @param values what is declared, by name; the same names in every environment */
  constructor(values: Readonly<Record<string, string>>) {
    const entries = Object.entries(values)
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of entries) if (!this.whole.has(value)) this.whole.set(value, name);
    const parts = [...this.whole.keys()].filter(({ length }) => length >= SHORTEST_PART);
    // The longest first, so that a name is not found inside of a longer one.
    const alternatives = parts.sort((a, b) => b.length - a.length).map(escapeRegExp);
    if (alternatives.length > 0) {
      this.parts = new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join("|")})(?![\\p{L}\\p{N}])`, "gu");
    }
  }

  /** The value with the declared values taken out; nothing when it holds none. */
  takeOut(value: string | number | boolean): string | undefined {
    const text = String(value);
    const name = this.whole.get(text);
    if (name !== undefined) return placeholder(name);
    if (this.parts === undefined || typeof value !== "string") return undefined;
    const replaced = text.replace(this.parts, (found) => placeholder(this.whole.get(found)!));
    return replaced === text ? undefined : replaced;
  }
}

function placeholder(name: string): string {
  return `\${${name}}`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
