import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MILLISECONDS = 100;
const BLOCK_BYTES = 64 * 1024;

/**
 * The lines of a file that somebody else is writing, as they come, until that one has ended and everything is read.
 *
 * @param ended settles when nothing more will be written
 */
export async function* followFile(file: string, ended: Promise<unknown>): AsyncGenerator<string> {
  let isOver = false;
  const over = ended.then(
    () => void (isOver = true),
    () => void (isOver = true),
  );
  const decoder = new StringDecoder("utf8");
  const block = Buffer.alloc(BLOCK_BYTES);
  const handle = await open(file, "r");
  let rest = "";
  try {
    for (;;) {
      // Asked before reading: what is written between a last look and the end must not be lost.
      const wasOver = isOver;
      const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
      if (bytesRead === 0) {
        if (wasOver) break;
        await Promise.race([over, sleep(POLL_MILLISECONDS)]);
        continue;
      }
      const lines = (rest + decoder.write(block.subarray(0, bytesRead))).split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    await handle.close();
  }
}
