import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

const DRAIN_MS = 10_000;

/** Of a request that is refused: whoever still sends can read the answer; after a while the connection ends. */
export function drainBody(raw: IncomingMessage): void {
  if (raw.complete || raw.destroyed) return;
  raw.unpipe();
  raw.resume();
  const timer = setTimeout(() => raw.destroy(), DRAIN_MS).unref();
  raw.once('close', () => clearTimeout(timer));
}

/*
 * Node hands out the body of a request in 64 KiB that it allocates each time, and only a collection of the whole heap frees
 * them: 30 for each GiB, half of what an upload costs. So what is done with is given back at once. Only of a real request:
 * what stands in for one in tests hands out what it was given.
 */

/** For who reads the body itself: called with each chunk that is done with. */
export function freeChunksOf(raw: Readable): (chunk: Buffer) => void {
  return (chunk) => {
    if (raw instanceof IncomingMessage && ownsMemory(chunk)) chunk.buffer.transfer(0);
  };
}

/** For who reads a `part` that is cut out of the flowing body: each chunk that is done with frees all memory before it. */
export function freeBefore(raw: Readable, part: Readable): (chunk: Buffer) => void {
  const held: ArrayBuffer[] = [];
  const hold = (chunk: Buffer) => {
    if (ownsMemory(chunk)) held.push(chunk.buffer);
  };
  if (raw instanceof IncomingMessage) {
    raw.on('data', hold);
    part.once('close', () => raw.off('data', hold));
  }
  return ({ buffer }) => {
    const at = held.indexOf(buffer as ArrayBuffer);
    for (const memory of held.splice(0, Math.max(at, 0))) memory.transfer(0);
  };
}

function ownsMemory(chunk: Buffer): chunk is Buffer<ArrayBuffer> {
  return chunk.buffer instanceof ArrayBuffer && chunk.buffer.byteLength === chunk.length;
}
