import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import { RunnerHost, type RunOptions } from "../../../lib/engine/runner/runner-host";
import { stepDefinition, type StepDefinition, type StepRecord } from "../../../lib/manifest/step-record";
import { program } from "../../support/program";
import { repositoryRoot, scratchDirectory } from "../../support/repository";

const SCOPE = { system: "shop", environment: "staging" };
const RUNNER = [
  process.execPath,
  "--import",
  "tsx",
  join(repositoryRoot, "lib/provider/main.ts"),
  "run-steps",
] as const;
const TOKEN = "canary-4711-canary";

/** What a step waits for before it ends, unless its test says otherwise. */
const UNTIL_GO = 'touch "$W/$STERNA_STEP_ID.began"; until [ -e "$W/go" ]; do sleep 0.05; done; echo done';

describe("the process that runs the steps of a provider", () => {
  let directory: string;
  let host: RunnerHost;

  beforeEach(() => {
    directory = scratchDirectory("runner-host");
    // Not through this process's environment: Jest gives tests a copy of it.
    const variables = [`STERNA_LOGS=${join(directory, "logs")}`, `RUNNER_HOST_TOKEN=${TOKEN}`];
    host = new RunnerHost(["env", ...variables, ...RUNNER]);
  });
  afterEach(async () => {
    // Whatever still waits ends, and the process after it.
    go();
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const go = (): void => void mkdirSync(join(directory, "go"), { recursive: true });
  const began = (id: string): boolean => existsSync(join(directory, `${id}.began`));
  const ledger = (): FileLedger => new FileLedger(join(directory, "ledger"), SCOPE);
  const row = async (id: string): Promise<StepRecord> => (await ledger().get(id))!;

  const step = (id: string, up: string = UNTIL_GO, overrides: Partial<StepDefinition> = {}): StepDefinition =>
    stepDefinition.parse({
      ...SCOPE,
      ...{ id, release: "1.0.0", title: id, phase: "migrate", after: [], variables: { W: directory } },
      ...{ onRetry: "resume", onDestroy: "rollback" },
      program: program.parse({
        kind: "command",
        environment: { W: { variable: "W" } },
        up,
        down: "true",
        verify: [{ query: "echo yes", expected: "yes" }],
      }),
      ...overrides,
    });

  const run = (definition: StepDefinition, options?: RunOptions) =>
    host.run(
      {
        action: "apply",
        definition,
        ledger: { kind: "file", directory: join(directory, "ledger") },
        place: { ...SCOPE, directory },
      },
      options,
    );

  /** Starts a step, and collects what it says. */
  function start(definition: StepDefinition, signal?: AbortSignal) {
    const said: string[] = [];
    const ended = run(definition, { signal, onProgress: (message) => said.push(message) });
    // A test may look at the failure later.
    ended.catch(() => undefined);
    return { said, ended };
  }

  it("runs two steps at once, each with a marker of its own, and ends when it is told to", async () => {
    // GIVEN
    const parent = 'echo "parent $PPID"';
    const runs = ["a", "b"].map((id) => start(step(id, `${parent}; ${UNTIL_GO}`)));
    await until(() => began("a") && began("b"));
    const rows = [await row("a"), await row("b")];

    // WHEN
    go();
    const results = await Promise.all(runs.map(({ ended }) => ended));
    await host.close();

    // THEN
    const parents = runs.map(({ said }) => said.find((line) => line.startsWith("parent"))!);
    const markers = rows.map(({ worker }) => worker!.runner.pid);
    expect(new Set(parents).size).toBe(1);
    expect(new Set(markers).size).toBe(2);
    expect(results).toMatchObject([
      { applied: { outcome: "ran", record: { id: "a", status: "applied" } } },
      { applied: { outcome: "ran", record: { id: "b", status: "applied" } } },
    ]);
    const processes = [...markers, Number(parents[0]!.split(" ")[1])];
    await until(() => !processes.some(isAlive));
  });

  it("stops one step, and goes on with the other", async () => {
    // GIVEN
    const stop = new AbortController();
    const stopped = start(step("a"), stop.signal);
    const other = start(step("b"));
    await until(() => began("a") && began("b"));

    // WHEN
    stop.abort();

    // THEN
    await expect(stopped.ended).rejects.toMatchObject({ code: "StepInterrupted" });
    expect((await row("b")).status).toBe("running");
    go();
    expect(await other.ended).toMatchObject({ applied: { outcome: "ran" } });
    expect((await row("a")).status).toBe("failed");
  });

  it("ends one step at its timeout, and goes on with the other", async () => {
    // GIVEN
    const short = start(step("a", "sleep 30", { timeout: 1 }));
    const other = start(step("b"));

    // WHEN
    await expect(short.ended).rejects.toMatchObject({ code: "StepTimedOut" });
    go();

    // THEN
    expect(await other.ended).toMatchObject({ applied: { outcome: "ran" } });
  });

  it("when it is killed, fails all that ran, and the next step starts another one, which recovers them", async () => {
    // GIVEN
    const runs = ["a", "b"].map((id) => start(step(id, `echo "parent $PPID"; ${UNTIL_GO}`)));
    await until(() => began("a") && began("b") && runs.every(({ said }) => said.length > 0));
    const commands = [await row("a"), await row("b")].map(({ worker }) => worker!.command!.pid);

    // WHEN
    process.kill(Number(runs[0]!.said[0]!.split(" ")[1]), "SIGKILL");
    const failures = await Promise.allSettled(runs.map(({ ended }) => ended));
    const left = [await row("a"), await row("b")];
    go();
    const recovered = await Promise.all([run(step("a")), run(step("b"))]);

    // THEN
    for (const failure of failures) {
      expect(failure).toMatchObject({ status: "rejected", reason: { code: "StepInterrupted" } });
      expect((failure as PromiseRejectedResult).reason.message).toContain("ended with signal SIGKILL");
    }
    expect(left.map(({ status }) => status)).toEqual(["running", "running"]);
    expect(commands.some(isAlive)).toBe(false);
    expect(recovered).toMatchObject([
      { applied: { outcome: "ran", record: { attempt: 2 } } },
      { applied: { outcome: "ran", record: { attempt: 2 } } },
    ]);
  });

  it("a run that could not write its last row does not count as working while another one goes on", async () => {
    // GIVEN a step that takes its ledger away before it ends, and another one that goes on
    const other = start(step("other"));
    await until(() => began("other"));
    const place = join(directory, "ledger");
    const away = `mv "$W/ledger" "$W/away"; touch "$W/ledger"`;
    await expect(run(step("a", away))).rejects.toMatchObject({ code: "LedgerUnreachable" });
    unlinkSync(place);
    renameSync(join(directory, "away"), place);
    const left = await row("a");

    // WHEN another process applies the step
    const next = await applyStep(step("a", "true"), ledger(), { signal: AbortSignal.timeout(10_000) });

    // THEN
    expect(left.status).toBe("running");
    expect(next).toMatchObject({ outcome: "ran", record: { attempt: 2 } });
    expect((await row("other")).status).toBe("running");
    go();
    await other.ended;
  });

  it.each(["stop", "finish"] as const)(
    "stops the step whose marker is killed, with on_stop %s, and no other one",
    async (onStop) => {
      // GIVEN
      const runs = ["a", "b"].map((id) => start(step(id, UNTIL_GO, { onStop })));
      await until(() => began("a") && began("b"));

      // WHEN
      process.kill((await row("a")).worker!.runner.pid, "SIGTERM");

      // THEN
      await expect(runs[0]!.ended).rejects.toMatchObject({
        code: "StepInterrupted",
        message: expect.stringContaining("the process that marks its run was killed"),
      });
      go();
      expect(await runs[1]!.ended).toMatchObject({ applied: { outcome: "ran" } });
    },
  );

  it("keeps ten megabytes of output of one step apart from another one", async () => {
    // GIVEN
    const output = "head -c 10485760 /dev/zero | tr '\\0' x | fold -w 80; echo; echo end-of-loud; exit 3";
    const loud = start(step("loud", output));
    const quiet = start(step("quiet", "for n in 1 2 3; do echo quiet $n; sleep 0.2; done"));

    // WHEN
    const [failed, applied] = await Promise.allSettled([loud.ended, quiet.ended]);

    // THEN
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "StepFailed" } });
    expect((failed as PromiseRejectedResult).reason.message).toMatch(/exit status 3\n[^]*end-of-loud/);
    expect(applied).toMatchObject({ value: { applied: { outcome: "ran" } } });
    expect(quiet.said).toEqual(["quiet 1", "quiet 2", "quiet 3", "yes"]);
    expect(readFileSync(join(directory, "logs/quiet.log"), "utf8")).not.toContain("loud");
  });

  it("keeps the environment, the working directory and the umask of a step from the next one", async () => {
    // GIVEN
    const tell = 'echo "in $(pwd), umask $(umask), leak ${LEAK-none}, own ${OWN-none}"';
    const environment = { W: { variable: "W" }, OWN: "a" };
    const own = { ...step("a").program, environment, directory, up: `export LEAK=1; umask 077; ${tell}; cd /` };
    const first = start(step("a", "true", { program: own as StepDefinition["program"] }));
    await first.ended;
    const mask = process.umask().toString(8).padStart(4, "0");

    // WHEN
    const second = start(step("b", tell));
    await second.ended;

    // THEN
    expect(first.said[0]).toBe(`in ${directory}, umask 0077, leak 1, own a`);
    expect(second.said[0]).toBe(`in ${process.cwd()}, umask ${mask}, leak none, own none`);
  });

  it("is told nothing by its arguments, and masks the secrets of a step in what it says", async () => {
    // GIVEN
    const program = { ...step("a").program, environment: { TOKEN: { env: "RUNNER_HOST_TOKEN" } } };
    const up = `tr "\\0" " " < /proc/$PPID/cmdline; echo; echo "the token is $TOKEN"`;

    // WHEN
    const told = start(step("a", "true", { program: { ...program, up } as StepDefinition["program"] }));
    await told.ended;

    // THEN
    expect(told.said[0]!.trim()).toBe(RUNNER.join(" "));
    expect(told.said[1]).toMatch(/^the token is /);
    expect(told.said[1]).not.toContain(TOKEN);
  });

  it("that cannot be started is an error of the step", async () => {
    // GIVEN
    const missing = new RunnerHost([join(directory, "no-such-program")]);
    const broken = new RunnerHost([process.execPath, "-e", "console.error('broken'); process.exit(3)"]);
    const request = {
      action: "apply",
      definition: step("a"),
      ledger: { kind: "file", directory: join(directory, "ledger") },
      place: { ...SCOPE, directory },
    } as const;

    // WHEN
    const failures = await Promise.allSettled([missing.run(request), broken.run(request)]);

    // THEN
    expect(failures).toMatchObject([
      { reason: { code: "StepInterrupted", message: expect.stringContaining("no-such-program ENOENT") } },
      { reason: { code: "StepInterrupted", message: expect.stringMatching(/exit status 3[^]*broken/) } },
    ]);
    await Promise.all([missing.close(), broken.close()]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean, seconds = 30): Promise<void> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(50)) {
    if (condition()) return;
  }
  throw new Error("the awaited condition never came true");
}
