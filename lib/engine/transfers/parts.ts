/** Cuts a content into pieces of one size; the last one may be shorter, and an empty content gives none. */
export async function* inParts(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let held = 0;
  for await (const chunk of content) {
    let rest = chunk;
    while (held + rest.length >= size) {
      const end = size - held;
      yield Buffer.concat([...chunks, rest.subarray(0, end)]);
      rest = rest.subarray(end);
      chunks = [];
      held = 0;
    }
    if (rest.length > 0) chunks.push(rest);
    held += rest.length;
  }
  if (held > 0) yield Buffer.concat(chunks);
}

/** A content that fits into memory. */
export async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
