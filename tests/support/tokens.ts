import { createHmac, createPrivateKey, sign } from 'node:crypto';
import type { TestApp } from './test-app.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function decodeToken(token: string): { header: Record<string, any>; claims: Record<string, any> } {
  const [header = '', claims = ''] = token.split('.');
  const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
  return { header: read(header), claims: read(claims) };
}

/** A token with these very claims and header, well signed with the service's own key. */
export function forge(test: TestApp, claims: object, header: object = {}): string {
  const input = `${part({ alg: 'EdDSA', typ: 'JWT', ...header })}.${part(claims)}`;
  const key = createPrivateKey(test.deps.config.JWT_PRIVATE_KEY);
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

/** The classic confusion: HMAC with the public key as the secret. */
export function forgeHmac(claims: object, secret: string): string {
  const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export function forgeUnsigned(claims: object): string {
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}
