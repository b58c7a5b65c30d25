import type { QuestRow } from '#db/queries/quests.ts';
import type { Quest } from '#schemas/quests.ts';

export function presentQuest({ claims: _claims, deletedAt: _deletedAt, ...quest }: QuestRow): Quest {
  return quest;
}
