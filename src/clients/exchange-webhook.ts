import type { Dispatcher } from 'undici';

const READ_BYTES = 65_536;
const KEPT_BYTES = 1_024;

type Word = 'timeout' | 'connection' | 'dns' | 'tls' | 'address_refused' | 'response';

/** A failure that we have a word for. */
export class WebhookFailure extends Error {
  readonly word: Word;

  constructor(word: Word) {
    super(word);
    this.word = word;
  }
}

export type WebhookAnswer = {
  statusCode: number | null;
  error: Word | 'status' | 'redirect' | null;
  retryAfter: string | null;
  response: string | null;
};
type Exchange = { request: Dispatcher.DispatchOptions; signal: AbortSignal; timeoutMs: number };

/**
 * Sends a request and reads the answer, at most 64 KiB, of which the first KiB is kept. By the dispatcher's own callbacks: a
 * stream for each answer costs more than all the rest. Rejects only when it is stopped.
 */
export function exchange(agent: Dispatcher, { request, signal, timeoutMs }: Exchange): Promise<WebhookAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let isOver = false;
    const reading: Reading = { statusCode: 0, retryAfter: null, read: 0, kept: [] };
    const cutOff = () => controller?.abort(new WebhookFailure('timeout'));
    // The first call counts: a promise is settled once.
    const settle = (answer: WebhookAnswer) => {
      isOver = true;
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => {
      settle(failed('timeout'));
      cutOff();
    }, timeoutMs);
    agent.dispatch(request, {
      onRequestStart: (started) => {
        controller = started;
        if (isOver) cutOff();
      },
      onResponseStart: (_controller, status, headers) => begin(reading, status, headers['retry-after']),
      onResponseData: (_controller, chunk) => {
        if (!isEnough(reading, chunk)) return;
        settle(answerOf(reading));
        cutOff();
      },
      onResponseEnd: () => settle(answerOf(reading)),
      onResponseError: (_controller, error) => {
        // Stopped: nobody knows what the receiver made of it.
        if (signal.aborted) reject(error);
        settle(failed(wordFor(error)));
      },
    });
  });
}

type Reading = { statusCode: number; retryAfter: string | null; read: number; kept: Buffer[] };

function begin(reading: Reading, statusCode: number, retryAfter: string | string[] | undefined): void {
  reading.statusCode = statusCode;
  reading.retryAfter = typeof retryAfter === 'string' ? retryAfter : null;
}

function isEnough(reading: Reading, chunk: Buffer): boolean {
  if (reading.read < KEPT_BYTES) reading.kept.push(chunk.subarray(0, KEPT_BYTES - reading.read));
  reading.read += chunk.length;
  return reading.read >= READ_BYTES;
}

function answerOf({ statusCode, retryAfter, kept }: Reading): WebhookAnswer {
  return { statusCode, error: faultOf(statusCode), retryAfter, response: textOf(kept) };
}

export function failed(error: WebhookAnswer['error']): WebhookAnswer {
  return { statusCode: null, error, retryAfter: null, response: null };
}

function faultOf(statusCode: number): 'status' | 'redirect' | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  return statusCode >= 300 && statusCode < 400 ? 'redirect' : 'status';
}

// The database takes no NUL.
function textOf(chunks: Buffer[]): string {
  const text = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  return String(text).replaceAll('\u0000', '\ufffd');
}

/** One word for the brand: what the connection said stays with us. */
export function wordFor(error: unknown): Word {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof WebhookFailure) return one.word;
    const { name, code = '' } = one as NodeJS.ErrnoException;
    if (name === 'HTTPParserError') return 'response';
    if (/^(ENOTFOUND|EAI_)/.test(code)) return 'dns';
    if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
    if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return 'tls';
    if (/^UND_ERR_(HEADERS_OVERFLOW|RES)/.test(code)) return 'response';
  }
  return 'connection';
}
