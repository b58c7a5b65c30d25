import type { ApiKeyScope } from '#schemas/api-keys.ts';
import { newApiKey, startOf } from '../lib/api-key.ts';
import { newId } from '../lib/ids.ts';
import { hashToken } from '../lib/secrets.ts';

type Input = {
  tenantId: string;
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  allowedAddresses: string[];
  requestsPerMinute: number | null;
  createdBy: string;
  now: Date;
};

/** A new key and the row that knows it again: by its hash, and for people by its first characters. */
export function makeKey({ now, ...input }: Input) {
  const key = newApiKey();
  return { key, row: { ...input, id: newId(), start: startOf(key), keyHash: hashToken(key), createdAt: now } };
}
