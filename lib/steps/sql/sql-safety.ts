import type { Node } from "libpg-query";
import { splitSql } from "../../core/sql-text";
import type { StepPhase } from "../../migrations/migration";
import type { AcknowledgeableFinding } from "../judge-findings";
import { type NodeOf, nodesOf, type ParsedStatement, parseSql } from "./postgres-grammar";

/** Mistakes in SQL that can be acknowledged with a reason. */
export const SQL_LINTS = [
  "SqlMistake",
  "SqlVerifiesNothing",
  "SqlBreaksOldCode",
  "SqlEmptiesTable",
  "SqlNotNullWithoutDefault",
  "SqlIndexBlocksWrites",
  "SqlScansUnderLock",
  "SqlRewritesTable",
] as const;

/** The code of a mistake in SQL that can be acknowledged. */
export type SqlLint = (typeof SQL_LINTS)[number];

type SqlFinding = AcknowledgeableFinding<SqlLint>;

/** Describes the location of a line, for display. */
export type LinePlace = (line: number) => string;

/** The first syntax error in PostgreSQL's parser. */
export function findMistake(
  sql: string,
  property: string,
  place: LinePlace = (line) => `line ${line} of \`${property}\``,
): SqlFinding[] {
  const parsed = parseSql(sql);
  if (parsed === undefined || !("mistake" in parsed)) return [];
  const before = Array.from(sql).slice(0, parsed.at).join("");
  const message = `${place(before.split("\n").length)}: ${parsed.mistake}`;
  return [{ code: "SqlMistake", message, refused: true }];
}

/** Sources of an answer other than the text of the query. */
const ANSWERS = ["RangeVar", "FuncCall", "SQLValueFunction"];

/**
 * A query whose answer does not depend on the database proves nothing, and `sterna adopt` would find it true
 * everywhere.
 */
export function findConstant(query: string): SqlFinding[] {
  const parsed = parseSql(query);
  if (parsed === undefined || "mistake" in parsed) return [];
  const [only, ...others] = parsed.statements;
  if (only?.kind !== "SelectStmt" || others.length > 0 || mentions(only.node, ANSWERS)) return [];
  const message =
    `the verify query "${query}" has the same answer in every database; ask for what \`up\` changed, ` +
    "such as select to_regclass('orders') is not null";
  return [{ code: "SqlVerifiesNothing", message, refused: true }];
}

function mentions(node: unknown, kinds: readonly string[]): boolean {
  if (node === null || typeof node !== "object") return false;
  return Object.entries(node).some(([key, value]) => kinds.includes(key) || mentions(value, kinds));
}

/**
 * How a change affects the code that runs meanwhile. Bodies of functions and of `do` are not checked.
 *
 * @param created tables that this migration created, which no code uses yet. Those of `sql` are added
 */
export function findUnsafe(
  sql: string,
  phase: StepPhase,
  created: Set<string>,
  place: LinePlace = (line) => `line ${line} of \`up\``,
): SqlFinding[] {
  const parsed = parseSql(sql);
  if (parsed === undefined || "mistake" in parsed) return [];
  const { statements } = parsed;
  const places = splitSql(sql);
  return statements.flatMap((statement, index) => {
    const later = new Set(statements.slice(index + 1).flatMap(namesCreatedBy));
    const found = rulesOf(
      statement,
      (name) => created.has(name),
      (name) => later.has(name),
    );
    for (const name of namesCreatedBy(statement)) created.add(name);
    const start = places.length === statements.length ? places[index]!.start : 0;
    const where = place(sql.slice(0, start).split("\n").length);
    return found.flatMap(({ code, message }) => {
      const severity = SEVERITY[code][phase];
      return severity === "fine" ? [] : [{ code, message: `${where} ${message}`, refused: severity === "refused" }];
    });
  });
}

type Severity = "refused" | "warned" | "fine";

/** The old code still runs in `expand`, and may still run in `migrate`. In `contract` it does not. */
const SEVERITY: Record<SqlLint, Record<StepPhase, Severity>> = {
  SqlMistake: { expand: "refused", migrate: "refused", contract: "refused" },
  SqlVerifiesNothing: { expand: "refused", migrate: "refused", contract: "refused" },
  SqlBreaksOldCode: { expand: "refused", migrate: "warned", contract: "fine" },
  SqlEmptiesTable: { expand: "refused", migrate: "warned", contract: "fine" },
  SqlNotNullWithoutDefault: { expand: "refused", migrate: "warned", contract: "warned" },
  SqlIndexBlocksWrites: { expand: "warned", migrate: "warned", contract: "warned" },
  SqlScansUnderLock: { expand: "warned", migrate: "warned", contract: "warned" },
  SqlRewritesTable: { expand: "warned", migrate: "warned", contract: "warned" },
};

