import postgres from 'postgres';
import { createDatabase } from '#db/client.ts';
import { countActivity } from '#src/referrals/count-activity.ts';
import { fillCredentials } from '../credentials.ts';
import { getRequest, runLoad } from '../load.ts';
import type { Measurement, Target } from '../measurements.ts';
import { fillReferrals, UNCOUNTED } from '../referrals.ts';

const WARM_UP_SECONDS = 2;
const DAY_MS = 86_400_000;

export const referralAnalytics: Target = {
  id: 'P15',
  title: 'GET /referrals/brand/analytics over 10,000,000 events of a year',
  target: '<= 200 ms',
  run: async (bench) => {
    const { databaseUrl, options } = bench;
    const [key] = (await fillCredentials(bench)).keys;
    if (!key) throw new Error('no API key was filled');
    await fillReferrals(databaseUrl, key.owner);
    const service = await bench.startService();
    const measure = async (query: Record<string, string>, seconds = options.seconds) => {
      const path = `/api/v1/referrals/brand/analytics?${new URLSearchParams(query)}`;
      const requests = [getRequest(path, key.headers)];
      return (await runLoad({ port: service.port, connections: 1, seconds, requests })).p50;
    };
    const compare = async (what: string, query: Record<string, string>): Promise<Measurement> => {
      await measure(query, WARM_UP_SECONDS);
      const ours: number[] = [];
      for (let round = 0; round < options.rounds; round += 1) ours.push(await measure(query));
      return { what, unit: 'ms', ours, goal: { of: 'figure', atMost: 200 } };
    };
    const year = { from: dayAgo(364), to: dayAgo(0) };
    const measurements = [
      await compare(`the year by day, ${UNCOUNTED} events not counted yet`, { ...year, interval: 'day' }),
      await count(databaseUrl),
      await compare('the year by day', { ...year, interval: 'day' }),
      await compare('the year by month, 100 referrers', { ...year, interval: 'month', limit: '100' }),
      await compare('all but its first and last day', { from: dayAgo(363), to: dayAgo(1) }),
      await compare('the last 30 days', {}),
    ];
    await service.stop();
    return measurements;
  },
};

const dayAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** How much the job counts in a second: it only informs. */
async function count(databaseUrl: string): Promise<Measurement> {
  const { db, close } = createDatabase({ url: databaseUrl, poolSize: 1 });
  const startedAt = performance.now();
  const counted = await countActivity({ db });
  const seconds = (performance.now() - startedAt) / 1000;
  await close();
  await vacuum(databaseUrl);
  return { what: 'events that the job counts', unit: '/s', ours: [counted / seconds] };
}

async function vacuum(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql`vacuum (analyze) referral_activity, referral_rollups, referral_revenue`;
  await sql.end();
}
