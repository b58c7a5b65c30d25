import postgres from 'postgres';

export const SIZES = { small: 1_000, large: 1_000_000 };
const MOST_POINTS = 100_000;

export type Board = { tenantId: string; members: number };

/**
 * Two brands whose members have earned points in the time of all, evenly spread: the first ones of both are the people who
 * have a session. The buckets are made as the job makes them, in one go.
 */
export async function fillLeaderboards(
  databaseUrl: string,
  users: readonly string[],
): Promise<Record<keyof typeof SIZES, Board>> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`insert into users (id, email, name, created_at, updated_at)
      select uuidv7(), 'player-' || n || '@example.com', 'Player ' || n, now(), now()
      from generate_series(1, ${SIZES.large - users.length}::int) n`;
    const rows = await sql`select id from tenants order by subdomain desc limit 2`;
    const [small, large] = rows.map(({ id }) => String(id));
    for (const [tenantId = '', members] of [
      [small, SIZES.small],
      [large, SIZES.large],
    ] as const) {
      await fill(sql, { tenantId, members, users });
    }
    await sql`vacuum (analyze, freeze) users, tiers, memberships, leaderboard_scores, leaderboard_buckets`;
    return {
      small: { tenantId: small ?? '', members: SIZES.small },
      large: { tenantId: large ?? '', members: SIZES.large },
    };
  } finally {
    await sql.end();
  }
}

async function fill(
  sql: postgres.Sql,
  { tenantId, members, users }: Board & { users: readonly string[] },
): Promise<void> {
  await sql`insert into tiers (tenant_id, id, name, code, rank, benefits, trial_days, active, created_at, updated_at)
    values (${tenantId}, uuidv7(), 'Basic', 'basic', 0, '[]', 0, true, now(), now())`;
  await sql`insert into memberships (tenant_id, id, user_id, tier_id, status, started_at, created_at, updated_at)
    select ${tenantId}, uuidv7(), u.id, (select id from tiers where tenant_id = ${tenantId}), 'active', now(), now(), now()
    from (select id from users where id in ${sql([...users])}
      union all (select id from users where email like 'player-%' limit ${members - users.length})) u`;
  await sql`insert into leaderboard_scores (tenant_id, period, starts_on, membership_id, points, counted)
    select tenant_id, 'all', '1970-01-01', id, points, points from (
      select tenant_id, id, 1 + (random() * ${MOST_POINTS})::bigint as points from memberships where tenant_id = ${tenantId}) m`;
  await sql`insert into leaderboard_buckets (tenant_id, period, starts_on, level, bucket, members)
    select tenant_id, period, starts_on, level, points >> (10 * level), count(*)
    from leaderboard_scores cross join generate_series(0, 3) level where tenant_id = ${tenantId} group by 1, 2, 3, 4, 5`;
}

/** So many scores of the brand are as if the job had not counted them yet. */
export async function leaveUncounted(databaseUrl: string, { tenantId, scores }: { tenantId: string; scores: number }) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`update leaderboard_scores set points = points + 1 where tenant_id = ${tenantId} and membership_id in (
      select membership_id from leaderboard_scores where tenant_id = ${tenantId} limit ${scores})`;
    await sql`vacuum (analyze) leaderboard_scores`;
  } finally {
    await sql.end();
  }
}
