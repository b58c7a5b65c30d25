import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, vi } from 'vitest';
import { recordEvent } from '#src/events/record-event.ts';
import { newId } from '#src/lib/ids.ts';
import { runWebhooks } from '#src/webhooks/run-webhooks.ts';
import { afterFile } from './after-file.ts';
import { madeUp } from './event-checker.ts';
import type { Brand } from './people.ts';
import type { TestApp } from './test-app.ts';

export type Message = { id: string; headers: IncomingHttpHeaders; body: any; text: string; at: number };
export type Answering = (response: ServerResponse, message: Message) => void;
export type Receiver = Awaited<ReturnType<typeof startHookReceiver>>;

/** A receiver on loopback: it keeps what comes, and answers as the test says. */
export async function startHookReceiver(answering: Answering = (response) => void response.end('thanks')) {
  const messages: Message[] = [];
  const state = { answering };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { headers } = request;
    const message = { id: String(headers['webhook-id']), headers, text, body: JSON.parse(text), at: Date.now() };
    messages.push(message);
    response.on('error', () => {});
    state.answering(response, message);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterFile(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook?token=in-the-query`,
    port,
    messages,
    answer: (next: Answering) => {
      state.answering = next;
    },
    /** Waits until so many have come. */
    until: (count: number, timeout = 10_000) =>
      vi.waitFor(() => expect(messages.length).toBeGreaterThanOrEqual(count), { timeout, interval: 20 }),
  };
}

export const answerStatus =
  (status: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    void response.writeHead(status, headers).end(`status ${status}`);

/** The sender, as a worker runs it, until the file is done. */
export function startSender(test: TestApp): void {
  const running = runWebhooks(test.deps);
  afterFile(() => running.stop(1_000));
}

export type Endpoint = { id: string; secret: string; brand: Brand };

export async function createEndpoint(test: TestApp, brand: Brand, body: object): Promise<Endpoint> {
  const call = { token: brand.owner.token, body: { events: ['*'], ...body } };
  const made = await test.call('POST', 'webhooks/endpoints', call);
  expect(made.status, made.text).toBe(201);
  return { id: made.body.data.endpoint.id, secret: made.body.data.secret, brand };
}

/** Something that happens in the brand, of which the body is made up. */
export async function happen(test: TestApp, { tenantId }: Pick<Brand, 'tenantId'>, more: object = {}): Promise<string> {
  const id = newId();
  const usual = { type: 'product.created' as const, objectId: id, data: { id, name: 'Beans' } };
  const event = { tenantId, ...usual, now: new Date(), ...more };
  madeUp.add(event.objectId);
  await recordEvent(test.deps.db, event);
  return event.objectId;
}

/** What the library of Standard Webhooks makes of it; throws when no signature is right. */
export const verified = ({ text, headers }: Message, secret: string) =>
  new Webhook(secret).verify(text, headers as Record<string, string>) as any;

export async function deliveriesOf(test: TestApp, { id, brand }: Endpoint, query = ''): Promise<any[]> {
  const listed = await test.call('GET', `webhooks/endpoints/${id}/deliveries${query}`, { token: brand.owner.token });
  expect(listed.status, listed.text).toBe(200);
  return listed.body.data;
}

/** The newest delivery, once it has had so many attempts. */
export function attempted(test: TestApp, endpoint: Endpoint, count = 1, timeout = 10_000): Promise<any> {
  return vi.waitFor(
    async () => {
      const [delivery] = await deliveriesOf(test, endpoint);
      expect(delivery?.attempts.length).toBeGreaterThanOrEqual(count);
      return delivery;
    },
    { timeout, interval: 50 },
  );
}
