import type { QuestReason, Reward } from '#schemas/quests.ts';

export type Terms = {
  active: boolean;
  startsAt: Date | null;
  endsAt: Date | null;
  maxClaims: number | null;
  claims: number;
  maxPerMember: number | null;
  tierIds: readonly string[];
};
/** Who asks: `member` is null for who is no member now. */
export type Asking = {
  member: { tierId: string } | null;
  /** Claims of theirs that stand. */
  claims: number;
  /** Quests that they have to complete before. */
  missing: readonly string[];
  now: Date;
};

/** Everything but days and progress: why the quest can neither be completed nor claimed. */
export function questFaults(quest: Terms, { member, claims, missing, now }: Asking): QuestReason[] {
  const faults: [QuestReason, boolean][] = [
    ['PAUSED', !quest.active],
    ['NOT_STARTED', quest.startsAt !== null && now < quest.startsAt],
    ['ENDED', hasEnded(quest, now)],
    ['NOT_A_MEMBER', member === null],
    ['TIER_REQUIRED', member !== null && quest.tierIds.length > 0 && !quest.tierIds.includes(member.tierId)],
    ['QUEST_REQUIRED', missing.length > 0],
    ['CLAIM_LIMIT', quest.maxClaims !== null && quest.claims >= quest.maxClaims],
    ['MEMBER_LIMIT', quest.maxPerMember !== null && claims >= quest.maxPerMember],
  ];
  return holding(faults);
}

export function hasEnded({ endsAt }: Pick<Terms, 'endsAt'>, now: Date): boolean {
  return endsAt !== null && now >= endsAt;
}

export type CompletedBy = 'member' | 'team' | 'proof';
type Task = { kind: string; proof: string | null; selfComplete: boolean };

/** Why nobody may complete it by this call; what is proved is completed by whoever approves. */
export function completionFaults(task: Task, { by, isCompleted }: { by: CompletedBy; isCompleted: boolean }) {
  const faults: [QuestReason, boolean][] = [
    ['WRONG_KIND', task.kind === 'daily' || task.kind === 'event'],
    ['ALREADY_COMPLETED', isCompleted],
    ['PROOF_REQUIRED', by === 'member' && task.proof !== null],
    ['STAFF_ONLY', by === 'member' && task.proof === null && !task.selfComplete],
  ];
  return holding(faults);
}

function holding(faults: readonly [QuestReason, boolean][]): QuestReason[] {
  return faults.flatMap(([reason, holds]) => (holds ? [reason] : []));
}

type Shape = {
  kind: string;
  event: string | null;
  target: number;
  period: string | null;
  proof: string | null;
  streak: object | null;
};
type Fault = { field: string; message: string };

/** What a quest of this kind cannot have, and what it needs. */
export function shapeFaults({ kind, event, target, period, proof, streak }: Shape): Fault[] {
  const isTask = kind === 'once' || kind === 'repeatable';
  const faults: [boolean, Fault][] = [
    [kind === 'event' && event === null, { field: 'event', message: 'is what a quest of kind event counts' }],
    [kind !== 'event' && event !== null, { field: 'event', message: 'is for quests of kind event' }],
    [kind === 'repeatable' && period === null, { field: 'period', message: 'says how often it can be repeated' }],
    [
      (kind === 'daily' || kind === 'once') && period !== null,
      { field: 'period', message: 'is for quests of kinds repeatable and event' },
    ],
    [kind === 'daily' && target !== 1, { field: 'target', message: 'is 1 for daily quests' }],
    [!isTask && proof !== null, { field: 'proof', message: 'is for quests of kinds once and repeatable' }],
    [kind !== 'daily' && streak !== null, { field: 'streak', message: 'is for daily quests' }],
  ];
  return faults.flatMap(([holds, fault]) => (holds ? [fault] : []));
}

/** What a proof lacks; null when it is complete. */
export function proofFault(
  kind: 'text' | 'file' | 'any',
  { text, fileKeys }: { text: string | undefined; fileKeys: readonly string[] },
): Fault | null {
  if (kind === 'text') return text === undefined ? { field: 'text', message: 'is the proof of this quest' } : null;
  if (fileKeys.length > 0 || (kind === 'any' && text !== undefined)) return null;
  return { field: 'fileKeys', message: kind === 'any' ? 'or text is the proof' : 'must name a file' };
}

/** Whose event it is, by the object that it carries; null if it is nobody's. */
export function subjectOf(type: string, data: Readonly<Record<string, unknown>>): string | null {
  const kind = type.split('.')[0] ?? '';
  const name = kind === 'file' ? 'ownerId' : kind === 'referral' ? 'referrerId' : 'userId';
  const id = data[name];
  return typeof id === 'string' ? id : null;
}

type CountedCause = 'payment' | 'claim' | 'quest';
const CAUSES: Readonly<Record<string, CountedCause>> = { payment: 'payment', coupon: 'claim', quest: 'quest' };

/** What the event stands on: when that is undone, what was counted for it is taken back with it. */
export function causeOf(type: string): CountedCause | null {
  return CAUSES[type.split('.')[0] ?? ''] ?? null;
}

/** How a count stands after so much was taken away: whether the quest is not completed any more. */
export function afterUndo(
  progress: { count: number; isCompleted: boolean },
  { taken, target }: { taken: number; target: number },
): { count: number; isUndone: boolean } {
  const count = Math.max(0, progress.count - taken);
  return { count, isUndone: progress.isCompleted && count < target };
}

/** The first day of what never begins anew. */
export const NO_PERIOD = '1970-01-01';

/** The points of a claim: of the quest itself, and of rewards. */
export function pointsOf({ points, rewards }: { points: number; rewards: readonly Reward[] }): number {
  return rewards.reduce((sum, reward) => (reward.kind === 'points' ? sum + reward.points : sum), points);
}
