import { type Bench, baselineFile, POOL_SIZE, type Server } from '../bench.ts';
import { fillClaims, fillCouponHistory } from '../coupons.ts';
import { type Credential, fillCredentials } from '../credentials.ts';
import { fillCustomers } from '../customers.ts';
import { postRequest, runAll } from '../load.ts';
import { alternate, type Measurement, type Target } from '../measurements.ts';
import { outputOf, startNode } from '../processes.ts';

const CONNECTIONS = POOL_SIZE * 2;

/** How many coupons a thousand people share in each wave. */
const FORMS = { '1,000 users on one coupon': 1, '1,000 users over 1,000 coupons': 1_000 };

export const couponClaims: Target = {
  id: 'P4',
  title: 'coupon claim',
  target: '>= 0.6 x the same statements by a bare loop',
  run: async (bench) => {
    const { sessions } = await fillCredentials(bench);
    await fillCustomers(bench.databaseUrl);
    const users = sessions.map(({ owner }) => owner);
    await fillCouponHistory(bench.databaseUrl, users);
    const service = await bench.startService();
    const measurements: Measurement[] = [];
    for (const [what, coupons] of Object.entries(FORMS)) {
      measurements.push(await compare(bench, { what, coupons, service, sessions }));
    }
    await service.stop();
    return measurements;
  },
};

type Form = { what: string; coupons: number; service: Server; sessions: Credential[] };

async function compare(bench: Bench, { what, coupons, service, sessions }: Form): Promise<Measurement> {
  const { databaseUrl, options } = bench;
  const headers = new Map(sessions.map((one) => [one.owner, one.headers]));
  const users = sessions.map(({ owner }) => owner);
  let round = 0;
  const nextLot = () => {
    round += 1;
    return { name: `${what} ${round} `, coupons, waves: Math.max(1, Math.round(options.seconds)) };
  };
  const ours = async () => {
    const claims = await fillClaims(databaseUrl, { ...nextLot(), users });
    const requests = claims.map(({ tenantId, couponId, userId }) =>
      postRequest(`/api/v1/coupons/${tenantId}/${couponId}/claim`, {}, headers.get(userId)),
    );
    return claims.length / (await runAll({ port: service.port, connections: CONNECTIONS, requests }));
  };
  const baseline = async () => {
    const settings = JSON.stringify({ databaseUrl, poolSize: POOL_SIZE, ...nextLot() });
    const running = startNode({ args: [baselineFile('coupon-claims'), settings], stdout: 'pipe' });
    return JSON.parse(await outputOf(running)).perSecond;
  };
  await ours();
  const figures = await alternate(options.rounds, { ours, baseline });
  return { what, unit: '/s', ...figures, goal: { of: 'ratio', atLeast: 0.6 } };
}
