import { findQuestForUpdate, updateQuest } from '#db/queries/quests.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentQuest } from './present-quest.ts';

/** The quest is gone; claims and their points stay. */
export async function deleteQuest(ctx: Ctx, key: { tenantId: string; questId: string }): Promise<{ id: string }> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const old = await findQuestForUpdate(tx, key);
    if (!old) throw new AppError(NOT_FOUND);
    await updateQuest(tx, { ...key, change: { deletedAt: now }, now });
    const target = { type: 'quest', id: key.questId };
    const { tenantId } = key;
    await recordChange(ctx, { db: tx, tenantId, action: 'quest.deleted', target, before: presentQuest(old), now });
    return { id: key.questId };
  });
}
