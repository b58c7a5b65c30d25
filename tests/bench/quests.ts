import postgres from 'postgres';

export type WantedDay = { tenantId: string; questId: string; userId: string };
export type Lot = { name: string; waves: number };

/** One brand, of which all these people are members. */
export async function fillQuestMembers(databaseUrl: string, users: readonly string[]): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [brand] = await sql`select id from tenants order by subdomain desc limit 1 offset 5`;
    const tenantId = String(brand?.['id']);
    await sql`insert into tiers (tenant_id, id, name, code, rank, benefits, trial_days, active, created_at, updated_at)
      values (${tenantId}, uuidv7(), 'Basic', 'basic', 0, '[]', 0, true, now(), now())`;
    await sql`insert into memberships (tenant_id, id, user_id, tier_id, status, started_at, created_at, updated_at)
      select ${tenantId}, uuidv7(), id, (select id from tiers where tenant_id = ${tenantId}), 'active', now(), now(), now()
      from users where id in ${sql([...users])}`;
    await sql`vacuum (analyze, freeze) tiers, memberships`;
  } finally {
    await sql.end();
  }
}

/** A daily quest for each wave, with a streak; in each wave every member claims the day once. */
export async function fillDays(databaseUrl: string, { name, waves }: Lot): Promise<WantedDay[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [brand] = await sql`select id from tenants order by subdomain desc limit 1 offset 5`;
    const tenantId = String(brand?.['id']);
    const streak = { bonuses: [{ day: 7, points: 50 }], repeatBonuses: true, graceDays: 0, freezes: null };
    const quests = await sql`
      insert into quests (tenant_id, id, title, kind, target, self_complete, auto_claim, points, rewards, streak, tier_ids,
        requires, active, created_at, updated_at)
      select ${tenantId}, uuidv7(), ${name} || n, 'daily', 1, true, true, 10, '[]', ${sql.json(streak)}, '[]', '[]', true, now(), now()
      from generate_series(1, ${waves}::int) n returning id`;
    const members = await sql`select user_id from memberships where tenant_id = ${tenantId}`;
    await sql`analyze quests, quest_claims, quest_members, point_entries, leaderboard_scores, effects, events`;
    return quests.flatMap(({ id }) =>
      members.map(({ user_id }) => ({ tenantId, questId: String(id), userId: String(user_id) })),
    );
  } finally {
    await sql.end();
  }
}
