import { canonicalJson } from "../../manifest/checksum";
import { text, type Text } from "../../manifest/text";
import type { SecretFetcher } from "./secret-fetcher";
import { resolveText, named, referredSecret } from "./stored-secret";

type Variables = Readonly<Record<string, string>>;
type LookedUp = { readonly value: string } | { readonly error: unknown };

/** The secrets that programs refer to, each looked up once: a step does all its work with the same values. */
export class LookedUpTexts {
  private readonly found = new Map<string, LookedUp>();

  /** @param what names the asker in messages */
  constructor(
    private readonly what: string,
    private readonly fetcher: SecretFetcher,
  ) {}

  /**
   * Looks up all that a program refers to. What cannot be found fails only whoever asks for it: a rollback may need less
   * than the step did.
   */
  async lookUp(program: object, variables: Variables): Promise<void> {
    await Promise.all(
      secretsIn(program).map(async (reference) => {
        const name = nameOf(reference, variables);
        if (this.found.has(name)) return;
        const looked = await lookUpText(reference, variables, this.what, this.fetcher).then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        );
        this.found.set(name, looked);
      }),
    );
  }

  /** @throws EngineError what `lookUpText` throws */
  valueOf(asked: Text, variables: Variables): string {
    const looked = this.found.get(nameOf(asked, variables));
    if (looked !== undefined && "error" in looked) throw looked.error;
    if (looked !== undefined) return looked.value;
    if (typeof asked !== "string" && "secret" in asked) throw new Error("a secret was asked for before it was fetched");
    return resolveText(asked, variables, this.what, this.fetcher.environment);
  }
}

/** The same secret may be named by variables that differ. */
function nameOf(reference: Text, variables: Variables): string {
  if (typeof reference === "string" || !("secret" in reference)) return canonicalJson(reference);
  const { id } = reference.secret;
  return canonicalJson({ ...reference.secret, id: typeof id === "string" ? id : (variables[id.variable] ?? id) });
}

/** References anywhere in a program. A record may hold a text under the name of a reference: that finds nothing. */
function secretsIn(value: unknown): Text[] {
  if (value === null || typeof value !== "object") return [];
  const { success, data } = Array.isArray(value) ? { success: false, data: undefined } : text.safeParse(value);
  if (success && typeof data === "object" && !("variable" in data)) return [data];
  return Object.values(value).flatMap(secretsIn);
}

/**
 * The value that a text stands for. A secret is fetched; so is one that a value of the environment refers to, as
 * `sterna secrets import` writes it into `.env` files.
 *
 * @param what names the asker in the message: `step "create-schema"`
 * @throws EngineError `UnresolvedReference`, `SecretReferenceInvalid`, and what `SecretFetcher.fetch` throws
 */
export async function lookUpText(
  text: Text,
  variables: Readonly<Record<string, string>>,
  what: string,
  fetcher: SecretFetcher,
): Promise<string> {
  if (typeof text !== "string" && "secret" in text) return fetcher.fetch(named(text, variables, what));
  const value = resolveText(text, variables, what, fetcher.environment);
  if (typeof text === "string" || !("env" in text)) return value;
  const referred = referredSecret(value, `the environment variable ${text.env}`);
  return referred === undefined ? value : fetcher.fetch(referred);
}
