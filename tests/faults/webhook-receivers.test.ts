import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createWebhooks } from '#src/clients/webhooks.ts';
import { afterFile } from '../support/after-file.ts';
import { answerStatus, startHookReceiver } from '../support/webhooks.ts';

const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
const MIB = 1_048_576;
const TIMEOUT_MS = 1_500;
const resolve = async () => [];
const client = createWebhooks({ allowLoopback: true, version: 'test', resolve, timeoutMs: TIMEOUT_MS });
afterFile(() => client.close());

const send = (url: string) =>
  client.send(
    { url, id: 'a', at: new Date(), body: Buffer.from('{"a":1}'), secrets: SECRETS },
    new AbortController().signal,
  );

/** Whatever bytes it likes, to whoever connects. */
async function startRaw(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterFile(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

describe('a receiver that (28)', () => {
  it.each([
    [200, null],
    [204, null],
    [301, 'redirect'],
    [308, 'redirect'],
    [400, 'status'],
    [410, 'status'],
    [429, 'status'],
    [500, 'status'],
  ])('answers %i: %s', async (status, error) => {
    const receiver = await startHookReceiver(
      answerStatus(status, { 'retry-after': '7', location: 'http://127.0.0.1:1/' }),
    );
    expect(await send(receiver.url)).toMatchObject({ statusCode: status, error, retryAfter: '7' });
    expect(receiver.messages).toHaveLength(1);
  });

  it('never answers: a time-out', async () => {
    const receiver = await startHookReceiver(() => {});
    expect(await send(receiver.url)).toMatchObject({ statusCode: null, error: 'timeout' });
  });

  it('answers one byte at a time without end: a time-out', async () => {
    const receiver = await startHookReceiver((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await send(receiver.url)).toMatchObject({ statusCode: null, error: 'timeout' });
  });

  it('sends its head one byte at a time: a time-out', async () => {
    const url = await startRaw((socket) => {
      const timer = setInterval(() => socket.write('H'), 100);
      socket.on('close', () => clearInterval(timer));
    });
    expect((await send(url)).error).not.toBeNull();
  });

  it('resets the connection, or talks nonsense', async () => {
    expect(await send(await startRaw((socket) => void socket.resetAndDestroy()))).toMatchObject({
      error: 'connection',
    });
    const nonsense = await startRaw(
      (socket) => void socket.once('data', () => socket.write('I am no HTTP server\r\n\r\n')),
    );
    expect(await send(nonsense)).toMatchObject({ statusCode: null, error: 'response' });
    expect(await send('http://127.0.0.1:1/')).toMatchObject({ error: 'connection' });
  });

  it('answers with 10 MB, or without end: 64 KiB are read and 1 KiB kept, and memory stays flat', async () => {
    const block = Buffer.alloc(65_536, 'y');
    const large = await startHookReceiver((response) => void response.end(Buffer.alloc(10 * MIB, 'x')));
    let written = 0;
    const endless = await startHookReceiver((response) => {
      const more = () => {
        while (!response.destroyed && response.write(block)) written += block.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await send(large.url);
    global.gc?.();
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 20; n += 1) {
      expect(await send(large.url)).toMatchObject({ statusCode: 200, error: null, response: 'x'.repeat(1_024) });
      expect(await send(endless.url)).toMatchObject({ statusCode: 200, error: null, response: 'y'.repeat(1_024) });
    }
    // Twenty whole answers of 10 MB would be far more; what the receivers hold is in here too.
    expect((process.memoryUsage().rss - before) / MIB).toBeLessThan(150);
    expect(written / 20).toBeLessThan(20 * MIB);
  });

  it('answers with NUL and half a character: text that can be kept', async () => {
    const receiver = await startHookReceiver((response) => void response.end(Buffer.from([0x61, 0, 0xff, 0xc3])));
    const { response } = await send(receiver.url);
    expect(response).toBe('a\ufffd\ufffd\ufffd');
  });
});
