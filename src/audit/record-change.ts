import type { Db } from '#db/client.ts';
import { insertAuditEntry } from '#db/queries/audit.ts';
import type { Actor } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { describeChange, type Fields } from './rules.ts';

export type Change = {
  tenantId: string;
  /** noun.verb in the past: store.updated */
  action: string;
  target: { type: string; id: string };
  before?: Fields | null;
  after?: Fields | null;
  now: Date;
};

type Who = { actor: Actor; requestId: string; ipAddress: string | null };

/** Writes a change into the brand's audit log, in the transaction that makes it. What changes nothing is no entry. */
export async function recordChange(ctx: Who, { db, ...change }: Change & { db: Db }): Promise<void> {
  const { tenantId, action, target, before = null, after = null, now } = change;
  const { requestId, ipAddress } = ctx;
  const difference = describeChange(before, after);
  if (!difference) return;
  await insertAuditEntry(db, {
    tenantId,
    id: newId(),
    ...actorOf(ctx.actor),
    action,
    targetType: target.type,
    targetId: target.id,
    ...difference,
    requestId,
    ipAddress,
    createdAt: now,
  });
}

function actorOf(actor: Actor) {
  if (actor.type === 'user') return { actorType: 'user' as const, actorId: actor.userId };
  if (actor.type === 'apiKey') return { actorType: 'apiKey' as const, actorId: actor.apiKeyId };
  return { actorType: 'system' as const, actorId: null };
}
