import type { Node } from "libpg-query";
import { enumValue } from "./catalog";
import { CatalogNames } from "./catalog-names";
import {
  columnQuery,
  enumValueQuery,
  type GlobalKind,
  globalQuery,
  indexQuery,
  type OwnedKind,
  ownedQuery,
  qualified,
  relationQuery,
  schemaQuery,
  storedName,
  typeQuery,
} from "./catalog-queries";
import {
  columnsIn,
  type NodeOf,
  nodesOf,
  type ParsedStatement,
  partsOf,
  partsOfObject,
  type Relation,
  relationsIn,
} from "./postgres-grammar";

const OWNED_OBJECTS: Readonly<Record<string, OwnedKind>> = {
  OBJECT_TRIGGER: "trigger",
  OBJECT_POLICY: "policy",
  OBJECT_RULE: "rule",
  OBJECT_TABCONSTRAINT: "constraint",
};
const RELATIONS = [
  ...["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE", "OBJECT_INDEX"],
];
const FUNCTIONS = ["OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"];
const TYPES = ["OBJECT_TYPE", "OBJECT_DOMAIN"];
const GLOBALS: Readonly<Record<string, GlobalKind>> = {
  OBJECT_EXTENSION: "extension",
  OBJECT_PUBLICATION: "publication",
  OBJECT_EVENT_TRIGGER: "event trigger",
  OBJECT_FOREIGN_SERVER: "server",
};

/** Reads the statements of one file into the catalog. */
export class CatalogReader extends CatalogNames {
  /** @param text the statement, for the names in bodies that are not parsed */
  read({ kind, node }: ParsedStatement, text: string): void {
    switch (kind) {
      case "VariableSetStmt":
        if (node.name === "search_path") this.schema = schemaOf(node.args);
        return;
      case "CreateStmt":
        return this.createTable(node);
      case "CreateForeignTableStmt":
        return this.addRelation(node.base?.relation);
      case "CreateTableAsStmt":
        return this.addRelation(node.into?.rel, relationsIn(node.query));
      case "SelectStmt":
        return this.select(node);
      case "ViewStmt":
        return this.addRelation(node.view, relationsIn(node.query), true);
      case "CreateSeqStmt":
        return this.addRelation(node.sequence);
      case "IndexStmt":
        return this.createIndex(node);
      case "CreateSchemaStmt":
        return this.createSchema(node);
      case "CreateEnumStmt":
        return this.createEnum(node);
      case "CompositeTypeStmt":
        return void this.addType([node.typevar?.schemaname, node.typevar?.relname]);
      case "CreateDomainStmt":
        return void this.addType(partsOf(node.domainname));
      case "CreateRangeStmt":
        return void this.addType(partsOf(node.typeName));
      case "DefineStmt":
        if (TYPES.includes(node.kind ?? "")) return void this.addType(partsOf(node.defnames));
        if (node.kind === "OBJECT_AGGREGATE") this.catalog.add(this.routine(partsOf(node.defnames)));
        return;
      case "AlterEnumStmt":
        return this.alterEnum(node);
      case "CreateFunctionStmt":
        return this.createFunction(node);
      case "CreateTrigStmt":
        if (this.isTemporary(node.relation)) return;
        return this.addOwned("trigger", this.nameOf(node.relation), node.trigname, [
          this.routine(partsOf(node.funcname), 0).query,
        ]);
      case "CreatePolicyStmt":
        return this.addOwned("policy", this.nameOf(node.table), node.policy_name);
      case "RuleStmt":
        return this.addOwned("rule", this.nameOf(node.relation), node.rulename);
      case "CreateExtensionStmt":
        return this.addGlobal("extension", node.extname);
      case "CreatePublicationStmt":
        return this.addGlobal("publication", node.pubname);
      case "CreateEventTrigStmt":
        return this.addGlobal("event trigger", node.trigname);
      case "CreateForeignServerStmt":
        return this.addGlobal("server", node.servername);
      case "CreateRoleStmt":
        return this.addGlobal("role", node.role);
      case "DropRoleStmt":
        return nodesOf("RoleSpec", node.roles).forEach(({ rolename = "" }) =>
          this.catalog.remove(globalQuery("role", rolename)),
        );
      case "AlterTableStmt":
        return this.alterTable(node);
      case "DropStmt":
        return this.drop(node);
      case "RenameStmt":
        return this.rename(node);
      case "AlterObjectSchemaStmt":
        return this.moveToSchema(node);
      case "CommentStmt":
        return this.comment(node);
      case "DoStmt":
      case "CallStmt":
        return this.doubtNamed(text);
      case "InsertStmt":
      case "UpdateStmt":
      case "DeleteStmt":
      case "MergeStmt":
      case "CopyStmt":
      case "RefreshMatViewStmt":
      case "LockStmt":
      case "TruncateStmt":
      case "GrantStmt":
      case "AlterSeqStmt":
      case "VacuumStmt":
      case "CreateStatsStmt":
        return relationsIn(node).forEach((relation) => this.use(relation));
      default:
        return;
    }
  }

