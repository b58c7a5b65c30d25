import type { Device } from '#schemas/referrals.ts';

/** What the browser says that it runs on. */
export function deviceOf(userAgent: string | null): Device {
  if (userAgent === null) return 'other';
  if (/ipad|tablet|android(?!.*mobile)/i.test(userAgent)) return 'tablet';
  if (/mobi|iphone|ipod/i.test(userAgent)) return 'mobile';
  return /windows|macintosh|linux|cros/i.test(userAgent) ? 'desktop' : 'other';
}

const MOST_LETTERS = 100;

/** Where a click came from: utm_source of the address, else the host that referred, else `direct`. */
export function sourceOf({
  landingUrl,
  referrerUrl,
}: {
  landingUrl?: string | undefined;
  referrerUrl?: string | undefined;
}): string {
  const named = landingUrl && URL.canParse(landingUrl) ? new URL(landingUrl).searchParams.get('utm_source') : null;
  const host = referrerUrl && URL.canParse(referrerUrl) ? new URL(referrerUrl).hostname.replace(/^www\./, '') : null;
  // Some mail tools put the reader's address there: it is not kept.
  const source = ((named?.includes('@') ? null : named?.trim()) || host || 'direct').toLowerCase();
  return source.replaceAll('\u0000', '').slice(0, MOST_LETTERS).toWellFormed() || 'direct';
}
