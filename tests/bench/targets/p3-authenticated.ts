import postgres from 'postgres';
import { type Bench, POOL_SIZE } from '../bench.ts';
import { compareReads, requireSameData } from '../compare.ts';
import { type Credential, fillCredentials } from '../credentials.ts';
import { fillCustomers } from '../customers.ts';
import { getRequest, shuffled } from '../load.ts';
import type { Measurement, Target } from '../measurements.ts';

const MEMBERSHIP = `select memberships.id, memberships.tenant_id, memberships.user_id, memberships.tier_id, memberships.status,
  points, hides_name, started_at, expires_at, cancel_at_period_end, subscription_id, tiers.name as tier_name, code, rank, price_amount,
  price_currency, price_interval, benefits, points_threshold, trial_days, active, tenants.name, subdomain, logo_url
  from tenants left join memberships on memberships.tenant_id = tenants.id and memberships.user_id = $1
  left join tiers on tiers.tenant_id = memberships.tenant_id and tiers.id = memberships.tier_id
  where tenants.id = $2 and tenants.status <> 'suspended'`;

// The reads of authentication, written out, so that what the service does to be faster does not speed up the baseline.
const BY_SESSION = `select sessions.id, sessions.user_id as owner, users.platform_role, sessions.expires_at from sessions
  inner join users on users.id = sessions.user_id where sessions.id = $1 and sessions.revoked_at is null`;
const BY_KEY = `select api_keys.id, api_keys.tenant_id as owner, scopes, enabled, expires_at, revoked_at, tenants.status,
  tenants.plan, (select requests from tenant_usage_months m where m.tenant_id = api_keys.tenant_id
  and m.month = date_trunc('month', now())::date) from api_keys inner join tenants on tenants.id = api_keys.tenant_id
  where key_hash = $1`;

const VERIFY = '/api/v1/auth/verify';

export const authenticated: Target = {
  id: 'P3',
  title: 'membership/status and auth/verify',
  target: '>= 0.7 x the bare read, without its authentication',
  run: async (bench) => {
    const { sessions, keys } = await fillCredentials(bench);
    await fillCustomers(bench.databaseUrl);
    return [
      ...(await compareStatus(bench, { sessions, keys })),
      ...(await compareVerify(bench, { what: 'verify by access token', credentials: sessions, statement: BY_SESSION })),
      ...(await compareVerify(bench, { what: 'verify by API key', credentials: keys, statement: BY_KEY })),
    ];
  },
};

type Member = { tenant_id: string; user_id: string };

async function compareStatus(
  bench: Bench,
  { sessions, keys }: { sessions: Credential[]; keys: Credential[] },
): Promise<Measurement[]> {
  const members = await membersOf(bench.databaseUrl);
  const bySession = new Map(sessions.map((one) => [one.owner, one]));
  const byKey = new Map(keys.map((one) => [one.owner, one]));
  const { databaseUrl } = bench;
  const ours = await bench.startService();
  const settings = { databaseUrl, poolSize: POOL_SIZE, statement: MEMBERSHIP };
  const baseline = await bench.startBaseline('membership-status', settings);
  const path = (one: Member) => `/api/v1/tenants/${one.tenant_id}/membership/status`;
  const bare = (one: Member) => `/read/${one.tenant_id}/${one.user_id}`;
  const forms = {
    'status by access token': members.map((one) => getRequest(path(one), bySession.get(one.user_id)?.headers)),
    'status by API key': members.map((one) =>
      getRequest(`${path(one)}?userId=${one.user_id}`, byKey.get(one.tenant_id)?.headers),
    ),
  };
  const [first] = members;
  if (!first) throw new Error('nobody is a member');
  const headers = bySession.get(first.user_id)?.headers ?? {};
  const ask = (port: number, url: string) => fetch(`http://127.0.0.1:${port}${url}`, { headers });
  await requireSameData(await ask(ours.port, path(first)), await ask(baseline.port, bare(first)));
  const measurements: Measurement[] = [];
  for (const [what, requests] of Object.entries(forms)) {
    const all = { ours: shuffled(requests), baseline: shuffled(members.map((one) => getRequest(bare(one)))) };
    measurements.push(
      ...(await compareReads(bench, { what, servers: { ours, baseline }, requests: all, atLeast: 0.7 })),
    );
  }
  await Promise.all([ours.stop(), baseline.stop()]);
  return measurements;
}

async function membersOf(databaseUrl: string): Promise<Member[]> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    return await sql<Member[]>`select tenant_id, user_id from memberships`;
  } finally {
    await sql.end();
  }
}

type Form = { what: string; credentials: Credential[]; statement: string };

async function compareVerify(bench: Bench, { what, credentials, statement }: Form): Promise<Measurement[]> {
  const { databaseUrl } = bench;
  const ours = await bench.startService();
  const baseline = await bench.startBaseline('principal', { databaseUrl, poolSize: POOL_SIZE, statement });
  const requests = {
    ours: shuffled(credentials.map(({ headers }) => getRequest(VERIFY, headers))),
    baseline: shuffled(credentials.map(({ headers, lookup }) => getRequest(`${VERIFY}/${lookup}`, headers))),
  };
  const measurements = await compareReads(bench, { what, servers: { ours, baseline }, requests, atLeast: 0.7 });
  await Promise.all([ours.stop(), baseline.stop()]);
  return measurements;
}
