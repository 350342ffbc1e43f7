import { enumValueQuery, relationQuery, schemaQuery } from "./catalog-queries";

/** Something in the database that statements made, or are known to use. */
export interface CatalogObject {
  /** Asks whether it is there; also its identity. */
  readonly query: string;

  /** Its name without a schema. */
  readonly name: string;

  readonly schema?: string | undefined;

  /** The relation or type that it belongs to, and its query when that is called otherwise. */
  readonly owner?: { readonly query: string; readonly rename: (owner: string) => string };

  /** Queries of what it cannot be without: it leaves together with any of them. */
  readonly needs?: readonly string[];

  /** Whether it may go with something that cannot be seen in its own statement, such as a function that a view calls. */
  readonly isFragile?: boolean;
}

/** What a file did to the catalog. */
export interface CatalogChange {
  /** Whether objects are there after it, by their queries. */
  readonly checks: ReadonlyMap<string, boolean>;

  /** Queries that earlier files ask, and whose answer nobody knows after this one. */
  readonly supersedes: readonly string[];

  /** Whether it made something that was not there before it. */
  readonly isSeen: boolean;

  /** Queries of what it uses and leaves alone. */
  readonly uses: readonly string[];
}

interface Entry extends Omit<CatalogObject, "needs"> {
  needs: ReadonlySet<string>;
}

/**
 * What the files of a directory made so far, in their order: so that each file is asked about what it leaves behind, and
 * asks again about what earlier files made and it takes away.
 */
export class Catalog {
  private readonly entries = new Map<string, Entry>();
  /** Queries that a file asks. */
  private readonly asked = new Set<string>();
  private changed = new Map<string, boolean | undefined>();
  private used = new Set<string>();
  private before = new Set<string>();

  /** Whether a query is that of an object that was made here. */
  has(query: string): boolean {
    return this.entries.has(query);
  }

  /** Begins with the next file. */
  begin(): void {
    this.changed = new Map();
    this.used = new Set();
    this.before = new Set(this.entries.keys());
  }

  /** What the file did. */
  end(): CatalogChange {
    const checks = new Map([...this.changed].filter((change): change is [string, boolean] => change[1] !== undefined));
    const supersedes = [...this.changed.keys()].filter((query) => !checks.has(query) && this.asked.has(query));
    const uses = [...this.used].filter((query) => !this.changed.has(query));
    for (const query of checks.size > 0 ? checks.keys() : uses) this.asked.add(query);
    const isSeen = [...checks].some(([query, isThere]) => isThere && !this.before.has(query));
    return { checks, supersedes, isSeen, uses };
  }

  /** Whether the file left an object alone, or made it. */
  holds(query: string): boolean {
    return !this.changed.has(query) || this.changed.get(query) === true;
  }

  /** Something was made, or made anew. */
  add(object: CatalogObject): void {
    this.note(object);
    this.changed.set(object.query, true);
  }

  /** Something is there that the file uses: it asks for it, should it ask for nothing else. */
  use(object: CatalogObject): void {
    if (!this.entries.has(object.query)) this.note(object);
    this.used.add(object.query);
  }

  private note(object: CatalogObject): void {
    this.entries.set(object.query, { ...object, needs: new Set([...(object.needs ?? []), ...ownerOf(object)]) });
  }

  /** An object that an earlier file asks for came back with something else, such as the column of a table. */
  revive(query: string): void {
    if (this.asked.has(query)) this.changed.set(query, true);
  }

  /** Something was dropped, and all that cannot be without it. */
  remove(query: string): void {
    this.forget(query);
    this.changed.set(query, false);
  }

  private forget(query: string): void {
    this.entries.delete(query);
    if (this.asked.has(query) || this.changed.has(query)) this.changed.set(query, false);
    for (const entry of [...this.entries.values()]) if (entry.needs.has(query)) this.forget(entry.query);
  }

  /** All objects of a schema went with it. */
  removeSchema(schema: string): void {
    for (const entry of [...this.entries.values()]) if (entry.schema === schema) this.forget(entry.query);
    this.remove(schemaQuery(schema));
  }

  /** Something is called otherwise now; what belongs to it has another query. */
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

  /** Nobody can tell what became of the objects that fit. */
  doubt(fits: (object: CatalogObject & { readonly needed: ReadonlySet<string> }) => boolean): void {
    for (const entry of this.entries.values()) {
      if (fits({ ...entry, needs: [...entry.needs], needed: entry.needs })) this.changed.set(entry.query, undefined);
    }
  }

  /** What belongs to a relation or type that was made anew in a way that does not show all of it. */
  doubtReturned(owner: string): void {
    for (const query of this.changed.keys()) {
      if (this.changed.get(query) === false && query.includes(owner)) this.changed.set(query, undefined);
    }
  }

  /** Query of a relation, however it is written: `public` is where most relations without a schema are. */
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
