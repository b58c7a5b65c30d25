import type { Db } from '#db/client.ts';
import { ensureSalt } from '#db/queries/referral-clicks.ts';
import { newToken } from '../../lib/secrets.ts';
import { visitorHash, visitorKey } from '../../lib/visitors.ts';

type Visit = {
  tenantId: string;
  ipAddress: string;
  userAgent: string | null;
  visitorId?: string | undefined;
  now: Date;
};
export type Visitor = { visitorHash: string; visitorKey: string | null };

/** Who visits, for today, and for whoever has an id for them longer. */
export async function knowVisitor(db: Db, { visitorId, now, ...visit }: Visit): Promise<Visitor> {
  const day = now.toISOString().slice(0, 10);
  const salt = await ensureSalt(db, { day, salt: newToken('') });
  const hash = visitorHash(salt, visit);
  return { visitorHash: hash, visitorKey: visitorId === undefined ? null : visitorKey(visit.tenantId, visitorId) };
}
