import postgres from 'postgres';
import { fillDays, type Lot, type WantedDay } from '../quests.ts';

/** The bare work of P13: the reads and writes of a daily claim, with those of its session, by a loop over as many connections. */
const settings: { databaseUrl: string; poolSize: number } & Lot = JSON.parse(process.argv[2] ?? '{}');

const sql = postgres(settings.databaseUrl, { max: settings.poolSize, fetch_types: false });

async function claim({ tenantId, questId, userId }: WantedDay, sessionId: string): Promise<void> {
  await sql`select sessions.id, sessions.user_id, users.platform_role, sessions.expires_at from sessions
    inner join users on users.id = sessions.user_id where sessions.id = ${sessionId} and sessions.revoked_at is null`;
  const [state] = await sql`
    select q.*, m.id as member, m.tier_id, m.status, m.ends_at, m.points, s.*, p.count, p.completed_at, p.claimed_at,
      coalesce(u.timezone, t.timezone) as zone, (now() at time zone coalesce(u.timezone, t.timezone))::date::text as day,
      ((now() at time zone coalesce(u.timezone, t.timezone))::date + 1)::timestamp at time zone coalesce(u.timezone, t.timezone)
        as next_at,
      (select coalesce(json_agg(r.id), '[]') from jsonb_array_elements_text(q.requires) r(id) where not exists (
        select from quest_claims c where c.tenant_id = q.tenant_id and c.quest_id = r.id::uuid and c.membership_id = m.id)) as missing,
      (select json_build_object('id', o.id) from quest_progress o where o.tenant_id = q.tenant_id and o.quest_id = q.id
        and o.membership_id = m.id and o.completed_at is not null and o.claimed_at is null order by o.starts_on limit 1) as unclaimed
    from quests q join tenants t on t.id = q.tenant_id and t.status <> 'suspended' left join users u on u.id = ${userId}
    left join memberships m on m.tenant_id = q.tenant_id and m.user_id = u.id
    left join quest_members s on s.tenant_id = q.tenant_id and s.quest_id = q.id and s.membership_id = m.id
    left join quest_progress p on p.tenant_id = q.tenant_id and p.quest_id = q.id and p.membership_id = m.id
      and p.starts_on = (now() at time zone coalesce(u.timezone, t.timezone))::date
    where q.tenant_id = ${tenantId} and q.id = ${questId} and q.deleted_at is null`;
  const [id, membershipId, day] = [crypto.randomUUID(), String(state?.['member']), String(state?.['day'])];
  const data = { id, day, points: 10, streak: 1, bestStreak: 1, bonusPoints: 0, tenantId, questId, userId };
  // As the service does: all at once, none waits for the answer to the one before.
  await sql.begin((tx) => [
    tx`insert into quest_claims (tenant_id, id, quest_id, membership_id, user_id, day, timezone, points, bonus_points, streak,
        best_streak, freezes_used, rewards, created_at)
      values (${tenantId}, ${id}, ${questId}, ${membershipId}, ${userId}, ${day}, ${String(state?.['zone'])}, 10, 0, 1, 1, 0, '[]',
        now()) on conflict do nothing returning id`,
    tx`insert into quest_members (tenant_id, quest_id, membership_id, claims, streak, best, freezes, last_day, last_at, last_timezone)
      values (${tenantId}, ${questId}, ${membershipId}, 1, 1, 1, 0, ${day}, now(), 'UTC')
      on conflict (tenant_id, quest_id, membership_id) do update set claims = quest_members.claims + 1,
        streak = excluded.streak, last_day = excluded.last_day, last_at = excluded.last_at returning claims`,
    tx`with moved as (
        update memberships set points = points + 10, points_earned = points_earned + 10, points_active_at = now()
        where tenant_id = ${tenantId} and id = ${membershipId} and points + 10 >= 0 returning *
      ), written as (
        insert into point_entries (tenant_id, id, membership_id, amount, reason, cause_type, cause_id, counts_on, created_at)
        select ${tenantId}, uuidv7(), id, 10, 'quest', 'quest', ${id}::uuid, ${day}::date, now() from moved returning amount, counts_on
      ), scored as (
        insert into leaderboard_scores (tenant_id, period, starts_on, membership_id, points, counted)
        select ${tenantId}, t.period, t.starts_on, ${membershipId}::uuid, amount, 0 from written cross join lateral (values
          ('day', counts_on), ('week', date_trunc('week', counts_on::timestamp)::date),
          ('month', date_trunc('month', counts_on::timestamp)::date), ('all', date '1970-01-01')) t(period, starts_on)
        on conflict (tenant_id, period, starts_on, membership_id) do update
          set points = leaderboard_scores.points + excluded.points
      ) select points, exists (select from tiers n where n.tenant_id = ${tenantId} and n.points_threshold <= moved.points_earned)
        as rises from moved`,
    tx`insert into effects (tenant_id, id, cause_type, cause_id, kind, target_id, user_id, quantity, given_at)
      values (${tenantId}, uuidv7(), 'quest', ${id}, 'points', ${membershipId}, ${userId}, 10, now())`,
    tx`insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
      values (${tenantId}, uuidv7(), 'quest.claimed', 'quest', ${id}, (select coalesce(max(sequence), 0) + 1 from events
        where tenant_id = ${tenantId} and object_type = 'quest' and object_id = ${id}), ${tx.json(data)}, now())`,
  ]);
}

const sessions = await sql`select id, user_id from sessions`;
const sessionOf = new Map(sessions.map(({ id, user_id }) => [String(user_id), String(id)]));

async function claimAll(lot: Lot): Promise<number> {
  const left = await fillDays(settings.databaseUrl, lot);
  const { length } = left;
  const startedAt = performance.now();
  const work = async () => {
    for (let next = left.pop(); next; next = left.pop()) await claim(next, sessionOf.get(next.userId) ?? '');
  };
  await Promise.all(Array.from({ length: settings.poolSize }, work));
  return (length * 1000) / (performance.now() - startedAt);
}

await claimAll({ name: `${settings.name}warm `, waves: 1 });
const perSecond = await claimAll(settings);
await sql.end();
process.stdout.write(JSON.stringify({ perSecond }));
