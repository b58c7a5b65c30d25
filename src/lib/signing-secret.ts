import { randomBytes } from 'node:crypto';

/** A secret of Standard Webhooks: 256 random bits. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
