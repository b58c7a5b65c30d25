import { expect } from 'vitest';
import { fetchFile, type Part } from './files.ts';
import type { Brand } from './people.ts';
import type { Answer, TestApp } from './test-app.ts';

export type Grant = {
  key: string;
  method: string;
  url: string;
  fields?: Record<string, string>;
  headers?: Record<string, string>;
};
export type Asked = { purpose: string; filename: string; contentType: string; size: number; visibility?: string };

export const ask = (test: TestApp, { tenantId, owner }: Brand, asked: Asked) =>
  test.call('POST', 'storage/presigned-url', { token: owner.token, body: { tenantId, ...asked } });

export async function grant(
  test: TestApp,
  brand: Brand,
  { bytes, type = '', filename = '' }: Part,
  purpose = 'document',
) {
  const answer = await ask(test, brand, { purpose, filename, contentType: type, size: bytes.length });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data as Grant & { expiresAt: string };
}

/** Sends it as the grant says: a form over the network, or a PUT in the same process. */
export async function send(
  test: TestApp,
  { method, url, fields = {}, headers = {} }: Grant,
  bytes: Buffer,
): Promise<number> {
  if (method === 'PUT') {
    const { pathname, search } = new URL(url);
    return (await test.app.inject({ method, url: `${pathname}${search}`, headers, payload: bytes })).statusCode;
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(bytes)]), 'sent');
  return (await fetch(url, { method, body: form })).status;
}

export const confirm = (test: TestApp, { owner }: Brand, key: string): Promise<Answer> =>
  test.call('POST', 'storage/confirm', { token: owner.token, body: { key } });

export const isSent = (status: number) => status >= 200 && status < 300;

export async function fetchAnywhere(test: TestApp, url: string): Promise<Buffer> {
  if (url.includes('/files/')) return (await fetchFile(test, url)).bytes;
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}
