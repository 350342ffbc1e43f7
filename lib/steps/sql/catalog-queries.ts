/**
 * Queries against PostgreSQL's catalog for whether an object exists. The text of a query also identifies its object.
 */

const LONGEST_NAME_BYTES = 63;

/** A name as PostgreSQL stores it: truncated to 63 bytes (PostgreSQL documentation, 4.1.1). */
export function storedName(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= LONGEST_NAME_BYTES) return name;
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_NAME_BYTES), { stream: true });
}

/** A name as in SQL, with its schema if there is one. */
export function qualified(schema: string | undefined, name: string): string {
  return schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

function quoted(name: string): string {
  const stored = storedName(name);
  return /^[a-z_][a-z0-9_]*$/.test(stored) ? stored : `"${stored.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  const value = `'${text.replaceAll("'", "''")}'`;
  // Independent of `standard_conforming_strings`.
  return text.includes("\\") ? `E${value.replaceAll("\\", "\\\\")}` : value;
}

const nameLiteral = (name: string): string => literal(storedName(name));
const isThere = (lookup: string): string => `select pg_catalog.${lookup} is not null`;
const exists = (from: string): string => `select exists (select from pg_catalog.${from})`;

export const relationQuery = (relation: string): string => isThere(`to_regclass(${literal(relation)})`);

export const typeQuery = (type: string): string => isThere(`to_regtype(${literal(type)})`);

export const schemaQuery = (schema: string): string =>
  isThere(`to_regnamespace(${literal(qualified(undefined, schema))})`);

/** An index that an interrupted build left behind does not count. */
export const indexQuery = (index: string): string =>
  exists(`pg_index where indexrelid = pg_catalog.to_regclass(${literal(index)}) and indisvalid`);

export const columnQuery = (relation: string, column: string): string =>
  exists(
    `pg_attribute where attrelid = pg_catalog.to_regclass(${literal(relation)}) and attname = ${nameLiteral(column)} and not attisdropped`,
  );

/** What belongs to a relation, by the catalog that lists it. */
const OWNED = {
  constraint: ["pg_constraint", "conrelid", "conname"],
  trigger: ["pg_trigger", "tgrelid", "tgname"],
  policy: ["pg_policy", "polrelid", "polname"],
  rule: ["pg_rewrite", "ev_class", "rulename"],
} as const;

export type OwnedKind = keyof typeof OWNED;

export const ownedQuery = (kind: OwnedKind, relation: string, name: string): string => {
  const [catalog, owner, column] = OWNED[kind];
  return exists(
    `${catalog} where ${owner} = pg_catalog.to_regclass(${literal(relation)}) and ${column} = ${nameLiteral(name)}`,
  );
};

export const enumValueQuery = (type: string, label: string): string =>
  exists(`pg_enum where enumtypid = pg_catalog.to_regtype(${literal(type)}) and enumlabel = ${nameLiteral(label)}`);

/** @param inputs number of its arguments; any number when absent */
export const functionQuery = (schema: string | undefined, name: string, inputs?: number): string =>
  exists(
    `pg_proc where proname = ${nameLiteral(name)}${inputs === undefined ? "" : ` and pronargs = ${inputs}`} and ` +
      (schema === undefined
        ? "pronamespace <> 'pg_catalog'::pg_catalog.regnamespace and pg_catalog.pg_function_is_visible(oid)"
        : `pronamespace = pg_catalog.to_regnamespace(${literal(qualified(undefined, schema))})`),
  );

/** Objects that a database has under an unqualified name. */
const GLOBAL = {
  extension: ["pg_extension", "extname"],
  publication: ["pg_publication", "pubname"],
  "event trigger": ["pg_event_trigger", "evtname"],
  server: ["pg_foreign_server", "srvname"],
  role: ["pg_roles", "rolname"],
} as const;

export type GlobalKind = keyof typeof GLOBAL;

export const globalQuery = (kind: GlobalKind, name: string): string => {
  const [catalog, column] = GLOBAL[kind];
  return exists(`${catalog} where ${column} = ${nameLiteral(name)}`);
};

/** For statements without an object to look for: checks only whether unqualified names can be resolved. */
export const ANY_SCHEMA_QUERY = isThere("current_schema()");
