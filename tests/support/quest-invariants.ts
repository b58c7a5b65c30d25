/** What must hold of quests over all brands whenever nothing is under way (G5). Each looks for rows that break it. */
export const QUEST_INVARIANTS: Readonly<Record<string, string>> = {
  'a quest is claimed no more often than it may be': `
    select q.id, q.max_claims, count(c.id) as claims from quests q
    join quest_claims c on c.tenant_id = q.tenant_id and c.quest_id = q.id and c.taken_back_at is null
    where not exists (select from audit_entries a where a.tenant_id = q.tenant_id and a.target_id = q.id::text
      and a.action = 'quest.updated')
    group by q.tenant_id, q.id having count(c.id) > q.max_claims`,
  'no claim is counted that there is not': `
    select q.id, q.claims, count(c.id) as standing from quests q
    left join quest_claims c on c.tenant_id = q.tenant_id and c.quest_id = q.id and c.taken_back_at is null
    where q.max_claims is not null group by q.tenant_id, q.id having q.claims > count(c.id)`,
  'a member has as many claims of a quest as are counted': `
    select m.quest_id, m.membership_id, m.claims, c.rows from quest_members m full join (
      select tenant_id, quest_id, membership_id, count(*) as rows from quest_claims
      where taken_back_at is null group by 1, 2, 3
    ) c on c.tenant_id = m.tenant_id and c.quest_id = m.quest_id and c.membership_id = m.membership_id
    where coalesce(m.claims, 0) <> coalesce(c.rows, 0)`,
  'a streak stands as its last claim left it, or who set it by hand': `
    select m.quest_id, m.membership_id from quest_members m
    join quests q on q.tenant_id = m.tenant_id and q.id = m.quest_id and q.kind = 'daily'
    where not exists (select from streak_repairs r where r.tenant_id = m.tenant_id and r.quest_id = m.quest_id
        and r.membership_id = m.membership_id)
      and (not exists (select from quest_claims c where c.tenant_id = m.tenant_id and c.quest_id = m.quest_id
          and c.membership_id = m.membership_id and c.day = m.last_day and c.streak = m.streak)
        or exists (select from quest_claims c where c.tenant_id = m.tenant_id and c.quest_id = m.quest_id
          and c.membership_id = m.membership_id and c.day > m.last_day))`,
  'a claim gave its points, and one that is taken back gave none': `
    select c.id, c.points, c.bonus_points, coalesce(sum(e.amount), 0) as moved from quest_claims c
    left join point_entries e on e.tenant_id = c.tenant_id and e.cause_id = c.id and e.cause_type = 'quest'
    group by c.tenant_id, c.id
    having coalesce(sum(e.amount), 0) <> case when c.taken_back_at is null then c.points + c.bonus_points else 0 end`,
  'what is claimed of a task was completed, and the other way round': `
    select p.id as progress, c.id as claim from quest_progress p
    full join (select c.* from quest_claims c
      join quests q on q.tenant_id = c.tenant_id and q.id = c.quest_id and q.kind <> 'daily'
      where c.taken_back_at is null) c
      on c.tenant_id = p.tenant_id and c.quest_id = p.quest_id and c.membership_id = p.membership_id and c.day = p.starts_on
    where (p.claimed_at is null) <> (c.id is null)`,
  'a proof is decided or waits, and one that is approved made a step': `
    select s.id, s.status, s.decided_at, p.id as progress from quest_submissions s
    left join quest_progress p on p.tenant_id = s.tenant_id and p.quest_id = s.quest_id
      and p.membership_id = s.membership_id and p.starts_on = s.starts_on
    where (s.status = 'submitted') <> (s.decided_at is null) or (s.status = 'approved' and p.id is null)`,
  'an event counts once, until it is undone': `
    select p.id, p.count, n.counted from quest_progress p
    join quests q on q.tenant_id = p.tenant_id and q.id = p.quest_id and q.kind = 'event'
    cross join lateral (select count(distinct coalesce(e.id, k.event_id)) as counted from quest_counts k
      left join events v on v.tenant_id = k.tenant_id and v.id = k.event_id
      left join effects e on e.tenant_id = k.tenant_id and e.kind = 'progress' and e.target_id = p.id
        and e.cause_id = v.object_id
      where k.tenant_id = p.tenant_id and k.progress_id = p.id and k.status = 'counted' and e.taken_back_at is null) n
    where p.count <> n.counted`,
};