type Found = Pick<SqlFinding, "code" | "message">;
type Knows = (name: string) => boolean;

const breaks = (what: string): Found => ({
  code: "SqlBreaksOldCode",
  message: `${what}, while the old code still runs; do that in a step of \`phase: "contract"\``,
});
const empties = (what: string): Found => ({
  code: "SqlEmptiesTable",
  message: `${what}, while the old code still runs; name the rows with \`where\`, or do that in \`phase: "contract"\``,
});
const scans = (what: string, instead: string): Found => ({
  code: "SqlScansUnderLock",
  message: `${what}, which reads the whole table and blocks all writes to it; ${instead}`,
});
const rewrites = (what: string, instead: string): Found => ({
  code: "SqlRewritesTable",
  message: `${what}, which rewrites the whole table and blocks all access to it; ${instead}`,
});

/** Objects that code may use by name. No code names an index or a trigger, so dropping one is safe. */
const USED_BY_NAME: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_FOREIGN_TABLE: "foreign table",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_SCHEMA: "schema",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "domain",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_COLUMN: "column",
  OBJECT_ATTRIBUTE: "attribute",
};
/** Defaults that differ from row to row, so that each row must be written. */
const VOLATILE = ["random", "gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v4", "clock_timestamp", "nextval"];
const SERIAL = /^(small|big)?serial[248]?$/;

function rulesOf(statement: ParsedStatement, isNew: Knows, comesAgain: Knows): Found[] {
  const { kind, node } = statement;
  switch (kind) {
    case "DropStmt": {
      const what = USED_BY_NAME[node.removeType ?? ""];
      const isTable = node.removeType === "OBJECT_TABLE";
      const dropped = what === undefined ? [] : (node.objects ?? []).map(nameOfObject);
      // A view that is dropped and recreated only changes, but a table loses its rows.
      return dropped
        .filter((name) => !isNew(name) && (isTable || !comesAgain(name)))
        .map((name) => breaks(`drops the ${what} ${name}`));
    }
    case "RenameStmt": {
      const what = USED_BY_NAME[node.renameType ?? ""];
      const relation = node.relation && nameOf(node.relation);
      if (what === undefined || (relation !== undefined && isNew(relation))) return [];
      return [breaks(`renames the ${what} ${node.subname ?? relation ?? ""} to ${node.newname}`)];
    }
    case "AlterObjectSchemaStmt":
      if (node.relation === undefined || isNew(nameOf(node.relation))) return [];
      return [breaks(`moves ${nameOf(node.relation)} to the schema ${node.newschema}`)];
    case "TruncateStmt":
      return nodesOf("RangeVar", node.relations)
        .map(nameOf)
        .filter((name) => !isNew(name))
        .map((name) => empties(`truncates ${name}`));
    case "DeleteStmt":
      if (node.whereClause !== undefined || node.usingClause !== undefined || isNew(nameOf(node.relation))) return [];
      return [empties(`deletes all rows of ${nameOf(node.relation)}`)];
    case "IndexStmt":
      if (node.concurrent || isNew(nameOf(node.relation))) return [];
      return [
        {
          code: "SqlIndexBlocksWrites",
          message:
            `builds an index and blocks all writes to ${nameOf(node.relation)}; ` +
            "write `create index concurrently` in a step of its own with `transaction: false`",
        },
      ];
    case "AlterTableStmt": {
      const table = nameOf(node.relation);
      if (isNew(table) || node.objtype !== "OBJECT_TABLE") return [];
      return nodesOf("AlterTableCmd", node.cmds).flatMap((command) => rulesOfTable(command, table));
    }
    case "ClusterStmt":
      return [rewrites("clusters a table", "use pg_repack, or do it while nothing runs")];
    case "VacuumStmt":
      if (!nodesOf("DefElem", node.options).some(({ defname }) => defname === "full")) return [];
      return [rewrites("vacuums a table in full", "a plain `vacuum` makes the space usable again")];
    default:
      return [];
  }
}

function rulesOfTable({ subtype, name, def }: NodeOf<"AlterTableCmd">, table: string): Found[] {
  switch (subtype) {
    case "AT_DropColumn":
      return [breaks(`drops the column ${name} of ${table}`)];
    case "AT_AlterColumnType":
      return [
        rewrites(
          `changes the type of ${name} of ${table}`,
          "unless the type only allows more, add a column, copy in batches, and drop the old one in `contract`",
        ),
      ];
    case "AT_SetNotNull":
      return [
        scans(
          `sets ${name} of ${table} not null`,
          `first \`add constraint … check (${name} is not null) not valid\` and validate that; PostgreSQL then believes it`,
        ),
      ];
    case "AT_AddConstraint":
      return nodesOf("Constraint", def && [def]).flatMap((constraint) => rulesOfConstraint(constraint, table));
    case "AT_AddColumn":
      return nodesOf("ColumnDef", def && [def]).flatMap((column) => rulesOfNewColumn(column, table));
    default:
      return [];
  }
}

