import { findQuestForUpdate, updateQuest as saveQuest } from '#db/queries/quests.ts';
import type { Quest, UpdateQuestBody } from '#schemas/quests.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { MAX_CLAIMS_IN_USE } from './errors.ts';
import { presentQuest } from './present-quest.ts';
import { requireQuestTerms } from './steps/require-quest-terms.ts';

type Input = { tenantId: string; questId: string; body: UpdateQuestBody };

/** Changes the fields given. What was claimed stays as it was. */
export async function updateQuest(ctx: Ctx, { tenantId, questId, body }: Input): Promise<Quest> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const old = await findQuestForUpdate(tx, { tenantId, questId });
    if (!old) throw new AppError(NOT_FOUND);
    const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const wanted = { ...old, ...change };
    // What it names already may have been removed since: that must not keep the brand from pausing it.
    const { tierIds = [], requires = [], rewards = [] } = body;
    await requireQuestTerms(tx, { ...wanted, tierIds, requires, rewards });
    if (old.maxClaims !== null && wanted.maxClaims !== null && wanted.maxClaims < old.claims) {
      throw new AppError(MAX_CLAIMS_IN_USE, { claims: old.claims });
    }
    const counted = old.maxClaims === null && wanted.maxClaims !== null ? { claims: 0 } : {};
    const row = await saveQuest(tx, { tenantId, questId, change: { ...change, ...counted }, now });
    if (!row) throw new AppError(NOT_FOUND);
    const target = { type: 'quest', id: questId };
    const [before, after] = [presentQuest(old), presentQuest(row)];
    await recordChange(ctx, { db: tx, tenantId, action: 'quest.updated', target, before, after, now });
    return after;
  });
}