  private use(relation: Relation): void {
    if (this.isTemporary(relation)) return;
    const { schemaname, relname = "" } = relation;
    this.catalog.use({ query: relationQuery(this.nameOf(relation)), name: relname, schema: schemaname ?? this.schema });
  }

  private addRelation(relation: Relation | undefined, uses: readonly Relation[] = [], isFragile = false): void {
    const { schemaname, relname = "" } = relation ?? {};
    if (this.isTemporary(relation)) return void this.temporary.add(relname);
    const name = this.nameOf(relation);
    const needs = uses.map((used) => relationQuery(this.nameOf(used)));
    this.catalog.add({
      query: relationQuery(name),
      name: relname,
      schema: schemaname ?? this.schema,
      needs,
      isFragile,
    });
    this.catalog.doubtReturned(name);
  }

  private createTable({ relation, tableElts, inhRelations }: NodeOf<"CreateStmt">): void {
    const parents = nodesOf("RangeVar", inhRelations).map((parent) => relationQuery(this.nameOf(parent)));
    const { schemaname, relname = "" } = relation ?? {};
    if (this.isTemporary(relation)) return void this.temporary.add(relname);
    const name = this.nameOf(relation);
    this.catalog.add({ query: relationQuery(name), name: relname, schema: schemaname ?? this.schema, needs: parents });
    this.catalog.doubtReturned(name);
    for (const { colname = "" } of nodesOf("ColumnDef", tableElts)) this.catalog.revive(columnQuery(name, colname));
    for (const { conname } of nodesOf("Constraint", tableElts)) {
      if (conname !== undefined) this.catalog.revive(ownedQuery("constraint", name, conname));
    }
  }

  private comment({ objtype = "OBJECT_LANGUAGE", object }: NodeOf<"CommentStmt">): void {
    const [schema, name = ""] = object === undefined ? [] : partsOfObject(object);
    if (RELATIONS.includes(objtype) && objtype !== "OBJECT_INDEX") this.use({ schemaname: schema, relname: name });
  }

  private select({ intoClause, targetList }: NodeOf<"SelectStmt">): void {
    if (intoClause !== undefined) this.addRelation(intoClause.rel);
    for (const { val } of nodesOf("ResTarget", targetList)) {
      const { funcname, args = [] } = (val && nodesOf("FuncCall", [val])[0]) ?? {};
      const [setting, value] = nodesOf("A_Const", args).map(({ sval }) => sval?.sval);
      if (partsOf(funcname).at(-1) === "set_config" && setting === "search_path") this.schema = value || undefined;
    }
  }

  private createIndex(node: NodeOf<"IndexStmt">): void {
    const { idxname, relation } = node;
    if (this.isTemporary(relation)) return;
    // PostgreSQL chooses an unused name.
    if (idxname === undefined) return this.use(relation ?? {});
    const table = this.nameOf(relation);
    const index = this.textOf(relation?.schemaname, idxname);
    // The index of a partitioned table alone is invalid until those of all partitions are attached.
    const query = relation?.inh === true ? indexQuery(index) : relationQuery(index);
    const columns = [
      ...columnsIn(node.indexParams),
      ...columnsIn(node.indexIncludingParams),
      ...columnsIn(node.whereClause),
    ];
    const needs = [relationQuery(table), ...columns.map((column) => columnQuery(table, column))];
    this.catalog.add({ query, name: idxname, schema: relation?.schemaname ?? this.schema, needs });
  }

  private createSchema({ schemaname = "", schemaElts = [] }: NodeOf<"CreateSchemaStmt">): void {
    this.catalog.add({ query: schemaQuery(schemaname), name: schemaname });
    const outer = this.schema;
    this.schema = schemaname;
    for (const element of schemaElts) {
      for (const [kind, node] of Object.entries(element)) this.read({ kind, node } as ParsedStatement, "");
    }
    this.schema = outer;
  }

