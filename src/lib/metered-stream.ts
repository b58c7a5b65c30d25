import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

/** Enough to tell most types by. */
const HEAD_BYTES = 4_100;

export type Content = { size: number; sha256: string; head: Buffer };
export type Metered = {
  /** The same bytes, once. A chunk is done with when the next one is asked for. */
  bytes: AsyncIterable<Buffer>;
  /** The first bytes, before the rest is read. */
  head: () => Promise<Buffer>;
  /** More than this fails the bytes with the error. */
  limit: (maxBytes: number, error: () => Error) => void;
  /** What went through, once all of it has. */
  content: () => Content;
};
type Options = {
  /** What a source that breaks off means. */
  broken?: (cause: unknown) => Error;
  /** Hears of each chunk that is done with. */
  onDone?: ((chunk: Buffer) => void) | undefined;
};

/** Counts and hashes a stream on its way. Ending the source, where all of it is not wanted, is up to who has it. */
export function meterStream(source: Readable, { broken, onDone }: Options = {}): Metered {
  const { add, ...meter } = createMeter();
  const { next, leave } = readFrom(source, { broken, add });
  const ahead: Buffer[] = [];
  return {
    ...meter,
    bytes: (async function* () {
      try {
        for (;;) {
          const chunk = ahead.shift() ?? (await next());
          if (!chunk) return;
          yield chunk;
          onDone?.(chunk);
        }
      } finally {
        await leave();
      }
    })(),
    head: async () => {
      while (meter.content().head.length < HEAD_BYTES) {
        const chunk = await next();
        if (!chunk) break;
        ahead.push(chunk);
      }
      return meter.content().head;
    },
  };
}

function createMeter(): Pick<Metered, 'limit' | 'content'> & { add: (chunk: Buffer) => void } {
  const hash = createHash('sha256');
  const state = { size: 0, max: Number.POSITIVE_INFINITY, head: Buffer.alloc(0), tooMuch: () => new Error('too much') };
  return {
    add: (chunk) => {
      state.size += chunk.length;
      if (state.size > state.max) throw state.tooMuch();
      hash.update(chunk);
      if (state.head.length === HEAD_BYTES) return;
      state.head = Buffer.concat([state.head, chunk.subarray(0, HEAD_BYTES - state.head.length)]);
    },
    limit: (maxBytes, error) => Object.assign(state, { max: maxBytes, tooMuch: error }),
    content: () => ({ size: state.size, head: state.head, sha256: hash.copy().digest('hex') }),
  };
}

type Reading = { broken: Options['broken']; add: (chunk: Buffer) => void };

function readFrom(source: Readable, { broken, add }: Reading) {
  // It may fail while nobody reads: whoever reads next is told.
  source.on('error', () => {});
  const chunks = source.iterator({ destroyOnReturn: false });
  let failure: unknown;
  return {
    next: async (): Promise<Buffer | null> => {
      // An iterator that has failed looks like one that has ended.
      if (failure) throw failure;
      try {
        const { value, done } = await chunks.next().catch((cause) => Promise.reject(broken?.(cause) ?? cause));
        if (done) return null;
        add(value);
        return value;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    /** It flows again for whoever drains it. */
    leave: () => chunks.return?.(),
  };
}
