import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import postgres from 'postgres';
import { type Bench, baselineFile, type Server } from '../bench.ts';
import { fillCredentials } from '../credentials.ts';
import { alternate, type Measurement, type Target } from '../measurements.ts';
import { outputOf, residentMemory, startNode } from '../processes.ts';

const MIB = 1024 ** 2;
const BYTES = 1024 * MIB;
const WARM_UP_BYTES = 64 * MIB;
const ROUNDS = 3;
const BOUNDARY = 'bench-form';

export const upload: Target = {
  id: 'P7',
  title: 'upload of 1 GiB through the service',
  target: 'memory growth <= 32 MiB; >= 0.7 x the client of the store alone',
  run: async (bench) => {
    const disk = await bench.temporaryFolder();
    const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey, S3_BUCKET: bucket } = bench.s3;
    const s3 = { endpoint, accessKey, secretKey, bucket, region: 'us-east-1' };
    const none = { S3_ENDPOINT: '', S3_ACCESS_KEY: '', S3_SECRET_KEY: '', S3_BUCKET: '' };
    return [
      // Only outside production files may be on a disk.
      ...(await compare(bench, { what: 'on disk', env: { NODE_ENV: 'test', ...none, ...STRIPE }, alone: { disk } })),
      ...(await compare(bench, { what: 'on S3', env: {}, alone: { s3 } })),
    ];
  },
};

// Without them a sandbox would start.
const STRIPE = { STRIPE_API_URL: 'http://127.0.0.1:1' };

type Compared = { what: string; env: Record<string, string>; alone: object };

async function compare(bench: Bench, { what, env, alone }: Compared): Promise<Measurement[]> {
  const service = await bench.startService('api', env);
  const key = (await fillCredentials(bench)).keys[0];
  assert(key);
  await send(service, key.headers, WARM_UP_BYTES);
  await empty(bench);
  const growths: number[] = [];
  const { ours, baseline } = await alternate(Math.min(ROUNDS, bench.options.rounds), {
    ours: async () => {
      const { perSecond, growth } = await send(service, key.headers, BYTES);
      growths.push(growth);
      await empty(bench);
      return perSecond;
    },
    baseline: async () => {
      const settings = JSON.stringify({ bytes: BYTES, ...alone });
      return JSON.parse(await outputOf(startNode({ args: [baselineFile('store'), settings], stdout: 'pipe' })))
        .perSecond;
    },
  });
  await service.stop();
  return [
    { what: `${what}, MiB`, unit: '/s', ours, baseline, goal: { of: 'ratio', atLeast: 0.7 } },
    { what: `${what}, memory growth`, unit: 'MiB', ours: growths, goal: { of: 'figure', atMost: 32 } },
  ];
}

/** The same room for each round. */
async function empty({ databaseUrl }: Bench): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql`truncate files, storage_counters cascade`;
  await sql.end();
}

/** MiB a second until the answer is there, and by how much the service has grown meanwhile. */
async function send(service: Server, headers: Record<string, string>, bytes: number) {
  const field = (text: string) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${text}\r\n`;
  const head = Buffer.from(
    `${field('name="purpose"')}\r\ndocument\r\n${field('name="file"; filename="a.bin"')}Content-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  await setTimeout(1_000);
  const before = await residentMemory(service.pid);
  let peak = before;
  const watch = setInterval(async () => {
    peak = Math.max(peak, await residentMemory(service.pid).catch(() => 0));
  }, 50);
  const startedAt = performance.now();
  const sending = request({
    ...{ port: service.port, host: '127.0.0.1', path: '/api/v1/storage/upload', method: 'POST' },
    headers: {
      ...headers,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': head.length + bytes + tail.length,
    },
  });
  const answer = new Promise<number | undefined>((resolve, reject) => {
    sending.once('error', reject).once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  sending.write(head);
  const chunk = randomBytes(65_536);
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!sending.write(chunk)) await new Promise((resolve) => sending.once('drain', resolve));
  }
  sending.end(tail);
  assert.equal(await answer, 201);
  const perSecond = bytes / MIB / ((performance.now() - startedAt) / 1000);
  clearInterval(watch);
  return { perSecond, growth: peak - before };
}
