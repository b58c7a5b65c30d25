import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Storage } from '#src/clients/storage-s3.ts';
import { afterFile } from '../support/after-file.ts';
import { imageOf } from '../support/files.ts';
import { createBrand } from '../support/people.ts';
import { environmentOf, realS3, startS3rver } from '../support/stores.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startTestApp } from '../support/test-app.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const isCi = process.env['CI'] === 'true';
const real = realS3();

// A machine without a browser leaves this out; CI installs one, and starts a real server that enforces policies.
describe.runIf(CHROMIUM || isCi)('a form of a page, sent to an S3 server', () => {
  let browser: Browser;
  let pages: string;
  let html = '';

  beforeAll(async () => {
    const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterFile(() => server.close());
    pages = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? 'chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
  });
  afterAll(() => browser?.close());

  /** Chooses the file and sends the form: the status of the store's answer. */
  async function submit(grant: { url: string; fields: Record<string, string> }, file: string): Promise<number> {
    const inputs = Object.entries(grant.fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('"', '&quot;')}">`,
    );
    html = `<form action="${grant.url}" method="post" enctype="multipart/form-data">${inputs.join('')}
      <input type="file" name="file"><button>Send</button></form>`;
    const page = await browser.newPage();
    await page.goto(pages);
    await page.locator('input[type=file]').setInputFiles(file);
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.locator('button').click();
    const status = (await answer).status();
    await page.close();
    return status;
  }

  it('is taken as granted, confirmed, and shown; another file is not', async () => {
    const options = real ?? (await startS3rver());
    await createS3Storage(options).check();
    const test = await startTestApp(environmentOf(options));
    const { tenantId, owner } = await createBrand(test);
    const address = await test.app.listen({ host: '127.0.0.1', port: 0 });
    const picture = await imageOf({ width: 600, height: 400, exif: true, as: 'jpeg' });
    const folder = tempDir();
    const [good, bad] = [join(folder, 'good.jpg'), join(folder, 'bad.jpg')];
    await writeFile(good, picture);
    await writeFile(bad, Buffer.concat([picture, Buffer.from('and more')]));
    const body = {
      tenantId,
      purpose: 'product',
      filename: 'good.jpg',
      contentType: 'image/jpeg',
      size: picture.length,
    };
    const grant = async () => {
      const answer = await test.call('POST', 'storage/presigned-url', { token: owner.token, body });
      expect(answer.status, answer.text).toBe(201);
      return answer.body.data;
    };

    const granted = await grant();
    expect(await submit(granted, good)).toBeLessThan(300);
    const done = await test.call('POST', 'storage/confirm', { token: owner.token, body: { key: granted.key } });
    expect(done.status, done.text).toBe(200);
    const page = await browser.newPage();
    const { pathname } = new URL(done.body.data.file.images.medium);
    const shown = await page.goto(`${address}${pathname}`);
    expect(shown?.headers()['content-type']).toBe('image/webp');
    expect(await page.evaluate('document.images[0].naturalWidth')).toBe(480);

    if (!real) return;
    const another = await grant();
    expect(await submit(another, bad)).toBeGreaterThanOrEqual(400);
    const lying = { ...another, fields: { ...another.fields, 'Content-Type': 'text/html' } };
    expect(await submit(lying, good)).toBe(403);
    const elsewhere = { ...another, fields: { ...another.fields, key: granted.fields.key } };
    expect(await submit(elsewhere, good)).toBe(403);
    const missing = await test.call('POST', 'storage/confirm', { token: owner.token, body: { key: another.key } });
    expect(missing.body.error.code).toBe('UPLOAD_MISSING');
  });
});
