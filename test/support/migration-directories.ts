import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One change of a schema that grew over years, in the forms that real migrations have. */
export interface WrittenMigration {
  readonly title: string;
  readonly up: string;

  /** Empty where people left it empty. */
  readonly down: string;

  /** Whether PostgreSQL refuses it in a transaction. */
  readonly alone?: boolean;
}

/** A shop, with functions, enums, concurrent indexes, data fixes, renames, and changes without a way back. */
export const WRITTEN_MIGRATIONS: readonly WrittenMigration[] = [
  {
    title: "create_users",
    up: "CREATE TABLE users (\n  id BIGSERIAL PRIMARY KEY,\n  email TEXT NOT NULL UNIQUE,\n  name TEXT\n);",
    down: "DROP TABLE users;",
  },
  { title: "order_status", up: "create type order_status as enum ('new', 'paid');", down: "drop type order_status;" },
  {
    title: "create_orders",
    up: `create table if not exists orders (
  id bigserial primary key,
  user_id bigint not null references users (id),
  status order_status not null default 'new',
  total numeric(12, 2),
  created_at timestamptz not null default now()
);
create index orders_user on orders (user_id);`,
    down: "drop index orders_user;\ndrop table if exists orders;",
  },
  {
    title: "seed_users",
    up: "-- two; of them\ninsert into users (email, name) values ('a@example.org', 'Ann;e'), ('b@example.org', 'O''Brien');",
    down: "delete from users where email in ('a@example.org', 'b@example.org');",
  },
  {
    title: "touch_function",
    up: `create or replace function touch() returns trigger language plpgsql as $body$
begin
  new.updated_at := now(); -- $$ ; in a body
  return new;
end;
$body$;`,
    down: "drop function touch();",
  },
  {
    title: "touch_users",
    up: "alter table users add column updated_at timestamptz;\ncreate trigger users_touch before update on users for each row execute function touch();",
    down: "drop trigger users_touch on users;\nalter table users drop column updated_at;",
  },
  {
    title: "index_orders_by_day",
    up: "create index concurrently if not exists orders_created on orders (created_at);",
    down: "drop index concurrently if exists orders_created;",
    alone: true,
  },
  { title: "orders_are_shipped", up: "alter type order_status add value if not exists 'shipped';", down: "" },
  {
    title: "paid_orders",
    up: "create view paid_orders as\n  select o.id, o.total, u.email from orders o join users u on u.id = o.user_id where o.status = 'paid';",
    down: "drop view paid_orders;",
  },
  {
    title: "proper_names",
    up: "update users set name = initcap(name) where name is not null;",
    down: "-- names stay\n",
  },
  {
    title: "mood_unless_there",
    up: `do $$
begin
  if not exists (select from pg_type where typname = 'mood') then
    create type mood as enum ('sad', 'ok');
  end if;
end
$$;`,
    down: "drop type mood;",
  },
  {
    title: "full_name",
    up: "alter table users rename column name to full_name;",
    down: "alter table users rename column full_name to name;",
  },
  {
    title: "positive_totals",
    up: "alter table orders add constraint orders_total check (total >= 0) not valid;\nalter table orders validate constraint orders_total;",
    down: "alter table orders drop constraint orders_total;",
  },
  {
    title: "audit",
    up: "create schema audit;\ncreate table audit.log (at timestamptz default now(), what jsonb);",
    down: "drop schema audit cascade;",
  },
  {
    title: "audit_events",
    up: "alter table audit.log rename to events;",
    down: "alter table audit.events rename to log;",
  },
  {
    title: "order_counts",
    up: "create materialized view order_counts as select user_id, count(*) as n from orders group by user_id;",
    down: "drop materialized view order_counts;",
  },
  {
    title: "no_more_paid_orders",
    up: "drop view paid_orders;",
    down: "create view paid_orders as\n  select o.id, o.total, u.email from orders o join users u on u.id = o.user_id where o.status = 'paid';",
  },
  {
    title: "own_orders",
    up: "alter table orders enable row level security;\ncreate policy own_orders on orders using (user_id > 0);",
    down: "drop policy own_orders on orders;\nalter table orders disable row level security;",
  },
  {
    title: "areas",
    up: "create function area(a int) returns int language sql immutable as 'select a * a';\ncreate function area(a int, b int) returns int language sql immutable as $$ select a * b $$;",
    down: "drop function area(int, int);\ndrop function area(int);",
  },
  {
    title: "no_square_areas",
    up: "drop function area(integer);",
    down: "create function area(a int) returns int language sql immutable as 'select a * a';",
  },
  {
    title: "email_text",
    up: "create domain email_text as text check (value like '%@%');",
    down: "drop domain email_text;",
  },
  {
    title: "metrics",
    up: "create table metrics (at date not null, v int) partition by range (at);\ncreate table metrics_2026 partition of metrics for values from ('2026-01-01') to ('2027-01-01');",
    down: "drop table metrics;",
  },
  { title: "metrics_by_day", up: "create index metrics_at on only metrics (at);", down: "drop index metrics_at;" },
  {
    title: "nicknames",
    up: "alter table users add column nick text;\ncreate index users_nick on users (lower(nick));",
    down: "alter table users drop column nick;",
  },
  {
    title: "no_nicknames",
    up: "alter table users drop column if exists nick;",
    down: "alter table users add column nick text;\ncreate index users_nick on users (lower(nick));",
  },
  {
    title: "say_what_users_are",
    up: "comment on table users is 'People; and $$ more';",
    down: "comment on table users is null;",
  },
  { title: "invoice_numbers", up: "create sequence invoice_no start 100;", down: "drop sequence invoice_no;" },
  {
    title: "one_order_a_day",
    up: "set statement_timeout = 0;\ncreate unique index concurrently orders_day on orders (user_id, created_at);",
    down: "drop index concurrently orders_day;",
    alone: true,
  },
  {
    title: "odd_names",
    up: `create table "Odd Table" ("select" int, "o'clock" text);`,
    down: `drop table "Odd Table";`,
  },
  {
    title: "even_names",
    up: `alter table "Odd Table" rename to "Even";\ninsert into "Even" values (1, 'noon');`,
    down: `delete from "Even";\nalter table "Even" rename to "Odd Table";`,
  },
  {
    title: "move_to_audit",
    up: `with moved as (delete from "Even" returning "o'clock") insert into audit.events (what) select to_jsonb("o'clock") from moved;`,
    down: "",
  },
  {
    title: "fewer_states",
    up: `alter type order_status rename to order_status_old;
create type order_status as enum ('new', 'paid', 'shipped');
alter table orders alter column status drop default,
  alter column status type order_status using status::text::order_status,
  alter column status set default 'new';
drop type order_status_old;`,
    down: "-- the same values\n",
  },
  {
    title: "no_order_counts",
    up: "drop materialized view order_counts;",
    down: "create materialized view order_counts as select user_id, count(*) as n from orders group by user_id;",
  },
];

