import type { Ctx } from '../context.ts';
import { qrPng, qrSvg } from '../lib/qr-codes.ts';
import { requireNamed } from './follow-link.ts';

type Picture = { type: string; body: string | Buffer };

/** The QR code of a link, to be printed or shown. */
export async function showQr(ctx: Ctx, { code, format }: { code: string; format: 'svg' | 'png' }): Promise<Picture> {
  const named = await requireNamed(ctx, code);
  const url = `${ctx.baseUrl}/r/${named.code}`;
  return format === 'svg' ? { type: 'image/svg+xml', body: qrSvg(url) } : { type: 'image/png', body: qrPng(url) };
}
