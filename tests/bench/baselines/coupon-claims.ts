import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { fillClaims, type Lot, type WantedClaim } from '../coupons.ts';

/** The bare work of P4: the reads and writes of a claim, with those of its session, by a loop over as many connections. */
const settings: { databaseUrl: string; poolSize: number } & Lot = JSON.parse(process.argv[2] ?? '{}');

const sql = postgres(settings.databaseUrl, { max: settings.poolSize, fetch_types: false });

async function claim({ tenantId, couponId, userId }: WantedClaim, sessionId: string): Promise<void> {
  await sql`select sessions.id, sessions.user_id, users.platform_role, sessions.expires_at from sessions
    inner join users on users.id = sessions.user_id where sessions.id = ${sessionId} and sessions.revoked_at is null`;
  const [shopper] =
    await sql`select tenants.id, tenants.timezone, tenants.currency, users.id as user_id, email, m.status, m.ends_at,
      m.tier_id, exists (select from payments p where p.tenant_id = tenants.id and p.user_id = ${userId}
        and p.status = 'succeeded' and (p.amount = 0 or p.refunded_amount < p.amount)) as has_bought,
      (select coalesce(json_agg(fingerprint), '[]') from known_cards c where c.tenant_id = tenants.id and c.user_id = ${userId})
    from tenants left join users on users.id = ${userId}
    left join memberships m on m.tenant_id = tenants.id and m.user_id = ${userId}
    where tenants.id = ${tenantId} and tenants.status <> 'suspended'`;
  const identities = [`user:${userId}`, `email:${shopper?.['email']}`];
  const names = `{${identities.join(',')}}`;
  await sql`select c.*, k.*, (select count(*)::int from coupon_claims o where o.tenant_id = ${tenantId}
        and o.coupon_id = c.id and o.status = 'claimed' and o.expires_at <= now()) as overdue,
      (select coalesce(json_agg(u), '[]') from coupon_uses u where u.tenant_id = ${tenantId}
        and u.scope_id = any(array[c.id, ${tenantId}::uuid]) and u.identity = any(${names}::text[])) as uses,
      (select coalesce(json_agg(b), '[]') from coupon_budget_uses b where b.tenant_id = ${tenantId} and b.coupon_id = c.id)
        as budgets, own.*
    from coupons c join coupon_counters k on k.tenant_id = c.tenant_id and k.coupon_id = c.id
    left join coupon_claims own on own.tenant_id = ${tenantId} and own.coupon_id = c.id and own.user_id = ${userId}
      and own.status = 'claimed'
    where c.tenant_id = ${tenantId} and c.id = ${couponId}`;
  const uses = identities.map((identity) => ({
    scopeId: couponId,
    identity,
    period: 'all',
    start: '1970-01-01T00:00:00.000Z',
  }));
  await sql.begin(async (tx) => {
    const [row] =
      await tx`insert into coupon_claims (tenant_id, id, coupon_id, user_id, code, status, claimed_at, expires_at,
        uses, budgets)
      values (${tenantId}, uuidv7(), ${couponId}, ${userId}, ${randomBytes(10).toString('hex')}, 'claimed', now(),
        now() + interval '30 minutes', ${tx.json(uses)}, '[]') on conflict do nothing returning *`;
    await tx`insert into coupon_uses (tenant_id, scope_id, identity, period, period_start, used)
      select ${tenantId}, ${couponId}, i, 'all', 'epoch', 1 from unnest(${names}::text[]) i
      on conflict (tenant_id, scope_id, identity, period, period_start) do update set used = coupon_uses.used + 1
      where coupon_uses.used < 2147483647 returning identity`;
    await tx`insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
      values (${tenantId}, uuidv7(), 'coupon.claimed', 'coupon', ${row?.['id']}, (select coalesce(max(sequence), 0) + 1
      from events where tenant_id = ${tenantId} and object_type = 'coupon' and object_id = ${row?.['id']}),
      ${tx.json({ ...row })}, now())`;
    await tx`update coupon_counters set claimed = claimed + 1 where tenant_id = ${tenantId} and coupon_id = ${couponId}
      and claimed + reserved + redeemed + 1 <= max_redemptions returning coupon_id`;
  });
}

const sessions = await sql`select id, user_id from sessions`;
const sessionOf = new Map(sessions.map(({ id, user_id }) => [String(user_id), String(id)]));

async function claimAll(lot: Lot): Promise<number> {
  const left = await fillClaims(settings.databaseUrl, { ...lot, users: [...sessionOf.keys()] });
  const { length } = left;
  const startedAt = performance.now();
  const work = async () => {
    for (let next = left.pop(); next; next = left.pop()) await claim(next, sessionOf.get(next.userId) ?? '');
  };
  await Promise.all(Array.from({ length: settings.poolSize }, work));
  return (length * 1000) / (performance.now() - startedAt);
}

await claimAll({ ...settings, name: `${settings.name}warm `, waves: 1 });
const perSecond = await claimAll(settings);
await sql.end();
process.stdout.write(JSON.stringify({ perSecond }));
