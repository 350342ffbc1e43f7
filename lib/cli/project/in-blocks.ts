const BLOCK_CHARACTERS = 256 * 1024;

/** Puts small pieces of text together, so that not each of them is written on its own. */
export function* inBlocks(pieces: Iterable<string>): Generator<Buffer> {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield Buffer.from(block);
    block = "";
  }
  if (block !== "") yield Buffer.from(block);
}
