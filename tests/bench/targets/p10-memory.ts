import { setTimeout } from 'node:timers/promises';
import type { Server } from '../bench.ts';
import type { Target } from '../measurements.ts';
import { residentMemory } from '../processes.ts';
import { openPool, readPages, startPublicBaseline } from '../public-tenants.ts';

const SETTLE_MS = 5_000;
const STARTS = 3;

export const memory: Target = {
  id: 'P10',
  title: 'resident memory',
  target: '<= 1.3 x the bare process, idle',
  run: async (bench) => {
    const idle = { ours: [] as number[], baseline: [] as number[] };
    const loaded = { ours: [] as number[], baseline: [] as number[] };
    const withJobs = { ours: [] as number[], baseline: [] as number[] };
    for (let count = 0; count < STARTS; count += 1) {
      const servers = { ours: await bench.startService(), baseline: await startPublicBaseline(bench) };
      await record(idle, servers, openPool);
      await record(loaded, servers, (server) => readPages(server, bench.options.seconds));
      await servers.ours.stop();
      const both = { ours: await bench.startService('all'), baseline: servers.baseline };
      await record(withJobs, both, openPool);
      await Promise.all([both.ours.stop(), servers.baseline.stop()]);
    }
    return [
      { what: 'idle, its pool open', unit: 'MiB', ...idle, goal: { of: 'ratio', atMost: 1.3 } },
      { what: "after P1's load", unit: 'MiB', ...loaded },
      { what: 'idle, jobs in the same process', unit: 'MiB', ours: withJobs.ours, baseline: idle.baseline },
    ];
  },
};

type Sides<Value> = { ours: Value; baseline: Value };

async function record(figures: Sides<number[]>, servers: Sides<Server>, work: (server: Server) => Promise<unknown>) {
  await work(servers.ours);
  await work(servers.baseline);
  await setTimeout(SETTLE_MS);
  figures.ours.push(await residentMemory(servers.ours.pid));
  figures.baseline.push(await residentMemory(servers.baseline.pid));
}
