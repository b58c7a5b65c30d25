import type { PointEntryRow } from '#db/queries/points.ts';
import type { PointEntry } from '#schemas/points.ts';

export function presentEntry({ id, amount, reason, note, causeType, causeId, createdAt }: PointEntryRow): PointEntry {
  const cause = causeType === null || causeId === null ? null : { type: causeType, id: causeId };
  return { id, amount, reason, note, cause, createdAt };
}
