import { createHash, createHmac } from 'node:crypto';
import { networkOf } from './addresses.ts';

type Visit = { tenantId: string; ipAddress: string; userAgent: string | null };

/** Knows a visitor again on one day, and tells nothing of who it was: the salt is deleted after the day (RL2). */
export function visitorHash(salt: string, { tenantId, ipAddress, userAgent }: Visit): string {
  return createHmac('sha256', salt)
    .update(JSON.stringify([tenantId, networkOf(ipAddress), userAgent ?? '']))
    .digest('base64url');
}

/** The id that a client has for its visitor, as it is kept. */
export function visitorKey(tenantId: string, visitorId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenantId, visitorId]))
    .digest('base64url');
}
