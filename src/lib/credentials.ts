import type { IncomingHttpHeaders } from 'node:http';
import { isApiKey } from './api-key.ts';
import { AppError, INVALID_API_KEY, UNAUTHORIZED } from './errors.ts';

export type Credential = { type: 'accessToken'; token: string } | { type: 'apiKey'; key: string };

/** The one credential of a request, in either of its headers. Two different ones are refused: which is meant? */
export function readCredential(headers: IncomingHttpHeaders): Credential | null {
  const token = bearerToken(headers.authorization);
  const header = headers['x-api-key'];
  if (header === undefined) return token === null ? null : credentialOf(token);
  const key = String(header).trim();
  if (token !== null && token !== key) throw new AppError(UNAUTHORIZED);
  if (!isApiKey(key)) throw new AppError(INVALID_API_KEY);
  return { type: 'apiKey', key };
}

function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null;
  const match = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header);
  if (!match?.[1]) throw new AppError(UNAUTHORIZED);
  return match[1];
}

// An access token has dots and never this prefix.
function credentialOf(token: string): Credential {
  if (!token.startsWith('ttx_')) return { type: 'accessToken', token };
  if (!isApiKey(token)) throw new AppError(INVALID_API_KEY);
  return { type: 'apiKey', key: token };
}
