import { expect, it, vi } from 'vitest';
import { createWebhooks } from '#src/clients/webhooks.ts';
import { startHookReceiver } from '../support/webhooks.ts';

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];

it('a client that could not be loaded, when no file could be opened, is loaded with the next message', async () => {
  const receiver = await startHookReceiver();
  const client = createWebhooks({ allowLoopback: true, version: 'test', resolve: async () => [] });
  const message = { url: receiver.url, id: 'a', at: new Date(), body: Buffer.from('{"a":1}'), secrets };
  const send = () => client.send(message, new AbortController().signal);
  vi.doMock('undici', () => {
    throw new Error('EMFILE');
  });
  await expect(send()).rejects.toThrow();
  vi.doUnmock('undici');
  expect(await send()).toMatchObject({ statusCode: 200, error: null });
  await client.close();
});