type Files = Readonly<Record<string, string>>;

const day = (index: number): string => String(index + 1).padStart(2, "0");

/** Which version each tool gives the n-th of them, from 0, as its table has it. */
export const VERSION_OF = {
  "golang-migrate": (index: number) => String(index + 1),
  dbmate: (index: number) => `202601${day(index)}120000`,
  flyway: (index: number) => (index < 9 ? `1.${index + 1}` : String(index + 1)),
  diesel: (index: number) => `202601${day(index)}120000`,
  alembic: (index: number) => `rev${String(index + 1).padStart(4, "0")}`,
  numbered: (index: number) => String(index + 1),
} as const;

/** Writes them into a directory as a tool has them. */
export const WRITE_DIRECTORY: Readonly<Record<keyof typeof VERSION_OF, (directory: string) => void>> = {
  "golang-migrate": (directory) => {
    write(directory, (migration, index) => {
      const name = `${String(index + 1).padStart(6, "0")}_${migration.title}`;
      const up = index % 5 === 0 ? `BEGIN;\n${migration.up}\nCOMMIT;\n` : migration.up;
      // The newest have no way back at all.
      const down = migration.title === "fewer_states" ? {} : { [`${name}.down.sql`]: migration.down };
      return { [`${name}.up.sql`]: up, ...down };
    });
  },
  dbmate: (directory) => {
    write(directory, ({ title, up, down, alone }, index) => {
      const options = alone ? " transaction:false" : "";
      const text = `-- ${title}\n\n-- migrate:up${options}\n${up}\n\n-- migrate:down${options}\n${down}\n`;
      return { [`${VERSION_OF.dbmate(index)}_${title}.sql`]: text };
    });
  },
  flyway: (directory) => {
    write(directory, ({ title, up, down, alone }, index) => {
      const version = VERSION_OF.flyway(index).replace(".", "_");
      const file = `${index % 2 === 0 ? "" : "more/"}V${version}__${title}.sql`;
      return {
        [file]: up.replaceAll("audit.events", "${audit}.events"),
        ...(down.trim() === "" ? {} : { [`undo/U${version.replace("_", ".")}__${title}.sql`]: down }),
        ...(alone ? { [`${file}.conf`]: "executeInTransaction=false\n" } : {}),
      };
    });
    writeFiles(directory, {
      "R__user_label.sql":
        "create or replace function user_label(user_id bigint) returns text language sql as $$ select email from users where id = $1 $$;",
      "beforeMigrate.sql": "select 1;",
    });
  },
  diesel: (directory) => {
    write(directory, ({ title, up, down, alone }, index) => {
      const name = `2026-01-${day(index)}-120000_${title}`;
      return {
        [`${name}/up.sql`]: up,
        ...(index === 30 ? {} : { [`${name}/down.sql`]: down }),
        ...(alone ? { [`${name}/metadata.toml`]: "run_in_transaction = false\n" } : {}),
      };
    });
    writeFiles(directory, { ".keep": "" });
  },
  alembic: (directory) => {
    writeFiles(directory, {
      "alembic.ini": "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://localhost/none\n",
      "migrations/env.py": ALEMBIC_ENVIRONMENT,
    });
    write(directory, ({ title, up, down, alone }, index) => {
      const revision = VERSION_OF.alembic(index);
      const before = index === 0 ? "None" : `"${VERSION_OF.alembic(index - 1)}"`;
      const body = (sql: string): string => {
        if (sql.trim() === "") return "    pass\n";
        // Alembic takes a colon for a parameter.
        const call = `op.execute(sa.text(${JSON.stringify(sql.replaceAll(":", "\\:"))}))`;
        return alone ? `    with op.get_context().autocommit_block():\n        ${call}\n` : `    ${call}\n`;
      };
      const text =
        `"""${title}"""\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "${revision}"\ndown_revision = ${before}\n\n` +
        `def upgrade():\n${body(up)}\n\ndef downgrade():\n${body(down)}`;
      return { [`migrations/versions/${revision}_${title}.py`]: text };
    });
  },
  numbered: (directory) => {
    write(directory, ({ title, up, down }, index) => {
      const name = `${String(index + 1).padStart(3, "0")}-${title}`;
      return { [`${name}.sql`]: up, ...(down.trim() === "" ? {} : { [`${name}.down.sql`]: down }) };
    });
    writeFiles(directory, { "README.md": "How we migrate." });
  },
};

const ALEMBIC_ENVIRONMENT = `from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
`;

function write(directory: string, filesOf: (migration: WrittenMigration, index: number) => Files): void {
  for (const [index, migration] of WRITTEN_MIGRATIONS.entries()) writeFiles(directory, filesOf(migration, index));
}

/** Writes files below a directory. */
export function writeFiles(directory: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
