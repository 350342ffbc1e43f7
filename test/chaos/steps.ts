import type { Random } from "../fixtures/app-ef/random";
import type { StepInput } from "../support/step-configuration";

/** Variable of the process environment that holds the URL of a round's database. */
export const DATABASE_URL = "CHAOS_DATABASE_URL";

export interface ChaosStep extends StepInput {
  readonly kind: "sql" | "command";
}

/** One step in so many outlasts the start of the next Terraform: what a killed one left behind is still at work then. */
const SLOW_ONE_IN = 4;

/**
 * A step that takes 50 to 600 ms, or 2 to 5 s, leaves a trace of each run, and betrays a second run at the same time.
 *
 * @param earlier the steps before it; it comes after up to two of them, so that branches run in parallel
 */
export function randomStep(
  index: number,
  earlier: readonly ChaosStep[],
  worldDirectory: string,
  random: Random,
): ChaosStep {
  const kind = random.pick(["sql", "command"] as const);
  const after = random
    .shuffle(earlier.slice(-4))
    .slice(0, random.below(3))
    .map((step) => step.id);
  const id = `s${index}`;
  const slow = random.below(SLOW_ONE_IN) === 0;
  const seconds = (slow ? 2000 + random.below(3001) : 50 + random.below(551)) / 1000;
  return kind === "sql" ? sqlStep(id, after, seconds) : commandStep(id, after, seconds, worldDirectory);
}

/** A command of 2 to 5 s that waits for no other step. */
export function slowCommand(index: number, worldDirectory: string, random: Random): ChaosStep {
  return commandStep(`s${index}`, [], (2000 + random.below(3001)) / 1000, worldDirectory);
}

/** A lock of the transaction would be free again after a rollback; a sequence keeps what it counted. */
function sqlAlone(id: string): string {
  return `select case when pg_try_advisory_xact_lock(hashtextextended('chaos:${id}', 0)) then 0 else nextval('parallel_runs') end;`;
}

function sqlStep(id: string, after: string[], seconds: number): ChaosStep {
  return {
    id,
    kind: "sql",
    after,
    program: {
      kind: "sql",
      database: { env: DATABASE_URL },
      up: `${sqlAlone(id)} insert into effects values ('${id}', gen_random_uuid()); select pg_sleep(${seconds})`,
      down: `${sqlAlone(id)}
        select 1 / (1 - count(*)) from failing_downs where step = '${id}';
        delete from effects where step = '${id}'; insert into undone values ('${id}', gen_random_uuid());
        select pg_sleep(${seconds / 2})`,
      // Not "= 1": a doubled effect must be found by the suite, not be rolled back by the step.
      verify: [{ query: `select count(*) > 0 from effects where step = '${id}'`, expected: "t" }],
    },
  };
}

function commandStep(id: string, after: string[], seconds: number, worldDirectory: string): ChaosStep {
  const script = (direction: "UP" | "DOWN", work: string): string => `
# Every process of this run inherits the descriptor: the kernel frees the lock when the last of them has ended.
exec 9>>"$WORLD/${id}.lock"
flock --nonblock 9 || echo "PARALLEL ${id} ${direction} $$ 0" >> "$WORLD/log"
# The real time, also while the clock is made to jump.
say() { echo "$1 ${id} ${direction} $$ $(LD_PRELOAD= date +%s%N)" >> "$WORLD/log"; }
say BEGIN
${work}
say END
`;
  return {
    id,
    kind: "command",
    after,
    variables: { WORLD: worldDirectory },
    program: {
      kind: "command",
      environment: { WORLD: { variable: "WORLD" } },
      // The work is done by a child that keeps no output open, as most real commands are.
      up: script("UP", `sleep ${seconds} > /dev/null 2>&1\ntouch "$WORLD/${id}.done"`),
      down: script(
        "DOWN",
        `if [ -e "$WORLD/${id}.fails" ]; then rm "$WORLD/${id}.fails"; exit 3; fi\nsleep ${seconds / 2} > /dev/null 2>&1\nrm -f "$WORLD/${id}.done"`,
      ),
      verify: [{ query: `test -e "$WORLD/${id}.done" && echo yes`, expected: "yes" }],
    },
  };
}
