import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrand, PASSWORD } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const isCi = process.env['CI'] === 'true';

// A machine without a browser leaves this out; CI installs one, and fails without it.
describe.runIf(CHROMIUM || isCi)('Swagger UI in a real browser', () => {
  let browser: Browser;
  let page: Page;
  let url: string;
  const problems: string[] = [];

  beforeAll(async () => {
    const test = await startTestApp();
    url = await test.app.listen({ host: '127.0.0.1', port: 0 });
    const brand = await createBrand(test, { name: 'Browser Brand' });
    Object.assign(state, {
      email: brand.owner.email,
      tenantId: brand.tenantId,
      areas: test.app.swagger().tags?.length,
    });
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? 'chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  });
  afterAll(() => browser?.close());

  const state = { email: '', tenantId: '', areas: 0 };

  it('opens from the root and shows every area', async () => {
    await page.goto(url);
    await page.waitForURL(`${url}/docs**`);
    await page.waitForSelector('#operations-tag-Auth');
    await expect.poll(() => page.locator('.opblock-tag').count()).toBe(state.areas);
  });

  it('logs in, authorises, and calls a protected operation', async () => {
    const body = JSON.stringify({ email: state.email, password: PASSWORD });
    const session = await tryOut('Auth-logIn', async (operation) => {
      await operation.locator('textarea.body-param__text').fill(body);
    });
    expect(session.success).toBe(true);

    await page.locator('.auth-wrapper .authorize').first().click();
    await page.locator('.modal-ux input[type=text]').first().fill(session.data.accessToken);
    await page.locator('.modal-ux .auth-btn-wrapper .authorize').first().click();
    await page.locator('.modal-ux .btn-done').first().click();

    const tenant = await tryOut('Tenants-getTenant', async (operation) => {
      await operation.locator('input[placeholder=tenantId]').fill(state.tenantId);
    });
    expect(tenant.data).toMatchObject({ id: state.tenantId, name: 'Browser Brand', status: 'active' });
    expect(problems).toEqual([]);
  });

  async function tryOut(id: string, fill: (operation: ReturnType<Page['locator']>) => Promise<void>): Promise<any> {
    const operation = page.locator(`#operations-${id}`);
    await page.locator(`#operations-tag-${id.split('-')[0]}`).click();
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.execute').waitFor();
    await fill(operation);
    const answer = page.waitForResponse(
      (response) => response.url().includes('/api/v1/') && response.request().method() !== 'OPTIONS',
    );
    await operation.locator('.execute').click();
    return (await answer).json();
  }
});
