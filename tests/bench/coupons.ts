import postgres from 'postgres';

export type WantedClaim = { tenantId: string; couponId: string; userId: string };
const HISTORY = 20_000;

/** Claims of last week, so that statements are planned for tables in use. */
export async function fillCouponHistory(databaseUrl: string, users: readonly string[]): Promise<void> {
  const claims = await fillClaims(databaseUrl, { name: 'Past ', coupons: HISTORY / users.length, waves: 1, users });
  const couponIds = [...new Set(claims.map(({ couponId }) => couponId))];
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`insert into coupon_claims (tenant_id, id, coupon_id, user_id, code, status, claimed_at, expires_at, released_at,
        release_reason, uses, budgets)
      select c.tenant_id, uuidv7(), c.id, u.id, uuidv7()::text, 'expired', now() - interval '7 d', now() - interval '6 d',
        now() - interval '6 d', 'expired', '[]', '[]'
      from coupons c cross join users u where c.id in ${sql(couponIds)} and u.id in ${sql([...users])}`;
    await sql`insert into coupon_uses (tenant_id, scope_id, identity, period, period_start, used)
      select tenant_id, coupon_id, 'user:' || user_id, 'all', 'epoch', 0 from coupon_claims`;
    await sql`vacuum (analyze, freeze) coupons, coupon_counters, coupon_claims, coupon_uses`;
  } finally {
    await sql.end();
  }
}

export type Lot = { name: string; coupons: number; waves: number };

/** In each wave every user wants one of its coupons, in turn. All are of one brand, and there are enough of each. */
export async function fillClaims(
  databaseUrl: string,
  { name, coupons, waves, users }: Lot & { users: readonly string[] },
): Promise<WantedClaim[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const rows = await sql<{ tenantId: string; id: string }[]>`
      insert into coupons (tenant_id, id, name, kind, percent_off, currency_options, hours, first_purchase_only, tier_ids,
        product_ids, public, stackable, claim_ttl_seconds, duration, budgets, active, metadata, version, created_at, updated_at)
      select (select id from tenants order by subdomain limit 1), uuidv7(), ${name} || n, 'percent', 10, '{}', '[]', false, '[]',
        '[]', true, false, 1800, 'once', '[]', true, '{}', 1, now(), now() from generate_series(1, ${coupons * waves}::int) n
      returning tenant_id as "tenantId", id`;
    await sql`insert into coupon_counters (tenant_id, coupon_id, max_redemptions)
      select tenant_id, id, 1000000 from coupons on conflict do nothing`;
    await sql`analyze coupons, coupon_counters`;
    return Array.from({ length: waves }, (_, wave) =>
      users.map((userId, n) => {
        const { tenantId = '', id = '' } = rows[wave * coupons + (n % coupons)] ?? {};
        return { tenantId, couponId: id, userId };
      }),
    ).flat();
  } finally {
    await sql.end();
  }
}
