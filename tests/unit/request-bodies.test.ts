import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { freeBefore, freeChunksOf } from '#src/lib/request-bodies.ts';

const BODY = randomBytes(3_000_000);
const SHA256 = createHash('sha256').update(BODY).digest('hex');

type Read = { sha256: string; chunks: number; freed: number };

/** What a real request leaves behind when it is read so. */
async function receive(read: (request: IncomingMessage) => Promise<Read>): Promise<Read> {
  const { promise, resolve, reject } = Promise.withResolvers<Read>();
  const server = createServer((request, response) => {
    read(request)
      .then(resolve, reject)
      .finally(() => response.end());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: BODY });
  server.close();
  return promise;
}

async function readAll(chunks: Readable, onDone: (chunk: Buffer) => void): Promise<Read> {
  const hash = createHash('sha256');
  const seen: Buffer[] = [];
  for await (const chunk of chunks) {
    hash.update(chunk);
    seen.push(chunk);
    onDone(chunk);
  }
  return { sha256: hash.digest('hex'), chunks: seen.length, freed: seen.filter(({ length }) => length === 0).length };
}

it('gives the memory of a body back as it is read, and not before', async () => {
  const { sha256, chunks, freed } = await receive((request) => readAll(request, freeChunksOf(request)));
  expect(sha256).toBe(SHA256);
  expect(freed).toBeGreaterThan(chunks / 2);
});

it('gives the memory before each piece back that is cut out of a body', async () => {
  const { sha256, chunks, freed } = await receive((request) => {
    const part = new PassThrough();
    request.pipe(part);
    return readAll(part, freeBefore(request, part));
  });
  expect(sha256).toBe(SHA256);
  expect(freed).toBeGreaterThan(0);
  expect(freed).toBeLessThan(chunks);
});

it('leaves alone what is not the body of a request', async () => {
  const chunk = Buffer.from(new ArrayBuffer(70_000));
  const source = Readable.from([chunk]);
  expect((await readAll(source, freeChunksOf(source))).freed).toBe(0);
  expect(chunk.length).toBe(70_000);
});
