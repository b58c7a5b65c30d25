import type { Db } from '#db/client.ts';
import {
  type DueCount,
  findCounts,
  finishCount,
  holdCause,
  holdCount,
  listDueCounts,
  postponeCount,
} from '#db/queries/quest-counts.ts';
import { findQuestState, type QuestState } from '#db/queries/quest-states.ts';
import { type Deps, withTx } from '../context.ts';
import { recordEffects } from '../effects/record-effects.ts';
import { addSeconds } from '../lib/time.ts';
import { baseFaults } from './claim-rules.ts';
import { causeOf, subjectOf } from './rules.ts';
import { advanceQuest } from './steps/advance-quest.ts';
import { withNewLook } from './steps/taken-meanwhile.ts';

const EVENTS_AT_ONCE = 1_000;
const COUNTS_AT_ONCE = 200;
const FIRST_RETRY_SECONDS = 10;
const LAST_RETRY_SECONDS = 3_600;

type Counting = Pick<Deps, 'db' | 'clock' | 'log' | 'jobs'>;

/**
 * Counts what has happened to members towards the quests that wait for it, each event once. First it is noted what there is to
 * count, with the cursor, in one transaction; then each is counted in one of its own. Says how many were looked at.
 */
export async function countEvents(deps: Counting): Promise<number> {
  const now = deps.clock.now();
  const { events } = await withTx(deps, (tx) => findCounts(tx, { limit: EVENTS_AT_ONCE, now }));
  const due = await listDueCounts(deps.db, { now, limit: COUNTS_AT_ONCE });
  for (const one of due) await tryCount(deps, one);
  return events + due.length;
}

// One that fails does not hold up the others.
async function tryCount(deps: Counting, due: DueCount): Promise<void> {
  try {
    await withNewLook(() => withTx(deps, (tx) => count(tx, { due, baseUrl: deps.jobs.baseUrl })));
  } catch (err) {
    const { tenantId, questId, eventId, attempts } = due;
    deps.log.warn({ err, tenantId, questId, eventId }, 'an event could not be counted towards a quest');
    const wait = Math.min(FIRST_RETRY_SECONDS * 2 ** attempts, LAST_RETRY_SECONDS);
    await postponeCount(deps.db, { ...due, nextAttemptAt: addSeconds(deps.clock.now(), wait) });
  }
}

type One = { due: DueCount; baseUrl: string };

async function count(tx: Db, one: One): Promise<void> {
  const { due } = one;
  if (!(await holdCount(tx, due))) return;
  const decision = await decide(tx, due);
  if (!decision.ok) return finishCount(tx, { ...due, status: 'ignored', reason: decision.reason, progressId: null });
  const progressId = await advance(tx, { ...one, state: decision.state });
  await finishCount(tx, { ...due, status: 'counted', reason: null, progressId });
}

type Decision = { ok: true; state: QuestState } | { ok: false; reason: string };

/** As it was when the event happened, unless what it stands on is undone. */
async function decide(tx: Db, due: DueCount): Promise<Decision> {
  const { tenantId, questId, type, objectId, data, at: now } = due;
  const cause = causeOf(type);
  if (cause && !(await holdCause(tx, { tenantId, type: cause, id: objectId, at: now })))
    return { ok: false, reason: 'UNDONE' };
  const userId = subjectOf(type, data);
  if (userId === null) return { ok: false, reason: 'NOBODY' };
  const state = await findQuestState(tx, { tenantId, questId, userId, now });
  if (!state) return { ok: false, reason: 'GONE' };
  if (state.quest.createdAt > now) return { ok: false, reason: 'NOT_STARTED' };
  const reasons = baseFaults(state, now);
  return reasons.length > 0 ? { ok: false, reason: reasons.join(' ') } : { ok: true, state };
}

async function advance(tx: Db, { due, state, baseUrl }: One & { state: QuestState }): Promise<string> {
  const { tenantId, type, objectId: causeId, at: now } = due;
  const { startsOn, timezone, membership } = state;
  const { progress } = await advanceQuest(tx, { state, startsOn, timezone, goesOn: true, baseUrl, now });
  const causeType = causeOf(type);
  if (causeType && membership) {
    const given = [{ targetId: progress.id, quantity: 1 }];
    await recordEffects(tx, { tenantId, causeType, causeId, kind: 'progress', userId: membership.userId, given, now });
  }
  return progress.id;
}
