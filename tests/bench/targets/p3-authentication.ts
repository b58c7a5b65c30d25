import { type Bench, POOL_SIZE, type Server } from '../bench.ts';
import { type Credential, fillCredentials } from '../credentials.ts';
import { getRequest, runLoad, shuffled } from '../load.ts';
import { alternate, type Measurement, type Target } from '../measurements.ts';
import { CONNECTIONS } from '../public-tenants.ts';

const PATH = '/api/v1/auth/verify';
const WARM_UP_SECONDS = 3;

// The reads of the service, written out, so that what it does to be faster does not speed up the baseline. A date is
// a parameter there; here it is the end of time or the month, which costs the database the same.
const BY_SESSION = `select sessions.id, sessions.user_id as owner, users.platform_role, tenants.id, tenant_members.role,
  tenants.status from sessions inner join users on users.id = sessions.user_id left join tenants on tenants.id = $1::uuid
  left join tenant_members on tenant_members.tenant_id = tenants.id and tenant_members.user_id = sessions.user_id
  where sessions.id = $2 and sessions.revoked_at is null and sessions.expires_at > now()`;
const BY_KEY = `select api_keys.id, api_keys.tenant_id as owner, scopes, enabled, expires_at, revoked_at, tenants.status,
  tenants.plan, tenant_usage_months.requests from api_keys inner join tenants on tenants.id = api_keys.tenant_id
  left join tenant_usage_months on tenant_usage_months.tenant_id = api_keys.tenant_id
  and tenant_usage_months.month = $1::date where key_hash = $2`;

type Form = { what: string; credentials: Credential[]; statement: string; fixed: (string | null)[] };

export const authentication: Target = {
  id: 'P3',
  title: 'GET /auth/verify',
  target: '>= 0.7 x the bare read of authentication',
  run: async (bench) => {
    const { sessions, keys } = await fillCredentials(bench.databaseUrl, bench.privateKey);
    const month = new Date().toISOString().slice(0, 8);
    return [
      ...(await compare(bench, {
        what: 'by access token',
        credentials: sessions,
        statement: BY_SESSION,
        fixed: [null],
      })),
      ...(await compare(bench, { what: 'by API key', credentials: keys, statement: BY_KEY, fixed: [`${month}01`] })),
    ];
  },
};

async function compare(bench: Bench, { what, credentials, statement, fixed }: Form): Promise<Measurement[]> {
  const { rounds, seconds } = bench.options;
  const { databaseUrl } = bench;
  const service = await bench.startService();
  const bare = await bench.startBaseline('principal', { databaseUrl, poolSize: POOL_SIZE, statement, fixed });
  const requests = {
    ours: shuffled(credentials.map(({ headers }) => getRequest(PATH, headers))),
    baseline: shuffled(credentials.map(({ headers, lookup }) => getRequest(`${PATH}/${lookup}`, headers))),
  };
  const load = ({ port }: Server, side: keyof typeof requests, time: number) =>
    runLoad({ port, connections: CONNECTIONS, seconds: time, requests: requests[side] });
  await load(service, 'ours', WARM_UP_SECONDS);
  await load(bare, 'baseline', WARM_UP_SECONDS);
  const { ours, baseline } = await alternate(rounds, {
    ours: () => load(service, 'ours', seconds),
    baseline: () => load(bare, 'baseline', seconds),
  });
  await Promise.all([service.stop(), bare.stop()]);
  const each = (name: 'perSecond' | 'p99') => ({
    ours: ours.map((figures) => figures[name]),
    baseline: baseline.map((figures) => figures[name]),
  });
  return [
    { what, unit: '/s', ...each('perSecond'), goal: { of: 'ratio', atLeast: 0.7 } },
    { what: `${what}, 99th percentile`, unit: 'ms', ...each('p99') },
  ];
}
