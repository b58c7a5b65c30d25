import type { Answer } from './test-app.ts';

export type Call = (
  method: string,
  path: string,
  options?: { token?: string; body?: unknown; timeoutMs?: number },
) => Promise<Answer>;

/** Calls a server over the network as `startTestApp` does without one. Throws when no answer comes. */
export function httpCaller(url: string): Call {
  return async (method, path, { token, body, timeoutMs = 30_000 } = {}) => {
    const response = await fetch(`${url}${path.startsWith('/') ? path : `/api/v1/${path}`}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, body: isJson ? JSON.parse(text) : null, headers, text };
  };
}
