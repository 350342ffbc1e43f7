import { Annotations } from "cdktf";
import { relative } from "node:path";
import { acknowledgement, type Acknowledgements } from "../../core/acknowledge";
import { checkProps } from "../../core/check-props";
import type { Duration } from "../../core/duration";
import { attempt, collect, isFaultless, report } from "../../core/errors";
import { nearest } from "../../core/nearest";
import type { TextInput } from "../../core/references";
import { sha256 } from "../../manifest/checksum";
import type { Migration, StepPhase } from "../../migrations/migration";
import type { AcknowledgeableFinding } from "../judge-findings";
import type { Verification } from "../verification";
import { Catalog } from "./catalog";
import { ANY_SCHEMA_QUERY } from "./catalog-queries";
import type { DirectoryReading, MigrationFile, MigrationLayout } from "./layouts/layout";
import { detectLayout, readDirectory } from "./layouts/read-directory";
import { type MigrationUnit, readInto, unitsOf } from "./migration-text";
import type { SqlHistory } from "./program";
import { findUnsafe, type SqlLint } from "./sql-safety";
import { IMPORTED, type ImportedSqlStepProps, SqlStep } from "./step";

/** Mistakes in a directory of SQL migrations that can be acknowledged with a reason, for the whole directory. */
export type SqlMigrationsLint = Exclude<SqlLint, "SqlMistake"> | "SqlNotVerifiable";

/** Properties of `SqlMigrations.fromDirectory`. */
export interface SqlMigrationsProps {
  /** Connection URL of the PostgreSQL database: `SecretReference.environment("SHOP_DATABASE_URL")`. */
  readonly database: TextInput;

  /**
   * The layout of the directory.
   * @default - detected from its files
   */
  readonly layout?: MigrationLayout;

  /**
   * First version that is part of this migration, as the tool writes it: `"0032"`, `"20240131120000"`, `"1.4"`, or an
   * Alembic revision.
   * @default - the first one
   */
  readonly from?: string;

  /**
   * Last version that is part of this migration. Later files belong to the migration of another release.
   * @default - the last one
   */
  readonly through?: string;

  /**
   * Prefix of the step ids, which the version follows. Must be unique for each directory of a stack.
   * @default "m"
   */
  readonly idPrefix?: string;

  /**
   * When the steps may run.
   * @default "migrate"
   */
  readonly phase?: StepPhase;

  /**
   * What a rollback does with a migration whose rollback is missing or empty: `irreversible` refuses the rollback,
   * `keep` leaves its effect in place.
   * @default "irreversible"
   */
  readonly withoutDown?: "irreversible" | "keep";

  /**
   * Queries with answers that verify a migration, by its version. They replace the queries against the catalog.
   * @default - the objects that its statements create exist, and those that they drop do not
   */
  readonly verify?: Readonly<Record<string, readonly Verification[]>>;

  /**
   * Table in which the tool records what it applied, with its schema if that is not in the search path. `sterna adopt`
   * reads it.
   * @default - the default table of the tool; plain files have none
   */
  readonly historyTable?: string;

  /**
   * Values of Flyway's placeholders such as `${owner}`. `false` if Flyway does not replace placeholders.
   * @default - none
   */
  readonly placeholders?: Readonly<Record<string, string>> | false;

  /**
   * Command that starts Alembic, as a list of arguments.
   * @default - ["alembic"]
   */
  readonly alembic?: readonly string[];

  /**
   * How long a statement waits for another session's lock. See `SqlStep`.
   * @default - 5 seconds; no limit for `concurrently`, `call` and `do` without a transaction
   */
  readonly lockTimeout?: Duration;

  /**
   * Reasons why findings in the SQL are not mistakes, by code.
   * @default - a mistake that contradicts the phase is an error, others are warnings
   */
  readonly acknowledge?: Acknowledgements<SqlMigrationsLint>;
}

/** Existing SQL migrations of golang-migrate, dbmate, Flyway, diesel, Alembic, or in plain numbered files. */
export const SqlMigrations = {
  /**
   * Creates a step for each file, in the order of the tool. The id of a step is the version of its file, so files may
   * be renamed. Each step is verified against PostgreSQL's catalog.
   *
   * A file that PostgreSQL cannot run in a transaction becomes a step without one, or a step for each of its
   * statements.
   *
   * @param migration the migration of the steps, the argument of `steps`
   * @param directory absolute, or relative to the project; for Alembic the one with `alembic.ini`
   * @returns the steps, in order
   * @throws ValidationError `MigrationFileInvalid`, `MigrationLayoutUnknown`, `AlembicFailed`, `FileUnreadable`,
   * `FileNotUtf8`, what `SqlStep` throws: all mistakes of the directory together, with file and line
   */
  fromDirectory(migration: Migration, directory: string, props: SqlMigrationsProps): SqlStep[] {
    checkProps(migration, "SqlMigrationsProps", props);
    return collect(migration, () => new Import(migration, directory, props).run(), { canGoOn: false });
  },
} as const;

