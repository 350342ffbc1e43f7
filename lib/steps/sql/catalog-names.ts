import type { Catalog, CatalogObject } from "./catalog";
import {
  columnQuery,
  functionQuery,
  indexQuery,
  type OwnedKind,
  ownedQuery,
  qualified,
  relationQuery,
  typeQuery,
} from "./catalog-queries";
import { columnsIn, type NodeOf, nodesOf, partsOf, type Relation } from "./postgres-grammar";

/** Resolves the names in one file, and what belongs to its tables. */
export class CatalogNames {
  /** Schema of unqualified names, once the file has set it. */
  protected schema: string | undefined;
  protected readonly temporary = new Set<string>();

  constructor(protected readonly catalog: Catalog) {}

  protected textOf(schema: string | undefined, name: string): string {
    const given = qualified(schema ?? this.schema, name);
    if (schema === "public") return this.catalog.known([given, qualified(undefined, name)]);
    if (schema === undefined && this.schema === undefined) {
      return this.catalog.known([given, qualified("public", name)]);
    }
    return given;
  }

  protected nameOf({ schemaname, relname = "" }: Relation = {}): string {
    return this.textOf(schemaname, relname);
  }

  protected isTemporary({ schemaname, relname = "", relpersistence }: Relation = {}): boolean {
    return (
      relpersistence === "t" || schemaname === "pg_temp" || (schemaname === undefined && this.temporary.has(relname))
    );
  }

  protected typeText([schema, name = ""]: readonly (string | undefined)[]): string {
    const candidates = [
      qualified(schema ?? this.schema, name),
      qualified(schema === undefined ? "public" : undefined, name),
    ];
    if (schema !== undefined && schema !== "public") candidates.pop();
    return candidates.find((text) => this.catalog.has(typeQuery(text))) ?? candidates[0]!;
  }

  protected routine([schema, name = ""]: readonly (string | undefined)[], inputs?: number): CatalogObject {
    const other = schema === "public" || this.schema !== undefined ? undefined : "public";
    const own = functionQuery(schema ?? this.schema, name, inputs);
    const isLoose = schema === undefined || schema === "public";
    const query = isLoose && !this.catalog.has(own) ? functionQuery(other, name, inputs) : own;
    return { query: this.catalog.has(query) ? query : own, name, schema: schema ?? this.schema };
  }

  protected typeQueryOf(type: NodeOf<"TypeName"> | undefined): string[] {
    const parts = partsOf(type?.names);
    return parts[0] === "pg_catalog" ? [] : [typeQuery(this.typeText(parts))];
  }

  /** An index has its own query, unless it belongs only to a partitioned table. */
  protected relationOrIndex(name: string, type: string): string {
    const plain = relationQuery(name);
    return type === "OBJECT_INDEX" && !this.catalog.has(plain) ? indexQuery(name) : plain;
  }

  protected addOwned(kind: OwnedKind, table: string, name = "", needs: readonly string[] = []): void {
    const owner = { query: relationQuery(table), rename: (renamed: string) => ownedQuery(kind, renamed, name) };
    this.catalog.add({ query: ownedQuery(kind, table, name), name, owner, needs, isFragile: kind !== "constraint" });
  }

  protected addColumn(table: string, { colname = "", typeName, constraints }: NodeOf<"ColumnDef">): void {
    const owner = { query: relationQuery(table), rename: (renamed: string) => columnQuery(renamed, colname) };
    this.catalog.add({ query: columnQuery(table, colname), name: colname, owner, needs: this.typeQueryOf(typeName) });
    for (const constraint of nodesOf("Constraint", constraints)) {
      if (constraint.conname !== undefined) this.addConstraint(table, constraint, [colname]);
    }
  }

  protected addConstraint(table: string, constraint: NodeOf<"Constraint">, on: readonly string[] = []): void {
    const { conname, keys, fk_attrs: own, including, raw_expr: check, pktable } = constraint;
    if (conname === undefined || constraint.contype === "CONSTR_NOTNULL") return;
    const columns = [
      ...on,
      ...nodesOf("String", [...(keys ?? []), ...(own ?? []), ...(including ?? [])]).map(({ sval = "" }) => sval),
      ...columnsIn(check),
    ];
    const needs = columns.map((column) => columnQuery(table, column));
    if (pktable !== undefined) needs.push(relationQuery(this.nameOf(pktable)));
    this.addOwned("constraint", table, conname, needs);
  }
}
