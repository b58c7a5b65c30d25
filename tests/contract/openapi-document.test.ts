import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateDocument } from '#openapi/generate.ts';
import { documentOf, operationsOf, resolveRefs } from '../support/operations.ts';
import { ROOT } from '../support/source-files.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const committed = await readFile(join(ROOT, 'openapi/openapi.json'), 'utf8');

/** The published surface: contract, sections 2 to 4, the paths marked S. */
const PUBLISHED = [
  ['GET', '/api/v1/health'],
  ['GET', '/api/v1/health/live'],
  ['GET', '/api/v1/health/ready'],
  ['POST', '/api/v1/auth/login'],
  ['GET', '/api/v1/auth/verify'],
  ['POST', '/api/v1/auth/refresh'],
  ['POST', '/api/v1/auth/logout'],
  ['GET', '/api/v1/tenants/public'],
  ['GET', '/api/v1/tenants/public/{subdomain}'],
  ['GET', '/api/v1/stores/tenant/{tenantId}'],
  ['GET', '/api/v1/stores/tenant/{tenantId}/default'],
] as const;

describe('the committed document', () => {
  it('is what the generator makes', async () => {
    expect(committed).toBe(await generateDocument());
  });

  it('is what the service answers', async () => {
    const answer = await test.call('GET', 'openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(JSON.parse(committed));
  });

  it('is OpenAPI 3.1 whose references all lead somewhere', () => {
    const document = JSON.parse(committed);
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    const references = [...committed.matchAll(/"\$ref": "([^"]+)"/g)].map(([, $ref = '']) => $ref);
    expect(references.length).toBeGreaterThan(20);
    for (const $ref of new Set(references)) expect(() => resolveRefs(document, { $ref }), $ref).not.toThrow();
  });

  it('closes no object: a client must accept fields that a later version adds', () => {
    expect(committed).not.toContain('"additionalProperties": false');
  });
});

describe('the published surface', () => {
  it.each(PUBLISHED)('%s %s is documented', (method, path) => {
    const found = operationsOf(test.app).filter((one) => one.path === path && one.method === method);
    expect(found).toHaveLength(1);
  });

  it.each(PUBLISHED)('%s %s is served, with and without a slash at its end', async (method, path) => {
    for (const url of [path.replace(/\{\w+\}/, 'x'), `${path.replace(/\{\w+\}/, 'x')}/`]) {
      const answer = await test.call(method, url);
      expect(answer.status, url).not.toBe(405);
      expect(answer.body?.error?.code, url).not.toBe('ROUTE_NOT_FOUND');
    }
  });

  it('serves the health paths at the root too', async () => {
    for (const path of ['/health', '/health/live', '/health/ready']) {
      expect((await test.call('GET', path)).body, path).toMatchObject({ success: true });
    }
  });

  it('has no path that ends in a slash', () => {
    expect(Object.keys(documentOf(test.app).paths).filter((path) => path.endsWith('/'))).toEqual([]);
  });

  it('shows Swagger UI at /docs', async () => {
    const answer = await test.call('GET', '/docs/');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
  });
});