/** A file that becomes one step, or several if its statements cannot share a transaction. */
interface Planned extends MigrationUnit {
  readonly file: MigrationFile;
  readonly id: string;
  readonly title: string;
  readonly transaction: boolean;
  readonly verify: readonly Verification[];
  readonly supersedes: readonly string[];

  /** Whether the answers were different before. */
  readonly hasEvidence: boolean;
}

const LONGEST_ID = 63;
const SHOWN = 3;
const NO_HISTORY: SqlHistory = { tool: "none" };

class Import {
  private readonly catalog = new Catalog();
  private readonly created = new Set<string>();
  private readonly given = new Map<MigrationFile, readonly Verification[]>();
  private readonly findings: AcknowledgeableFinding<SqlMigrationsLint>[] = [];
  private readonly layout: MigrationLayout;
  private readonly reading: DirectoryReading;

  constructor(
    private readonly migration: Migration,
    private readonly directory: string,
    private readonly props: SqlMigrationsProps,
  ) {
    this.layout = props.layout ?? detectLayout(directory);
    this.reading = readDirectory(directory, this.layout, props);
  }

  run(): SqlStep[] {
    const { files, mistakes, ignored } = this.reading;
    for (const { code, message } of mistakes) report(this.migration, code, message);
    if (files.length === 0 && mistakes.length === 0) {
      report(this.migration, "MigrationFileInvalid", `${this.directory} has no migration of ${this.layout}`);
    }
    const [first, last] = this.range(files);
    for (const [version, queries] of Object.entries(this.props.verify ?? {})) {
      const file = files[this.indexOf(files, version, "verify")];
      if (file !== undefined) this.given.set(file, queries);
    }
    // Includes files outside of the range, since later ones depend on what they created.
    const planned = files.flatMap((file, index) => {
      const isChosen =
        index >= first && index <= last && (file.repeatable === undefined || this.props.through === undefined);
      const units = this.plan(file, isChosen);
      return isChosen ? units : [];
    });
    this.judge();
    if (!isFaultless(this.migration)) return [];
    if (ignored.length > 0) {
      const names = shown(ignored);
      Annotations.of(this.migration).addInfo(
        `${this.directory}: ${this.layout} does not look at ${names}, so they are left out`,
      );
    }
    const steps = planned.map((unit) => attempt(this.migration, () => this.make(unit)));
    // Repeatable migrations stay last, so adding a migration before them is not a mistake.
    if (files.some(({ repeatable }) => repeatable !== undefined)) {
      this.migration.allowOutOfOrder(planned.filter(({ file }) => file.repeatable === undefined).map(({ id }) => id));
    }
    return steps.filter((step) => step !== undefined);
  }

  private range(files: readonly MigrationFile[]): [number, number] {
    const { from, through } = this.props;
    const first = from === undefined ? 0 : this.indexOf(files, from, "from");
    const last = through === undefined ? files.length - 1 : this.indexOf(files, through, "through");
    if (last < first && files.length > 0) {
      report(
        this.migration,
        "MigrationFileInvalid",
        `\`from\` is "${from}", which comes after \`through\`, "${through}"`,
      );
    }
    return [first, last];
  }

  /** Index of a version, which may be written with zeros or separators that the tool ignores. */
  private indexOf(files: readonly MigrationFile[], version: string, property: string): number {
    const plain = (text: string): string =>
      text
        .replace(/\D+/g, ".")
        .replace(/(^|\.)0+(?=\d)/g, "$1")
        .replace(/(\.0)+$/, "");
    let index = files.findIndex((file) => file.version === version);
    if (index < 0 && /^[\d._-]+$/.test(version)) {
      index = files.findIndex((file) => file.repeatable === undefined && plain(file.version) === plain(version));
    }
    if (index >= 0 || files.length === 0) return Math.max(index, 0);
    const versions = files.map((file) => file.version);
    const meant = nearest(version, versions);
    const hint = meant === undefined ? `it has ${shown(versions)}` : `did you mean "${meant}"?`;
    report(
      this.migration,
      "MigrationFileInvalid",
      `\`${property}\` names the version "${version}", which ${this.directory} does not have; ${hint}`,
    );
    return 0;
  }

