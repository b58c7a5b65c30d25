import { randomBytes } from 'node:crypto';

const FORM = /^trk_([A-Za-z0-9_-]{43})$/;
const BYTES = 16;

/** Names a payment to whoever has it: 128 random bits after the id of its brand, which leads every key of the tables. */
export function newTrackingId(tenantId: string): string {
  const brand = Buffer.from(tenantId.replaceAll('-', ''), 'hex');
  return `trk_${Buffer.concat([brand, randomBytes(BYTES)]).toString('base64url')}`;
}

/** The brand that a tracking id belongs to; null for what is none. */
export function tenantOfTrackingId(trackingId: string): string | null {
  const encoded = FORM.exec(trackingId)?.[1];
  if (encoded === undefined) return null;
  const hex = Buffer.from(encoded, 'base64url').subarray(0, BYTES).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
