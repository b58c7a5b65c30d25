import { describe, expect, it } from 'vitest';
import { importFault } from '../support/import-rules.ts';
import { parseSource, readSources, type SourceFile } from '../support/source-files.ts';

const PRODUCT = ['src', 'routes', 'schemas', 'db', 'openapi'];
const files = readSources(PRODUCT).filter(({ path }) => !path.startsWith('db/migrations/'));
const tests = readSources(['tests']);
const isDomain = (path: string) => /^src\/(?!lib|plugins|clients|embedded)[\w-]+\/[\w-]+\.ts$/.test(path);
const pathsUsing = (what: string, where: (path: string) => boolean = () => true) =>
  files.filter(({ path, uses }) => uses.has(what) && where(path)).map(({ path }) => path);

describe('who may import whom', () => {
  it('follows the table of style.md', () => {
    const faults = files.flatMap((file) => file.imports.map((wanted) => importFault(file, wanted)));
    expect(faults.filter(Boolean)).toEqual([]);
    expect(faults.length).toBeGreaterThan(400);
  });

  it('refuses what points upwards', () => {
    const cases: [string, string][] = [
      ['schemas/a.ts', `import { x } from '#src/lib/ids.ts'`],
      ['db/schema/a.ts', `import { x } from '../queries/users.ts'`],
      ['db/queries/a.ts', `import { x } from '#src/lib/ids.ts'`],
      ['db/queries/a.ts', `import { tenantRoles } from '#schemas/team.ts'`],
      ['src/lib/a.ts', `import type { Ctx } from '../context.ts'`],
      ['src/a/rules.ts', `import { now } from '../clients/clock.ts'`],
      ['src/a/rules.ts', `import { randomInt } from 'node:crypto'`],
      ['src/a/claim-b.ts', `import type { FastifyRequest } from 'fastify'`],
      ['src/a/claim-b.ts', `import { eq } from 'drizzle-orm'`],
      ['src/a/claim-b.ts', `import { users } from '#db/schema/users.ts'`],
      ['src/a/claim-b.ts', `import { createMailer } from '../clients/mail.ts'`],
      ['src/a/claim-b.ts', `import { logIn } from '../auth/log-in.ts'`],
      ['src/a/claim-b.ts', `import { readSettings } from '../config.ts'`],
      ['src/a/claim-b.ts', `export { aRoute } from '#routes/auth/log-in.ts'`],
      ['src/clients/a.ts', `import { logIn } from '../auth/log-in.ts'`],
      ['routes/a/b.ts', `import { users } from '#db/schema/users.ts'`],
      ['routes/a/b.ts', `const { sql } = await import('drizzle-orm')`],
      ['routes/a/b.ts', `import Stripe from 'stripe'`],
      ['src/a/claim.ts', `import { x } from '../lib/ids.ts'`],
    ];
    for (const [path, text] of cases) {
      const file = parseSource(path, text);
      expect(file.imports, text).toHaveLength(1);
      expect(file.imports.map((one) => importFault(file, one)).filter(Boolean), `${path}: ${text}`).toHaveLength(1);
    }
  });

  it('crosses folders with the # map, and stays relative inside one', () => {
    const faults = [...files, ...tests].flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, target }) => {
        if (target === undefined || target === 'package.json') return [];
        const isInside = path.split('/')[0] === target.split('/')[0];
        return isInside === specifier.startsWith('.') ? [] : [`${path}: ${specifier}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  it('has no cycle', () => {
    expect(findCycle(files)).toBeNull();
    const a = parseSource('src/a.ts', `import { b } from './b.ts'`);
    const b = parseSource('src/b.ts', `import { a } from './a.ts'`);
    expect(findCycle([a, b])).toEqual(['src/a.ts', 'src/b.ts', 'src/a.ts']);
  });

  it('has no barrel file', () => {
    expect(files.filter(({ isBarrel }) => isBarrel).map(({ path }) => path)).toEqual([]);
  });
});

describe('size and place', () => {
  it('keeps files at 300 lines and functions at 40', () => {
    expect(files.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
    const long = files.flatMap(({ path, functions }) =>
      functions.filter(({ lines }) => lines > 40).map(({ line, lines }) => `${path}:${line}: ${lines}`),
    );
    expect(long).toEqual([]);
  });

  it('averages at most 60 lines a file', () => {
    const counted = files.filter(({ path }) => !path.startsWith('openapi/'));
    const total = counted.reduce((sum, { lines }) => sum + lines, 0);
    expect(total / counted.length).toBeLessThanOrEqual(60);
  });

  it('nests at most three levels inside a top-level folder', () => {
    expect([...files, ...tests].filter(({ path }) => path.split('/').length > 4).map(({ path }) => path)).toEqual([]);
  });
});

describe('what code may reach for', () => {
  it('reads the environment in one place', () => {
    expect(pathsUsing('process.env')).toEqual(['src/config.ts']);
  });

  it('keeps clock and chance out of domains, schemas, queries and routes', () => {
    const isDecided = (path: string) => isDomain(path) || /^(schemas|routes|db\/queries|db\/schema)\//.test(path);
    for (const use of ['new Date()', 'Date.now', 'Math.random']) expect(pathsUsing(use, isDecided), use).toEqual([]);
  });

  it('keeps rules synchronous', () => {
    const isRule = (path: string) => /\/(rules|errors)\.ts$/.test(path) && isDomain(path);
    expect(files.filter(({ path }) => isRule(path)).length).toBeGreaterThan(5);
    expect(pathsUsing('async', isRule)).toEqual([]);
  });

  it('sees each of them where it is', () => {
    const text = 'const a = [new Date(), Date.now(), Math.random(), process.env.HOME]; async () => {};';
    const uses = ['new Date()', 'Date.now', 'Math.random', 'process.env', 'async'];
    expect([...parseSource('src/a.ts', text).uses].sort()).toEqual(uses.sort());
    expect([...parseSource('src/a.ts', '// new Date()\nnew Date(0)').uses]).toEqual([]);
  });
});

/** The first cycle of imports that exist at run time. */
function findCycle(sources: readonly SourceFile[]): string[] | null {
  const edges = new Map(
    sources.map(({ path, imports }) => [path, imports.flatMap((one) => (one.typeOnly ? [] : (one.target ?? [])))]),
  );
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const target of edges.get(path) ?? []) {
      const cycle = visit(target, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const path of edges.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return null;
}
