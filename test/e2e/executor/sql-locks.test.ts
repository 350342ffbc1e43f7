import { describe, expect, it } from "@jest/globals";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { requires } from "../../support/requirements";
import { SqlStepWorkplace } from "../../support/sql-step-workplace";

requires("postgres")("an SQL step among other sessions", () => {
  const db = new SqlStepWorkplace("locks");

  describe("that waits for a lock", () => {
    it.each([true, false])(
      "names who holds it, gives way, and is tried again (transaction: %s)",
      async (transaction) => {
        // GIVEN
        await db.query("create table busy (n int)");
        const blocker = await db.connect();
        await blocker.query("begin; select * from busy");
        const pid = (blocker as unknown as { processID: number }).processID;

        // WHEN
        const running = db.apply({ transaction, lockTimeout: 0.5, up: "alter table busy add column c int" });
        await db.until(/tries again/);
        const reader = await db.connect();
        const started = performance.now();
        await reader.query("select count(*) from busy");
        const waited = performance.now() - started;
        await blocker.query("commit");
        await running;

        // THEN
        expect(waited).toBeLessThan(2_000);
        expect(db.said[0]).toMatch(
          new RegExp(
            `^waits for a lock that is held by process ${pid} \\(of postgres, idle in transaction, in a transaction since .* UTC\\)$`,
          ),
        );
        expect(db.said[1]).toMatch(
          /^canceling statement due to lock timeout; the lock was held by process .*; tries again in 1 s \(attempt 2 of 10\)$/,
        );
        expect(await db.ledger.get("s1")).toMatchObject({ status: "applied" });
      },
    );

    it("has a limit of seconds unless it says otherwise, and none where it builds beside the application", async () => {
      // GIVEN
      await db.query("create table t (n int)");
      const settings = "create table if not exists seen as select current_setting('lock_timeout') as timeout";

      // WHEN
      await db.apply({ up: settings });
      const [inTransaction] = await db.query("select timeout from seen");
      const inPieces = "do $$ begin create table pieces as select current_setting('lock_timeout') as timeout; end $$";
      await db.apply({ transaction: false, up: inPieces }, { id: "s3" });
      const running = db.connect().then(async (blocker) => {
        await blocker.query("begin; insert into t values (1)");
        const building = applyStep(
          db.step({ transaction: false, up: "create index concurrently t_n on t (n)" }, { id: "s2" }),
          db.ledger,
          db.options(),
        );
        await db.until(/^waits for a lock/);
        await new Promise((done) => setTimeout(done, 6_000));
        await blocker.query("commit");
        return building;
      });

      // THEN
      expect(inTransaction).toEqual({ timeout: "5s" });
      expect(await db.query("select timeout from pieces")).toEqual([{ timeout: "0" }]);
      expect((await running).outcome).toBe("ran");
      expect(db.said.filter((text) => /tries again/.test(text))).toEqual([]);
    });

    it("may set a limit itself before a statement that stands alone", async () => {
      // GIVEN
      await db.query("create table t (n int)");

      // WHEN
      const up = "set lock_timeout = '2s'; -- not long\ncreate index concurrently t_n on t (n);";
      const applied = await db.apply({ transaction: false, up });

      // THEN
      expect(applied.outcome).toBe("ran");
    });

    it("ends at its timeout while it pauses", async () => {
      // GIVEN
      await db.query("create table busy (n int)");
      await (await db.connect()).query("begin; select * from busy");

      // WHEN
      const running = db.apply({ lockTimeout: 0.2, up: "alter table busy add column c int" }, { timeout: 1 });

      // THEN
      await expect(running).rejects.toMatchObject({ code: "StepTimedOut" });
    });
  });

  describe("that builds an index concurrently", () => {
    const INDEX = {
      transaction: false,
      up: `-- the docs' own\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "By Day" ON public . orders (day)`,
      down: `drop index concurrently if exists "By Day"`,
      verify: [{ query: `select indisvalid from pg_index where indexrelid = '"By Day"'::regclass`, expected: "t" }],
    };

    it("builds it again after a build that failed", async () => {
      // GIVEN
      await db.query("create table orders as select 1 as day from generate_series(1, 2)");
      await expect(db.apply(INDEX)).rejects.toThrow("is duplicated");
      await db.query("delete from orders where ctid = '(0,1)'");

      // WHEN
      const applied = await db.apply(INDEX);

      // THEN
      expect(applied.outcome).toBe("ran");
      expect(db.said.join("\n")).toContain(
        'drops the invalid index "public"."By Day", which an interrupted build left behind',
      );
    });

    it("builds it again after an interruption", async () => {
      // GIVEN
      await db.query("create table orders (day int)");
      const blocker = await db.connect();
      await blocker.query("begin; insert into orders values (1)");
      const interrupted = new AbortController();
      const running = applyStep(db.step(INDEX), db.ledger, db.options({ signal: interrupted.signal }));
      await db.until(/^waits for a lock/);
      interrupted.abort();
      await expect(running).rejects.toMatchObject({ code: "StepInterrupted" });
      await blocker.query("commit");

      // WHEN
      const applied = await db.apply(INDEX);

      // THEN
      expect(applied.record.status).toBe("applied");
    });

    it("gives way within its lockTimeout, drops what it began, and is tried again", async () => {
      // GIVEN
      await db.query("create table orders (day int)");
      const blocker = await db.connect();
      await blocker.query("begin; insert into orders values (1)");

      // WHEN
      const running = db.apply({ ...INDEX, lockTimeout: 0.5 });
      await db.until(/tries again/);
      await blocker.query("commit");

      // THEN
      expect((await running).record.status).toBe("applied");
      expect(db.said.join("\n")).toContain("drops the invalid index");
    });

    it("leaves alone what is valid, what is of another table, and what somebody else builds", async () => {
      // GIVEN
      await db.query("create table orders (day int); create table other (day int)");
      const blocker = await db.connect();
      await blocker.query("begin; insert into orders values (1)");
      const elsewhere = await db.connect();
      const building = elsewhere.query('create unique index concurrently "By Day" on orders (day)');
      for (let found: unknown[] = []; found.length === 0;) {
        found = await db.query("select 1 from pg_index where not indisvalid");
      }

      // WHEN
      const running = db.apply(INDEX);
      await db.until(/^waits for a lock/);
      await blocker.query("commit");
      await building;
      await running;

      // THEN
      expect(db.said.join("\n")).not.toContain("drops");
      expect(await db.query("select count(*)::int as n from pg_index where indrelid = 'orders'::regclass")).toEqual([
        { n: 1 },
      ]);
    });
  });
});
