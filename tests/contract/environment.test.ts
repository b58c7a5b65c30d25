import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, VARIABLES } from '#src/config.ts';
import { ROOT } from '../support/source-files.ts';

const names = Object.keys(VARIABLES).sort();
const read = (name: string) => readFile(join(ROOT, name), 'utf8');

/** Rows of a table like | `PORT` | 3000 | … |, wherever in the text they stand. */
function tableRows(text: string): { name: string; fallback: string }[] {
  const rows = text.matchAll(/^\| *`([A-Z][A-Z0-9_]*)` *\| *([^|]*?) *\|/gm);
  return [...rows].map(([, name = '', fallback = '']) => ({ name, fallback: fallback.replaceAll('`', '') }));
}

describe('the variables of the configuration', () => {
  it('are the rows of the table in README.md', async () => {
    const rows = tableRows(await read('README.md')).map(({ name }) => name);
    expect(rows.sort()).toEqual(names);
  });

  it('are the lines of .env.example', async () => {
    const lines = (await read('.env.example')).matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm);
    // compose.yaml alone reads POSTGRES_PASSWORD.
    expect([...lines].map(([, name]) => name).sort()).toEqual([...names, 'POSTGRES_PASSWORD'].sort());
  });

  it('have in README.md the defaults that they have in the code', async () => {
    const defaults: Record<string, unknown> = readSettings({});
    const told = tableRows(await read('README.md')).filter(({ name }) => /string|number/.test(typeof defaults[name]));
    expect(told.length).toBeGreaterThan(8);
    expect(told).toEqual(told.map(({ name }) => ({ name, fallback: String(defaults[name]) })));
  });

  it('make a valid .env.example', async () => {
    const lines = (await read('.env.example')).matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm);
    expect(() => readSettings(Object.fromEntries([...lines].map(([, name, value]) => [name, value])))).not.toThrow();
  });
});
