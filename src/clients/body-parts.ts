export type Part = { bytes: Buffer; isLast: boolean };
/** A chunk is done with when the next one is asked for. */
export type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>;

/**
 * Sends the body in parts of one size, the last one shorter, or empty if all is; while one is on its way the next one is
 * collected. When this ends, by a failure too, none is on its way any more.
 */
export async function sendParts(body: Chunks, size: number, send: (part: Part) => Promise<unknown>): Promise<void> {
  let sending: Promise<unknown> = Promise.resolve();
  try {
    for await (const part of bodyParts(body, size)) {
      await sending;
      sending = send(part);
      // It is awaited below: until then its failure is not unhandled.
      sending.catch(() => {});
    }
  } catch (error) {
    await sending.catch(() => {});
    throw error;
  }
  await sending;
}

/**
 * Two buffers take turns, so that memory stays the same however long the body is: what was handed out is overwritten when the
 * next but one is asked for.
 */
export async function* bodyParts(body: Chunks, size: number): AsyncGenerator<Part> {
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.alloc(0)];
  let turn = 0;
  let length = 0;
  for await (const chunk of body) {
    for (let offset = 0; offset < chunk.length; ) {
      // A full part is handed out when more follows: so the last one is known.
      if (length === size) {
        yield { bytes: bufferOf(buffers, turn), isLast: false };
        turn = 1 - turn;
        if (bufferOf(buffers, turn).length === 0) buffers[turn] = Buffer.allocUnsafeSlow(size);
        length = 0;
      }
      const copied = chunk.copy(bufferOf(buffers, turn), length, offset);
      length += copied;
      offset += copied;
    }
  }
  yield { bytes: bufferOf(buffers, turn).subarray(0, length), isLast: true };
}

function bufferOf(buffers: readonly Buffer[], turn: number): Buffer {
  return buffers[turn] ?? Buffer.alloc(0);
}
