import { type Bench, baselineFile, POOL_SIZE, type Server } from '../bench.ts';
import { fillCredentials } from '../credentials.ts';
import { fillCustomers } from '../customers.ts';
import { runAll } from '../load.ts';
import { alternate, type Target } from '../measurements.ts';
import { fillPayments, signedRequest } from '../payments.ts';
import { outputOf, startNode } from '../processes.ts';

// Stripe delivers in parallel; more than the pool has, so that none of its connections waits for work.
const CONNECTIONS = POOL_SIZE * 2;
const EVENTS_A_SECOND = 400;

export const stripeIntake: Target = {
  id: 'P6',
  title: 'Stripe webhook intake: verify, store, apply',
  target: '>= 0.5 x the same statements by a bare loop',
  run: async (bench) => {
    await fillCredentials(bench);
    await fillCustomers(bench.databaseUrl);
    const service = await bench.startService();
    const count = Math.max(500, bench.options.seconds * EVENTS_A_SECOND);
    await receive(bench, service, { set: 'warm', count });
    let round = 0;
    const figures = await alternate(bench.options.rounds, {
      ours: () => receive(bench, service, { set: `ours${round++}x`, count }),
      baseline: () => bareIntake(bench, { set: `bare${round++}x`, count }),
    });
    await service.stop();
    return [{ what: 'payment_intent.succeeded', unit: '/s', ...figures, goal: { of: 'ratio', atLeast: 0.5 } }];
  },
};

type Lot = { set: string; count: number };

async function receive({ databaseUrl }: Bench, { port }: Server, lot: Lot): Promise<number> {
  const requests = (await fillPayments(databaseUrl, lot)).map(signedRequest);
  const seconds = await runAll({ port, connections: CONNECTIONS, requests });
  return lot.count / seconds;
}

async function bareIntake({ databaseUrl }: Bench, lot: Lot): Promise<number> {
  const settings = JSON.stringify({ databaseUrl, poolSize: POOL_SIZE, ...lot });
  const running = startNode({ args: [baselineFile('stripe-intake'), settings], stdout: 'pipe' });
  return JSON.parse(await outputOf(running)).perSecond;
}
