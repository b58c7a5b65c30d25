import type { Readable } from 'node:stream';

const READ_BYTES = 65_536;
const KEPT_BYTES = 1_024;

type Word = 'timeout' | 'connection' | 'dns' | 'tls' | 'address_refused' | 'response';

/** A failure that we have a word for. */
export class WebhookFailure extends Error {
  readonly word: Word | 'stopped';

  constructor(word: Word | 'stopped') {
    super(word);
    this.word = word;
  }
}

/** Reads at most 64 KiB of the answer, lets the rest go, and keeps the first KiB as text. */
export async function readAnswer(body: Readable): Promise<string> {
  const kept: Buffer[] = [];
  let [read, keeping] = [0, 0];
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (keeping < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - keeping));
    keeping = Math.min(KEPT_BYTES, keeping + chunk.length);
    read += chunk.length;
    // Leaving the loop ends the connection.
    if (read >= READ_BYTES) break;
  }
  return storable(Buffer.concat(kept).toString('utf8'));
}

// The database takes no NUL.
function storable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd');
}

/** One word for the brand: what the connection said stays with us. */
export function wordFor(error: unknown): Word {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof WebhookFailure && one.word !== 'stopped') return one.word;
    const { name, code = '' } = one as NodeJS.ErrnoException;
    if (name === 'HTTPParserError') return 'response';
    if (/^(ENOTFOUND|EAI_)/.test(code)) return 'dns';
    if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
    if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return 'tls';
    if (/^UND_ERR_(HEADERS_OVERFLOW|RES)/.test(code)) return 'response';
  }
  return 'connection';
}