  private plan(file: MigrationFile, isChosen: boolean): Planned[] {
    const { mistakes, transaction, units } = unitsOf(file, this.layout === "flyway");
    for (const { code, message } of isChosen ? mistakes : []) report(this.migration, code, message);
    if (mistakes.length > 0) return [];
    const given = this.given.get(file);
    return units.map((unit, index): Planned => {
      this.catalog.begin();
      readInto(this.catalog, unit.up);
      const { checks, supersedes, isSeen, uses } = this.catalog.end();
      if (isChosen) this.look(file, unit);
      const looks = checks.size > 0 ? [...checks] : uses.map((query) => [query, true] as const);
      const verify = given ?? looks.map(([query, expected]) => ({ query, expected }));
      if (verify.length === 0 && isChosen) this.findings.push(notVerifiable(file));
      return {
        ...unit,
        file,
        transaction,
        id: this.idOf(file, index),
        title: units.length === 1 ? file.title : `${file.title} (${index + 1} of ${units.length})`,
        verify: verify.length > 0 ? verify : [{ query: ANY_SCHEMA_QUERY, expected: true }],
        supersedes,
        hasEvidence: given !== undefined || isSeen,
      };
    });
  }

  private look({ up: { path, line } }: MigrationFile, { up }: MigrationUnit): void {
    const place = (number: number): string => `${path}:${line + number - 1}`;
    this.findings.push(...(findUnsafe(up, this.props.phase ?? "migrate", this.created, place) as typeof this.findings));
  }

  /** The id of a step is the version of its file, which is also what the tool stores. */
  private idOf({ version, repeatable, up }: MigrationFile, index: number): string {
    const prefix = this.props.idPrefix ?? "m";
    const slug = version
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");
    const end = `${repeatable === undefined ? "" : `-${repeatable}`}${index === 0 ? "" : `-part-${index + 1}`}`;
    const id = `${prefix}-${repeatable === undefined ? "" : "r-"}${slug}`;
    if (id.length + end.length <= LONGEST_ID) return id + end;
    const digest = `-${sha256(version + up.path).slice(0, 8)}`;
    return id.slice(0, LONGEST_ID - end.length - digest.length).replace(/-$/, "") + digest + end;
  }

  /** One warning for each kind of finding: a directory that has grown for years has many of a kind. */
  private judge(): void {
    const { acknowledge = {} } = this.props;
    for (const code of new Set(this.findings.map((finding) => finding.code))) {
      const found = this.findings.filter((finding) => finding.code === code);
      const reason = acknowledge[code]?.trim();
      const refused = found.filter((finding) => finding.refused && !reason);
      const advice = `or say why it is right: ${acknowledgement(code)}`;
      for (const { message } of refused) report(this.migration, code, `${message}; ${advice}`);
      const text = `${code}: ${shown(
        found.map(({ message }) => message),
        "; ",
      )}`;
      if (reason) Annotations.of(this.migration).addInfo(`${text}. Acknowledged: ${reason}`);
      else if (refused.length === 0) Annotations.of(this.migration).addWarning(`${text}; ${advice}`);
    }
    const idle = Object.keys(acknowledge).find((code) => !this.findings.some((finding) => finding.code === code));
    if (idle === undefined || !isFaultless(this.migration)) return;
    report(this.migration, "NothingToAcknowledge", `\`acknowledge\` names ${idle}, which is not found; take it out`);
  }

  private make({ file, id, title, up, down, transaction, verify, supersedes, hasEvidence }: Planned): SqlStep {
    const { database, phase, lockTimeout, withoutDown = "irreversible", historyTable } = this.props;
    // The reason is part of the plan, so it must not contain the location of the project, which differs between
    // machines.
    const name = relative(this.directory, file.up.path);
    const isKept = file.repeatable !== undefined || (down === undefined && withoutDown === "keep");
    const reason =
      file.repeatable !== undefined
        ? `${name} is run again whenever it changes, and has no way back`
        : file.down === undefined
          ? `${name} has no way back`
          : `the way back of ${name} is empty`;
    const history = hasEvidence || file.history !== undefined ? this.historyOf(file, historyTable) : NO_HISTORY;
    const all: ImportedSqlStepProps = {
      title,
      database,
      phase,
      lockTimeout,
      transaction,
      up,
      down,
      irreversible: down === undefined ? reason : undefined,
      onDestroy: isKept ? "keep" : undefined,
      verify,
      [IMPORTED]: { history, supersedes },
    };
    return new SqlStep(this.migration, id, all);
  }

  private historyOf({ history }: MigrationFile, table: string | undefined): SqlHistory | undefined {
    return table === undefined || history === undefined ? history : ({ ...history, table } as SqlHistory);
  }
}

function notVerifiable({ up: { path }, version }: MigrationFile): AcknowledgeableFinding<"SqlNotVerifiable"> {
  const message = `nothing in the catalog shows what ${path} did; write what to ask: verify: { "${version}": [{ query, expected }] }`;
  return { code: "SqlNotVerifiable", message, refused: false };
}

/** The first few items of a list. */
function shown(list: readonly string[], separator = ", "): string {
  const rest = list.length - SHOWN;
  return list.slice(0, SHOWN).join(separator) + (rest > 0 ? `${separator}and ${rest} more` : "");
}
