import postgres from 'postgres';

export const PRODUCTS = 10_000;

/** A free tier with its member for each brand that has a key, and one brand with a long catalogue. */
export async function fillCustomers(databaseUrl: string): Promise<{ catalogue: string }> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [{ filled } = {}] = await sql`select exists (select from tiers) as filled`;
    if (!filled) await insert(sql);
    const [{ id } = {}] = await sql`select tenant_id as id from products limit 1`;
    return { catalogue: String(id) };
  } finally {
    await sql.end();
  }
}

async function insert(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into tiers (tenant_id, id, name, code, rank, benefits, trial_days, active, created_at, updated_at)
    select tenant_id, uuidv7(), 'Gold', 'gold', 10, '["10 % off", "Early access"]', 0, true, now(), now()
    from api_keys group by tenant_id`;
  // The n-th person with a session is a member of the n-th brand with a key.
  await sql`
    insert into memberships (tenant_id, id, user_id, tier_id, status, points, started_at, created_at, updated_at)
    select t.tenant_id, uuidv7(), u.id, t.id, 'active', 120, now(), now(), now()
    from (select *, row_number() over (order by tenant_id) as n from tiers) t
    join (select id, row_number() over (order by id) as n from users where exists (
      select from sessions where user_id = users.id)) u using (n)`;
  await sql`
    insert into products (tenant_id, id, external_id, name, description, sku, price_amount, price_currency, status, stock, type,
      tier_ids, image_keys, metadata, version, created_at, updated_at, words)
    select (select tenant_id from tiers limit 1), uuidv7(), 'erp-' || n, 'Espresso beans number ' || n,
      'Washed, from Huila, roasted for espresso on the day it is sent.', 'ESP-' || n, 990 + n, 'EUR', 'active', 12, 'physical',
      '[]', '["products/beans.webp"]', '{"origin": "Huila"}', 1, now() + n * interval '1 ms', now(), array['espresso', 'beans']
    from generate_series(1, ${PRODUCTS}::int) n`;
  await sql`vacuum (analyze, freeze) tiers, memberships, products`;
}