function rulesOfConstraint(constraint: NodeOf<"Constraint">, table: string): Found[] {
  const { contype, conname = "a constraint", indexname, skip_validation: isNotValid } = constraint;
  const what = `adds ${conname} to ${table}`;
  if (contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY") {
    const instead = "build the index concurrently, then `add constraint … using index`";
    return indexname === undefined ? [scans(what, instead)] : [];
  }
  if ((contype !== "CONSTR_CHECK" && contype !== "CONSTR_FOREIGN") || isNotValid) return [];
  return [scans(what, "add it `not valid`, and `validate constraint` in a later step")];
}

function rulesOfNewColumn({ colname, typeName, constraints }: NodeOf<"ColumnDef">, table: string): Found[] {
  const all = nodesOf("Constraint", constraints);
  const find = (...types: string[]) => all.find(({ contype = "" }) => types.includes(contype));
  const isSerial = SERIAL.test(nodesOf("String", typeName?.names).at(-1)?.sval ?? "");
  const isFilled = isSerial || find("CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED") !== undefined;
  if (find("CONSTR_NOTNULL", "CONSTR_PRIMARY") !== undefined && !isFilled) {
    const message =
      `adds ${colname} to ${table}, not null and without a default: it fails if there are rows, and the old code ` +
      "does not fill it; give it a default, or set it not null in a later release";
    return [{ code: "SqlNotNullWithoutDefault", message }];
  }
  const isStored = find("CONSTR_GENERATED")?.generated_kind === "s";
  const isVolatile = calls(find("CONSTR_DEFAULT")?.raw_expr).some((name) => VOLATILE.includes(name));
  if (!isSerial && find("CONSTR_IDENTITY") === undefined && !isStored && !isVolatile) return [];
  return [
    rewrites(
      `adds ${colname} to ${table} with a value of its own in each row`,
      "add it without, then set the default, and fill the rows in batches",
    ),
  ];
}

/** The functions that an expression calls. */
function calls(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(calls);
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    const name = key === "FuncCall" && nodesOf("String", (value as NodeOf<"FuncCall">).funcname).at(-1)?.sval;
    return [...(name ? [name] : []), ...calls(value)];
  });
}

/** What a statement creates, by name. */
function namesCreatedBy({ kind, node }: ParsedStatement): string[] {
  switch (kind) {
    case "CreateStmt":
      return [nameOf(node.relation)];
    case "CreateForeignTableStmt":
      return [nameOf(node.base?.relation)];
    case "CreateTableAsStmt":
      return [nameOf(node.into?.rel)];
    case "SelectStmt":
      return node.intoClause === undefined ? [] : [nameOf(node.intoClause.rel)];
    case "ViewStmt":
      return [nameOf(node.view)];
    case "CreateSeqStmt":
      return [nameOf(node.sequence)];
    case "CreateSchemaStmt":
      return [node.schemaname ?? ""];
    case "CreateFunctionStmt":
      return [nameOfParts(node.funcname)];
    case "CreateEnumStmt":
      return [nameOfParts(node.typeName)];
    case "CompositeTypeStmt":
      return [nameOf(node.typevar)];
    case "CreateDomainStmt":
      return [nameOfParts(node.domainname)];
    default:
      return [];
  }
}

/** A relation as written in SQL. Without a schema it is in `public`. */
function nameOf({ schemaname, relname = "" }: NodeOf<"RangeVar"> = {}): string {
  return schemaname === undefined || schemaname === "public" ? relname : `${schemaname}.${relname}`;
}

function nameOfParts(parts?: readonly Node[]): string {
  const names = nodesOf("String", parts).map(({ sval = "" }) => sval);
  return (names.length > 1 && names[0] === "public" ? names.slice(1) : names).join(".");
}

/** What DROP names: a schema by its name, others by lists of names. */
function nameOfObject(object: Node): string {
  if ("String" in object) return object.String.sval ?? "";
  if ("List" in object) return nameOfParts(object.List.items);
  if ("ObjectWithArgs" in object) return nameOfParts(object.ObjectWithArgs.objname);
  return "TypeName" in object ? nameOfParts(object.TypeName.names) : "";
}
