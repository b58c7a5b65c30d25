import assert from 'node:assert/strict';
import type { Bench, Server } from './bench.ts';
import { runLoad } from './load.ts';
import { alternate, type Measurement } from './measurements.ts';
import { processorTime } from './processes.ts';
import { CONNECTIONS } from './public-tenants.ts';

const WARM_UP_SECONDS = 3;

type Sides<Value> = { ours: Value; baseline: Value };
export type Reads = { what: string; servers: Sides<Server>; requests: Sides<readonly Buffer[]>; atLeast: number };

/** The same read of both sides under the same load: rate with its goal, latency, and processor time of the process. */
export async function compareReads(
  { options }: Pick<Bench, 'options'>,
  { what, servers, requests, atLeast }: Reads,
): Promise<Measurement[]> {
  const load = (side: keyof typeof servers, seconds: number) =>
    runLoad({ port: servers[side].port, connections: CONNECTIONS, seconds, requests: requests[side] });
  const measure = async (side: keyof typeof servers) => {
    const before = await processorTime(servers[side].pid);
    const { count, perSecond, p99 } = await load(side, options.seconds);
    const cpu = ((await processorTime(servers[side].pid)) - before) * (1_000_000 / count);
    return { perSecond, p99, cpu };
  };
  for (const side of ['ours', 'baseline'] as const) await load(side, WARM_UP_SECONDS);
  const { ours, baseline } = await alternate(options.rounds, {
    ours: () => measure('ours'),
    baseline: () => measure('baseline'),
  });
  const each = (name: 'perSecond' | 'p99' | 'cpu') => ({
    ours: ours.map((figures) => figures[name]),
    baseline: baseline.map((figures) => figures[name]),
  });
  return [
    { what, unit: '/s', ...each('perSecond'), goal: { of: 'ratio', atLeast } },
    { what: `${what}, processor time`, unit: 'µs', ...each('cpu') },
    { what: `${what}, 99th percentile`, unit: 'ms', ...each('p99') },
  ];
}

/** Both sides must do the same work: a baseline that answers less would flatter itself. */
export async function requireSameData(ours: Response, baseline: Response): Promise<void> {
  assert.deepEqual([ours.status, baseline.status], [200, 200]);
  const [a, b] = (await Promise.all([ours.json(), baseline.json()])) as { data: unknown }[];
  assert.deepEqual(a?.data, b?.data);
}
