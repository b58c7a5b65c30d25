import type { Readable } from 'node:stream';

/** The least that S3 takes; at most 10,000 of an object are files of up to 50 GB. */
export const PART_BYTES = 5 * 1024 * 1024;

export type Part = { bytes: Buffer; isLast: boolean };

/**
 * The body in parts of one size, the last one shorter. Two buffers take turns, so that memory stays the same however long the
 * body is: what was handed out is overwritten when the next but one is asked for.
 */
export async function* s3Parts(body: Readable, size = PART_BYTES): AsyncGenerator<Part> {
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.alloc(0)];
  let turn = 0;
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
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
  if (length > 0) yield { bytes: bufferOf(buffers, turn).subarray(0, length), isLast: true };
}

function bufferOf(buffers: readonly Buffer[], turn: number): Buffer {
  return buffers[turn] ?? Buffer.alloc(0);
}
