import { connect, type Socket } from 'node:net';

export type Load = { port: number; connections: number; seconds: number; requests: readonly Buffer[] };
export type LoadResult = { count: number; perSecond: number; p50: number; p99: number };

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * A closed loop over keep-alive connections that rotates through prepared requests; anything but 200 or 201 is an error.
 * Our own, because on two cores a client that parses each header in JavaScript is slower than the server, and would
 * charge the service's extra headers twice.
 */
export async function runLoad({ port, connections, seconds, requests }: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const deadline = performance.now() + seconds * 1000;
  let next = Math.floor(Math.random() * requests.length);
  const take = (): Buffer | null => {
    if (performance.now() >= deadline) return null;
    next = (next + 1) % requests.length;
    return requests[next] ?? null;
  };
  await Promise.all(
    Array.from({ length: connections }, () => runConnection({ port, take, record: (ms) => latencies.push(ms) })),
  );
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, perSecond: sorted.length / seconds, p50: at(0.5), p99: at(0.99) };
}

/** Sends each request once over as many connections; how many seconds that took. */
export async function runAll({ port, connections, requests }: Omit<Load, 'seconds'>): Promise<number> {
  const left = [...requests];
  const startedAt = performance.now();
  const take = () => left.pop() ?? null;
  await Promise.all(Array.from({ length: connections }, () => runConnection({ port, take, record: () => {} })));
  return (performance.now() - startedAt) / 1000;
}

type Connection = { port: number; take: () => Buffer | null; record: (ms: number) => void };

function runConnection({ port, take, record }: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let pending: Buffer | null = null;
    const send = () => {
      const request = take();
      if (request === null) return void socket.end(resolve);
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      const answer = pending ? Buffer.concat([pending, chunk]) : chunk;
      pending = answer;
      const length = answerLength(answer);
      if (length === null || answer.length < length) return;
      pending = null;
      if (!OK.has(answer.toString('latin1', 9, 12))) return fail(socket, reject, firstLines(answer));
      record(performance.now() - sentAt);
      send();
    });
    socket.on('error', (error) => fail(socket, reject, error.message));
    socket.on('close', () => reject(new Error('the server closed a connection under load')));
  });
}

const OK = new Set(['200', '201']);

function fail(socket: Socket, reject: (reason: Error) => void, reason: string): void {
  socket.destroy();
  reject(new Error(`an answer under load was neither 200 nor 201: ${reason}`));
}

function firstLines(answer: Buffer): string {
  return answer.toString('latin1').slice(0, 2000);
}

/** The bytes of the whole answer once its head is there. Every answer under load has a Content-Length. */
function answerLength(answer: Buffer): number | null {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd === -1) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.toString('latin1', 0, headEnd))?.[1];
  if (length === undefined) throw new Error('an answer under load has no Content-Length');
  return headEnd + HEAD_END.length + Number(length);
}

type Headers = Record<string, string>;

export function getRequest(path: string, headers: Headers = {}): Buffer {
  return Buffer.from([`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines(headers), '', ''].join('\r\n'));
}

export function postRequest(path: string, body: object, headers: Headers = {}): Buffer {
  return rawRequest(path, JSON.stringify(body), headers);
}

/** A body whose bytes matter. */
export function rawRequest(path: string, json: string, headers: Headers = {}): Buffer {
  const head = ['Host: 127.0.0.1', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(json)}`];
  return Buffer.from([`POST ${path} HTTP/1.1`, ...head, ...lines(headers), '', json].join('\r\n'));
}

function lines(headers: Headers): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** In an order that neither the table nor its index has. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
