import { type Bench, baselineFile, HASH_CONCURRENCY, type Server } from '../bench.ts';
import { emailOf, PASSWORD, USERS } from '../fill.ts';
import { postRequest, runLoad, shuffled } from '../load.ts';
import { alternate, type Measurement, type Target } from '../measurements.ts';
import { outputOf, startNode } from '../processes.ts';
import { readPages } from '../public-tenants.ts';

// Each from home: one address signs in at most twenty times in ten seconds.
const addressOf = (number: number) => `10.0.${number >> 8}.${number & 255}`;
const logins = shuffled(
  Array.from({ length: USERS }, (_, number) =>
    postRequest(
      '/api/v1/auth/login',
      { email: emailOf(number), password: PASSWORD },
      { 'X-Forwarded-For': addressOf(number) },
    ),
  ),
);

// Enough that a hash always waits for its turn, below the length at which the queue answers 503.
const CONNECTIONS = HASH_CONCURRENCY * 8;
const STORM_CONNECTIONS = HASH_CONCURRENCY * 32;
const WARM_UP_SECONDS = 1;

export const login: Target = {
  id: 'P5',
  title: 'POST /auth/login',
  target: '>= 0.95 x bare argon2; P1 p99 in a login storm <= 3 x quiet',
  run: async (bench) => {
    const service = await bench.startService();
    await logIn(service, { connections: CONNECTIONS, seconds: WARM_UP_SECONDS });
    const measurements = [await throughput(bench, service), await storm(bench, service)];
    await service.stop();
    return measurements;
  },
};

const logIn = ({ port }: Server, load: { connections: number; seconds: number }) =>
  runLoad({ port, requests: logins, ...load });

async function throughput(bench: Bench, service: Server): Promise<Measurement> {
  const { rounds, seconds } = bench.options;
  const figures = await alternate(rounds, {
    ours: async () => (await logIn(service, { connections: CONNECTIONS, seconds })).perSecond,
    baseline: () => bareVerifications(bench),
  });
  const what = `logins, ${HASH_CONCURRENCY} hashed at a time`;
  return { what, unit: '/s', ...figures, goal: { of: 'ratio', atLeast: 0.95 } };
}

async function bareVerifications({ options, passwordHash, onEnd }: Bench): Promise<number> {
  const { seconds } = options;
  const settings = { hash: passwordHash, password: PASSWORD, concurrency: HASH_CONCURRENCY, seconds };
  const running = startNode({ args: [baselineFile('argon2'), JSON.stringify(settings)], stdout: 'pipe' });
  onEnd(running.stop);
  return JSON.parse(await outputOf(running)).perSecond;
}

/** Ours is the public page's 99th percentile while people log in, the baseline the same one's when nobody does. */
async function storm({ options }: Bench, service: Server): Promise<Measurement> {
  const { rounds, seconds } = options;
  await readPages(service, WARM_UP_SECONDS);
  const figures = await alternate(rounds, {
    ours: async () => {
      const [pages] = await Promise.all([
        readPages(service, seconds),
        logIn(service, { connections: STORM_CONNECTIONS, seconds }),
      ]);
      return pages.p99;
    },
    baseline: async () => (await readPages(service, seconds)).p99,
  });
  return { what: 'P1 p99 in a storm, against quiet', unit: 'ms', ...figures, goal: { of: 'ratio', atMost: 3 } };
}
