import { insertQuest } from '#db/queries/quests.ts';
import type { CreateQuestBody, Quest, QuestPeriod } from '#schemas/quests.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { presentQuest } from './present-quest.ts';
import { requireQuestTerms } from './steps/require-quest-terms.ts';

type Input = { tenantId: string; body: CreateQuestBody };

const DEFAULTS = {
  description: null,
  event: null,
  target: 1,
  proof: null,
  selfComplete: true,
  autoClaim: true,
  rewards: [],
  streak: null,
  startsAt: null,
  endsAt: null,
  maxClaims: null,
  maxPerMember: null,
  tierIds: [],
  requires: [],
  active: true,
};

/** A quest that members see from now on, unless it is made paused. */
export async function createQuest(ctx: Ctx, { tenantId, body }: Input): Promise<Quest> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const period = body.kind === 'repeatable' ? 'day' : null;
    const wanted = { ...DEFAULTS, period, ...given } as CreateQuestBody &
      typeof DEFAULTS & { period: QuestPeriod | null };
    const terms = { ...wanted, tenantId, id: newId() };
    await requireQuestTerms(tx, terms);
    const quest = presentQuest(await insertQuest(tx, { ...terms, createdAt: now, updatedAt: now }));
    const target = { type: 'quest', id: quest.id };
    await recordChange(ctx, { db: tx, tenantId, action: 'quest.created', target, after: quest, now });
    return quest;
  });
}
