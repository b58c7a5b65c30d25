import { listQuestStates, type QuestState } from '#db/queries/quest-states.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { QuestWithProgress } from '#schemas/quest-progress.ts';
import type { Ctx } from '../../context.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { pageOfRows, pageRequest } from '../../lib/page.ts';
import { presentState } from '../present-quest.ts';

type Listing = {
  tenantId: string;
  limit: number;
  cursor?: string | undefined;
  which: 'running' | 'begun' | 'all';
};

/** A page of quests with the caller's progress: two queries. */
export async function listStates(
  ctx: Ctx,
  { tenantId, limit, cursor, which }: Listing,
): Promise<Page<QuestWithProgress>> {
  const now = ctx.clock.now();
  const key = ctx.deps.cursorKey;
  const userId = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  const list = `quests|${tenantId}|${which}`;
  const page = pageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    listQuestStates(ctx.db, { tenantId, userId, which, page, now }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  const present = (state: QuestState) => presentState(state, { userId, now });
  const positionOf = ({ quest }: QuestState) => ({ at: quest.createdAt, id: quest.id });
  return pageOfRows(rows, { key, list, limit, positionOf, present });
}
