import { Agent } from 'undici';

/** The bare work of webhooks: the same bodies by the same client, as many at a time to each receiver, unsigned. */
const settings: { port: number; endpoints: number; atOnce: number; count: number; body: string } = JSON.parse(
  process.argv[2] ?? '{}',
);

const agent = new Agent({ connections: 64, allowH2: false });
const origin = `http://127.0.0.1:${settings.port}`;
const headers = { 'content-type': 'application/json', 'user-agent': 'bare' };

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
