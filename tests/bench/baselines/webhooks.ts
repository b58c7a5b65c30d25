import { Agent } from 'undici';

/*
 * The bare work of webhooks: the same bodies with the same headers by the same client, from one process to the same
 * receiver; nothing is read from a database, signed or noted. It is used as its manual shows, and with what makes it fast:
 * 64 connections that 400 messages share. With a connection for each of them, which is what keeps receivers apart that
 * share a host, it does two thirds of that.
 */
const settings: { port: number; endpoints: number; atOnce: number; count: number; body: string } = JSON.parse(
  process.argv[2] ?? '{}',
);

const agent = new Agent({ connections: 64, allowH2: false });
const origin = `http://127.0.0.1:${settings.port}`;
// As long as those of a message of ours, the same each time.
const headers = {
  'content-type': 'application/json',
  'user-agent': 'TTConnect/0.1.0',
  'webhook-id': '019ab3c4-7111-7b02-8c3d-4e5f60718293',
  'webhook-timestamp': '1764000000',
  'webhook-signature': `v1,${'x'.repeat(43)}=`,
};

async function send(endpoint: number): Promise<void> {
  const { body } = settings;
  const answer = await agent.request({ origin, path: `/${endpoint}`, method: 'POST', headers, body });
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
  await answer.body.dump();
}

async function sendAll(count: number): Promise<number> {
  const startedAt = performance.now();
  const each = Math.ceil(count / settings.endpoints);
  const workers = Array.from({ length: settings.endpoints }, (_, endpoint) => {
    let left = each;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        await send(endpoint);
      }
    };
    return Promise.all(Array.from({ length: settings.atOnce }, worker));
  });
  await Promise.all(workers);
  return (each * settings.endpoints * 1000) / (performance.now() - startedAt);
}

await sendAll(Math.ceil(settings.count / 4));
const perSecond = await sendAll(settings.count);
await agent.close();
process.stdout.write(JSON.stringify({ perSecond }));
