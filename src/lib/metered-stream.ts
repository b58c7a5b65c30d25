import { createHash } from 'node:crypto';
import { addAbortSignal, type Readable, Transform } from 'node:stream';

/** Enough to tell most types by. */
const HEAD_BYTES = 4_100;

export type Content = { size: number; sha256: string; head: Buffer };
export type Metered = {
  /** The same bytes, to be read by somebody. */
  stream: Readable;
  /** The first bytes, before the rest is read. */
  head: Promise<Buffer>;
  /** More than this fails the stream with the error. */
  limit: (maxBytes: number, error: () => Error) => void;
  /** What went through, once all of it has. */
  content: () => Content;
};
type Options = {
  /** What a source that breaks off means. */
  broken?: (cause: unknown) => Error;
  signal?: AbortSignal;
};

/** Counts and hashes a stream on its way. */
export function meterStream(source: Readable, { broken, signal }: Options = {}): Metered {
  const hash = createHash('sha256');
  const state = { size: 0, max: Number.POSITIVE_INFINITY, head: Buffer.alloc(0), tooMuch: () => new Error('too much') };
  const { promise: head, resolve, reject } = Promise.withResolvers<Buffer>();
  // Whoever waits for the head is told; if nobody does the stream's own error is enough.
  head.catch(() => {});
  let sha256: string | undefined;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      state.size += chunk.length;
      if (state.size > state.max) return done(state.tooMuch());
      hash.update(chunk);
      if (state.head.length < HEAD_BYTES) {
        state.head = Buffer.concat([state.head, chunk.subarray(0, HEAD_BYTES - state.head.length)]);
        if (state.head.length === HEAD_BYTES) resolve(state.head);
      }
      done(null, chunk);
    },
    flush(done) {
      resolve(state.head);
      done();
    },
  });
  if (signal) addAbortSignal(signal, meter);
  connect(source, meter, broken);
  meter.once('error', reject).once('close', () => reject(new Error('closed')));
  return {
    stream: meter,
    head,
    limit: (maxBytes, error) => Object.assign(state, { max: maxBytes, tooMuch: error }),
    content: () => {
      sha256 ??= hash.digest('hex');
      return { size: state.size, sha256, head: state.head };
    },
  };
}

/** As a pipeline does, but with an error of ours for a source that fails. */
function connect(source: Readable, meter: Transform, broken = (cause: unknown) => cause as Error): void {
  // Without a listener an error of the meter would be nobody's, and end the process.
  meter.on('error', () => {});
  // It may have failed before anybody listened.
  if (source.destroyed && !source.readableEnded) {
    meter.destroy(broken(source.errored));
    return;
  }
  source.once('error', (error) => meter.destroy(broken(error)));
  source.once('close', () => {
    if (!source.readableEnded) meter.destroy(broken(new Error('the stream was closed before its end')));
  });
  meter.once('close', () => source.destroy());
  source.pipe(meter);
}
