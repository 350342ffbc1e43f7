// Takes a lock over and over and writes when it is in and out. Told to die, it kills itself while it holds the lock.
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { FileLock } from "../../../lib/engine/ledgers/file-lock";

const [directory, log, fate] = process.argv.slice(2) as [string, string, string];

async function main(): Promise<void> {
  const lock = new FileLock(directory);
  for (let round = 0; round < 20; round++) {
    const release = await lock.acquire();
    appendFileSync(log, `${process.pid} in\n`);
    await sleep(Math.random() * 5);
    if (fate === "die" && round === 10) process.kill(process.pid, "SIGKILL");
    appendFileSync(log, `${process.pid} out\n`);
    release();
  }
}

void main();
