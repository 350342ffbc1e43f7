import { enumValueQuery, relationQuery, schemaQuery } from "./catalog-queries";

/** A database object that statements created, or are known to use. */
export interface CatalogObject {
  /** Checks whether it exists. Also its identity. */
  readonly query: string;

  /** Its name without a schema. */
  readonly name: string;

  readonly schema?: string | undefined;

  /** The relation or type that it belongs to, and how a rename of that one changes its query. */
  readonly owner?: { readonly query: string; readonly rename: (owner: string) => string };

  /** Queries of objects that it depends on: it is dropped together with any of them. */
  readonly needs?: readonly string[];

  /**
   * Whether it may be dropped with something that its own statement does not show, such as a function that a view
   * calls.
   */
  readonly isFragile?: boolean;
}

/** Changes of a file to the catalog. */
export interface CatalogChange {
  /** Whether objects exist after it, by their queries. */
  readonly checks: ReadonlyMap<string, boolean>;

  /** Queries of earlier files whose answer is unknown after this one. */
  readonly supersedes: readonly string[];

  /** Whether it created something that did not exist before. */
  readonly isSeen: boolean;

  /** Queries of what it uses but does not change. */
  readonly uses: readonly string[];
}

interface Entry extends Omit<CatalogObject, "needs"> {
  needs: ReadonlySet<string>;
}

/**
 * What the files of a directory have created so far, in order: so that each file checks its own effect, and rechecks
 * what earlier files created and it drops.
 */
export class Catalog {
  private readonly entries = new Map<string, Entry>();
  /** Queries of the files so far. */
  private readonly asked = new Set<string>();
  private changed = new Map<string, boolean | undefined>();
  private used = new Set<string>();
  private before = new Set<string>();

  /** Whether a query belongs to an object that was created here. */
  has(query: string): boolean {
    return this.entries.has(query);
  }

  /** Begins the next file. */
  begin(): void {
    this.changed = new Map();
    this.used = new Set();
    this.before = new Set(this.entries.keys());
  }

  /** The changes of the file. */
  end(): CatalogChange {
    const checks = new Map([...this.changed].filter((change): change is [string, boolean] => change[1] !== undefined));
    const supersedes = [...this.changed.keys()].filter((query) => !checks.has(query) && this.asked.has(query));
    const uses = [...this.used].filter((query) => !this.changed.has(query));
    for (const query of checks.size > 0 ? checks.keys() : uses) this.asked.add(query);
    const isSeen = [...checks].some(([query, isThere]) => isThere && !this.before.has(query));
    return { checks, supersedes, isSeen, uses };
  }

  /** Whether the file did not touch an object, or created it. */
  holds(query: string): boolean {
    return !this.changed.has(query) || this.changed.get(query) === true;
  }

  /** Something was created or recreated. */
  add(object: CatalogObject): void {
    this.note(object);
    this.changed.set(object.query, true);
  }

  /** The file uses an existing object. Its query serves as the check if the file has no other. */
  use(object: CatalogObject): void {
    if (!this.entries.has(object.query)) this.note(object);
    this.used.add(object.query);
  }

  private note(object: CatalogObject): void {
    this.entries.set(object.query, { ...object, needs: new Set([...(object.needs ?? []), ...ownerOf(object)]) });
  }

  /** An object that an earlier file checks was restored with something else, such as the column of a table. */
  revive(query: string): void {
    if (this.asked.has(query)) this.changed.set(query, true);
  }

  /** Something was dropped, together with everything that depends on it. */
  remove(query: string): void {
    this.forget(query);
    this.changed.set(query, false);
  }

  private forget(query: string): void {
    this.entries.delete(query);
    if (this.asked.has(query) || this.changed.has(query)) this.changed.set(query, false);
    for (const entry of [...this.entries.values()]) if (entry.needs.has(query)) this.forget(entry.query);
  }

  /** All objects of a schema were dropped with it. */
  removeSchema(schema: string): void {
    for (const entry of [...this.entries.values()]) if (entry.schema === schema) this.forget(entry.query);
    this.remove(schemaQuery(schema));
  }

  /** Something was renamed, so what belongs to it has a different query. */
  rename(before: string, after: CatalogObject, owner: string): void {
    const owned = [...this.entries.values()].filter((entry) => entry.owner?.query === before);
    const needing = [...this.entries.values()].filter(({ needs }) => needs.has(before));
    for (const entry of needing) entry.needs = replaced(entry.needs, before, after.query);
    const needs = this.entries.get(before)?.needs ?? new Set();
    this.remove(before);
    this.add({ ...after, needs: [...needs] });
    for (const { query, name, owner: { rename } = { rename: String }, needs: own } of owned) {
      const renamed = rename(owner);
      const object = { query: renamed, name, owner: { query: after.query, rename }, needs: [...own] };
      for (const entry of this.entries.values()) entry.needs = replaced(entry.needs, query, renamed);
      this.forget(query);
      this.note(object);
      if (this.asked.has(query)) this.changed.set(renamed, true);
    }
  }

  /** The state of the matching objects is unknown. */
  doubt(fits: (object: CatalogObject & { readonly needed: ReadonlySet<string> }) => boolean): void {
    for (const entry of this.entries.values()) {
      if (fits({ ...entry, needs: [...entry.needs], needed: entry.needs })) this.changed.set(entry.query, undefined);
    }
  }

  /** Objects of a relation or type that was recreated in a way that does not show all of them. */
  doubtReturned(owner: string): void {
    for (const query of this.changed.keys()) {
      if (this.changed.get(query) === false && query.includes(owner)) this.changed.set(query, undefined);
    }
  }

  /** Query of a relation, however it is written: most unqualified relations are in `public`. */
  known(candidates: readonly string[]): string {
    return candidates.find((text) => this.has(relationQuery(text))) ?? candidates[0]!;
  }
}

function ownerOf({ owner }: CatalogObject): string[] {
  return owner === undefined ? [] : [owner.query];
}

function replaced(needs: ReadonlySet<string>, before: string, after: string): ReadonlySet<string> {
  return needs.has(before) ? new Set([...needs].map((need) => (need === before ? after : need))) : needs;
}

/** The label of an enum. */
export function enumValue(type: string, typeQueryText: string, label: string): CatalogObject {
  return {
    query: enumValueQuery(type, label),
    name: label,
    owner: { query: typeQueryText, rename: (renamed) => enumValueQuery(renamed, label) },
  };
}
