import type { Page } from '#schemas/envelope.ts';
import type { QuestWithProgress } from '#schemas/quest-progress.ts';
import type { Ctx, UserActor } from '../context.ts';
import { listStates } from './steps/list-states.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The quests that the caller has begun, also those that are over. */
export function listProgress(ctx: Ctx<UserActor>, input: Input): Promise<Page<QuestWithProgress>> {
  return listStates(ctx, { ...input, which: 'begun' });
}
