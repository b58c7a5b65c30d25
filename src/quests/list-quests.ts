import type { Page } from '#schemas/envelope.ts';
import type { QuestWithProgress } from '#schemas/quest-progress.ts';
import { hasRole } from '../auth/has-role.ts';
import type { Ctx } from '../context.ts';
import { listStates } from './steps/list-states.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The quests that run, with the caller's progress. The brand's team and keys see paused and past ones too. */
export function listQuests(ctx: Ctx, input: Input): Promise<Page<QuestWithProgress>> {
  return listStates(ctx, { ...input, which: hasRole(ctx.actor, 'staff') ? 'all' : 'running' });
}