  private addType([schema, name = ""]: readonly (string | undefined)[]): string {
    const type = this.typeText([schema, name]);
    this.catalog.add({ query: typeQuery(type), name, schema: schema ?? this.schema });
    this.catalog.doubtReturned(type);
    return type;
  }

  private createEnum({ typeName, vals }: NodeOf<"CreateEnumStmt">): void {
    const type = this.addType(partsOf(typeName));
    for (const { sval = "" } of nodesOf("String", vals)) this.catalog.revive(enumValueQuery(type, sval));
  }

  private alterEnum({ typeName, newVal = "", oldVal }: NodeOf<"AlterEnumStmt">): void {
    const type = this.typeText(partsOf(typeName));
    if (oldVal !== undefined) this.catalog.remove(enumValueQuery(type, oldVal));
    this.catalog.add(enumValue(type, typeQuery(type), newVal));
  }

  private createFunction({ funcname, parameters, returnType }: NodeOf<"CreateFunctionStmt">): void {
    const all = nodesOf("FunctionParameter", parameters);
    const inputs = all.filter(({ mode = "" }) => !["FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"].includes(mode));
    const types = [...all.map(({ argType }) => argType), returnType].flatMap((type) => this.typeQueryOf(type));
    this.catalog.add({ ...this.routine(partsOf(funcname), inputs.length), needs: types });
  }

  private addGlobal(kind: GlobalKind, name = ""): void {
    this.catalog.add({ query: globalQuery(kind, name), name });
  }

  private alterTable({ relation, cmds }: NodeOf<"AlterTableStmt">): void {
    if (this.isTemporary(relation)) return;
    const table = this.nameOf(relation);
    this.use(relation ?? {});
    for (const { subtype, name = "", def, behavior } of nodesOf("AlterTableCmd", cmds)) {
      switch (subtype) {
        case "AT_AddColumn":
          for (const column of nodesOf("ColumnDef", def && [def])) this.addColumn(table, column);
          break;
        case "AT_DropColumn":
          this.catalog.remove(columnQuery(table, name));
          if (behavior === "DROP_CASCADE") this.doubtFragile();
          break;
        case "AT_AddConstraint":
          for (const constraint of nodesOf("Constraint", def && [def])) this.addConstraint(table, constraint);
          break;
        case "AT_DropConstraint":
          this.catalog.remove(ownedQuery("constraint", table, name));
          break;
        default:
          break;
      }
    }
  }

  private drop({ objects = [], removeType, behavior }: NodeOf<"DropStmt">): void {
    for (const object of objects) this.dropOne(object, removeType ?? "");
    if (behavior === "DROP_CASCADE") this.doubtFragile();
  }

  private dropOne(object: Node, type: string): void {
    const parts = "TypeName" in object ? partsOf(object.TypeName.names) : partsOfObject(object);
    const [schema, name = ""] = parts;
    const global = GLOBALS[type];
    const owned = OWNED_OBJECTS[type];
    if (type === "OBJECT_SCHEMA") return this.catalog.removeSchema(name);
    if (global !== undefined) return this.catalog.remove(globalQuery(global, name));
    if (owned !== undefined && "List" in object) {
      const names = nodesOf("String", object.List.items).map(({ sval = "" }) => sval);
      const table = this.textOf(names.at(-3), names.at(-2) ?? "");
      return this.catalog.remove(ownedQuery(owned, table, names.at(-1) ?? ""));
    }
    if (TYPES.includes(type)) return this.catalog.remove(typeQuery(this.typeText(parts)));
    if (FUNCTIONS.includes(type) && "ObjectWithArgs" in object) return this.dropFunction(object.ObjectWithArgs, parts);
    if (!RELATIONS.includes(type)) return;
    if (schema === undefined && this.temporary.delete(name)) return;
    this.catalog.remove(this.relationOrIndex(this.textOf(schema, name), type));
  }

  private dropFunction(
    { objargs = [], args_unspecified: isAny }: NodeOf<"ObjectWithArgs">,
    parts: readonly (string | undefined)[],
  ): void {
    const { query, name } = this.routine(parts, isAny === true ? undefined : objargs.length);
    this.catalog.remove(query);
    if (isAny === true) this.catalog.doubt((other) => other.name === name && other.query.includes("pg_proc"));
  }

