import type { Server } from '../bench.ts';
import { alternate, type Target } from '../measurements.ts';
import { processorTime } from '../processes.ts';
import { CONNECTIONS, readPages, requireSameAnswer, startPublicBaseline } from '../public-tenants.ts';

const WARM_UP_SECONDS = 3;

export const publicTenant: Target = {
  id: 'P1',
  title: 'GET /tenants/public/:subdomain',
  target: '>= 0.9 x the bare read',
  run: async (bench) => {
    const { rounds, seconds } = bench.options;
    const service = await bench.startService();
    const bare = await startPublicBaseline(bench);
    await requireSameAnswer(service, bare);
    for (const server of [service, bare]) await readPages(server, WARM_UP_SECONDS);
    const { ours, baseline } = await alternate(rounds, {
      ours: () => measure(service, seconds),
      baseline: () => measure(bare, seconds),
    });
    await Promise.all([service.stop(), bare.stop()]);
    const each = (name: 'perSecond' | 'cpu' | 'p99') => ({
      ours: ours.map((figures) => figures[name]),
      baseline: baseline.map((figures) => figures[name]),
    });
    return [
      { what: `${CONNECTIONS} connections`, unit: '/s', ...each('perSecond'), goal: { of: 'ratio', atLeast: 0.9 } },
      { what: 'processor time a request', unit: 'µs', ...each('cpu') },
      { what: '99th percentile', unit: 'ms', ...each('p99') },
    ];
  },
};

// Throughput depends on what else the machine does; the processor time of the process hardly does.
async function measure(server: Server, seconds: number) {
  const before = await processorTime(server.pid);
  const { count, perSecond, p99 } = await readPages(server, seconds);
  const cpu = ((await processorTime(server.pid)) - before) * (1_000_000 / count);
  return { perSecond, p99, cpu };
}
