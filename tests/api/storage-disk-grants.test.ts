import { describe, expect, it } from 'vitest';
import { textPart } from '../support/files.ts';
import { confirm, grant, send } from '../support/grants.ts';
import { createBrand } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();

describe('a grant of ours', () => {
  it('ends when it says', async () => {
    const brand = await createBrand(test);
    const part = textPart();
    const { url, headers = {}, key, expiresAt } = await grant(test, brand, part);
    const at = (seconds: number) => new Date(Date.parse(expiresAt) + seconds * 1000).toISOString();
    const put = (seconds: number) =>
      test.app.inject({
        method: 'PUT',
        url: url.slice(url.indexOf('/files/')),
        headers: { ...headers, 'x-test-clock': at(seconds) },
        payload: part.bytes,
      });
    expect((await put(0)).statusCode).toBe(403);
    expect((await put(-1)).statusCode).toBe(200);
    expect((await confirm(test, brand, key)).status).toBe(200);
  });

  it('used again with too little leaves what was sent rightly; with far too much it is told so', async () => {
    const brand = await createBrand(test);
    const part = textPart('just this');
    const granted = await grant(test, brand, part);
    expect(await send(test, granted, part.bytes)).toBe(200);
    expect(await send(test, granted, part.bytes.subarray(1))).toBe(400);
    const address = await test.app.listen({ host: '127.0.0.1', port: 0 });
    const { pathname, search } = new URL(granted.url);
    const body = new Uint8Array(8_000_000);
    const answer = await fetch(`${address}${pathname}${search}`, {
      method: 'PUT',
      body,
      headers: granted.headers ?? {},
    });
    expect(answer.status).toBe(413);
    expect((await confirm(test, brand, granted.key)).status).toBe(200);
  });

  it('is nothing without its signature', async () => {
    const brand = await createBrand(test);
    const part = textPart();
    const { url, headers = {} } = await grant(test, brand, part);
    const changes = [
      (text: string) => text.replace(/size=\d+/, 'size=999'),
      (text: string) => text.replace(/expires=\d/, 'expires=9'),
      (text: string) => text.replace(/&signature=[^&]*/, ''),
      (text: string) => text.replace('type=text%2Fplain', 'type=text%2Fhtml'),
      (text: string) => text.replace('/incoming/', '/'),
      (text: string) => text.replace('/incoming/', '/public/'),
      (text: string) => `${text}&size=1`,
    ];
    for (const change of changes) {
      const path = change(url.slice(url.indexOf('/files/')));
      const answer = await test.app.inject({ method: 'PUT', url: path, headers, payload: part.bytes });
      expect(answer.statusCode, path).toBe(403);
    }
  });
});
