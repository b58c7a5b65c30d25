import { listQuestStates } from '#db/queries/quest-states.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { QuestWithProgress } from '#schemas/quests.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { pageOfRows, pageRequest } from '../lib/page.ts';
import { presentState } from './present-quest.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The quests that run, with the caller's progress: two queries. The brand's team and keys see paused and past ones too. */
export async function listQuests(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<QuestWithProgress>> {
  const now = ctx.clock.now();
  const key = ctx.deps.cursorKey;
  const { actor } = ctx;
  const userId = actor.type === 'user' ? actor.userId : null;
  const withHidden = actor.type === 'apiKey' || (actor.type === 'user' && actor.tenantRole !== null);
  const list = `quests|${tenantId}|${withHidden}`;
  const page = pageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    listQuestStates(ctx.db, { tenantId, userId, withHidden, page, now }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  const present = (state: (typeof rows)[number]) => presentState(state, { userId, now });
  const positionOf = ({ quest }: (typeof rows)[number]) => ({ at: quest.createdAt, id: quest.id });
  return pageOfRows(rows, { key, list, limit, positionOf, present });
}