  private rename(node: NodeOf<"RenameStmt">): void {
    const { renameType = "OBJECT_LANGUAGE", relation, subname = "", newname = "", object } = node;
    const owned = OWNED_OBJECTS[renameType];
    if (renameType === "OBJECT_SCHEMA") return this.renameSchema(subname, newname);
    if (TYPES.includes(renameType) && object !== undefined) {
      const [schema, name] = partsOfObject(object);
      const before = this.typeText([schema, name]);
      const after = qualified(schema ?? this.schema, newname);
      return this.catalog.rename(typeQuery(before), { query: typeQuery(after), name: newname, schema }, after);
    }
    if (FUNCTIONS.includes(renameType) && object !== undefined && "ObjectWithArgs" in object) {
      const [schema, name] = partsOfObject(object);
      const { objargs = [], args_unspecified: isAny } = object.ObjectWithArgs;
      const inputs = isAny === true ? undefined : objargs.length;
      this.dropFunction(object.ObjectWithArgs, [schema, name]);
      return this.catalog.add(this.routine([schema, newname], inputs));
    }
    if (relation === undefined || this.isTemporary(relation)) return;
    const table = this.nameOf(relation);
    if (renameType === "OBJECT_COLUMN") return this.renameColumn(table, subname, newname);
    if (owned !== undefined) {
      this.catalog.remove(ownedQuery(owned, table, subname));
      return this.addOwned(owned, table, newname);
    }
    if (!RELATIONS.includes(renameType)) return;
    const after = qualified(relation.schemaname ?? this.schema, newname);
    const before = this.relationOrIndex(table, renameType);
    const query = before === relationQuery(table) ? relationQuery(after) : indexQuery(after);
    this.catalog.rename(before, { query, name: newname, schema: relation.schemaname ?? this.schema }, after);
  }

  private renameColumn(table: string, before: string, name: string): void {
    const owner = { query: relationQuery(table), rename: (renamed: string) => columnQuery(renamed, name) };
    const after = columnQuery(table, name);
    this.catalog.rename(columnQuery(table, before), { query: after, name, owner }, after);
  }

  private renameSchema(before: string, after: string): void {
    this.catalog.doubt(({ schema }) => schema === before);
    this.catalog.rename(schemaQuery(before), { query: schemaQuery(after), name: after }, after);
  }

  private moveToSchema({
    relation,
    object,
    objectType = "OBJECT_LANGUAGE",
    newschema = "",
  }: NodeOf<"AlterObjectSchemaStmt">): void {
    if (relation !== undefined) {
      const before = relationQuery(this.nameOf(relation));
      const after = qualified(newschema, relation.relname ?? "");
      // The indexes move along.
      this.catalog.doubt(({ query, needed }) => needed.has(before) && query.includes("indisvalid"));
      return this.catalog.rename(
        before,
        { query: relationQuery(after), name: relation.relname ?? "", schema: newschema },
        after,
      );
    }
    if (!TYPES.includes(objectType) || object === undefined) return;
    const [schema, name = ""] = partsOfObject(object);
    const after = qualified(newschema, name);
    this.catalog.rename(
      typeQuery(this.typeText([schema, name])),
      { query: typeQuery(after), name, schema: newschema },
      after,
    );
  }

  /** `cascade` also drops what calls it. */
  private doubtFragile(): void {
    this.catalog.doubt(({ isFragile, query }) => isFragile === true && this.catalog.holds(query));
  }

  /** The parser treats a body as text. What it names may be gone if the body renames or drops things. */
  private doubtNamed(text: string): void {
    if (!/\b(drop|rename|alter)\b/i.test(text)) return;
    const words = new Set(text.toLowerCase().match(/[\w$\u0080-\uffff]+/g));
    let found = 0;
    this.catalog.doubt(({ name, owner }) => {
      const isNamed = words.has(storedName(name).toLowerCase());
      if (isNamed) found++;
      // Objects of a table that it names.
      return (
        isNamed || (owner?.query.match(/'(.*)'/)?.[1] ?? "").split(/[".]/).some((part) => words.has(part.toLowerCase()))
      );
    });
    // It builds the names at run time.
    if (found === 0 && words.has("execute")) this.catalog.doubt(() => true);
  }
}

function schemaOf(list: readonly Node[] = []): string | undefined {
  const first = nodesOf("A_Const", list)[0]?.sval?.sval;
  return first === "public" || first === "$user" || first === "" ? undefined : first;
}
