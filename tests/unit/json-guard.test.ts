import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault, MAX_JSON_DEPTH, MAX_JSON_KEYS } from '#src/lib/json-guard.ts';

fc.configureGlobal({ seed: 20_261_123 });

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => `${'{"a":'.repeat(levels)}null${'}'.repeat(levels)}`;
const keys = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;

describe('findJsonFault', () => {
  it('finds nothing in any JSON that is written without tricks', () => {
    const property = fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(4), (value, indent) => {
      expect(findJsonFault(JSON.stringify(value, null, indent))).toBeNull();
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each(['{"a":1,"a":2}', '{"a":{},"a":{}}', '[{"a":1,"b":2, "a" : 3}]', '{"x":{"a":1,"a":1}}', '{"":1,"":2}'])(
    'refuses a key that stands twice in one object: %s',
    (text) => expect(findJsonFault(text)).toMatch(/same key twice/),
  );

  it.each(['{"a":1,"\\u0061":2}', '{"\\u0061":1,"a":2}', '{"\\n":1,"\\u000a":2}', '{"\\"":1,"\\u0022":2}'])(
    'knows a key in every spelling: %s',
    (text) => expect(findJsonFault(text)).toMatch(/same key twice/),
  );

  it.each([
    ...['{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '{"a":"a","b":"a"}', '{"a":["a","a"]}', '{"a":1,"A":1}'],
    ...['{"a":"{\\"b\\":1,\\"b\\":2}"}', '{"a\\\\":1,"a":2}', '"a"', '[]', 'null', '', '   '],
  ])('lets the same word stand elsewhere: %s', (text) => expect(findJsonFault(text)).toBeNull());

  it('finds a doubled key wherever it is hidden', () => {
    const name = fc.string({ minLength: 1, maxLength: 5 });
    const property = fc.property(fc.jsonValue({ maxDepth: 2 }), name, fc.boolean(), (value, key, isEscaped) => {
      const spelled = isEscaped ? `"${[...key].map(escaped).join('')}"` : JSON.stringify(key);
      const text = `[${JSON.stringify(value)},{${JSON.stringify(key)}:${JSON.stringify(value)},${spelled}:1}]`;
      expect(findJsonFault(text)).toMatch(/same key twice/);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('bounds the depth', () => {
    expect(findJsonFault(nested(MAX_JSON_DEPTH))).toBeNull();
    expect(findJsonFault(objects(MAX_JSON_DEPTH))).toBeNull();
    expect(findJsonFault(nested(MAX_JSON_DEPTH + 1))).toMatch(/nested deeper/);
    expect(findJsonFault(objects(MAX_JSON_DEPTH + 1))).toMatch(/nested deeper/);
    expect(findJsonFault('['.repeat(1_000_000))).toMatch(/nested deeper/);
    expect(findJsonFault(`["${'['.repeat(1000)}"]`)).toBeNull();
    expect(findJsonFault(`[${'[],'.repeat(1000)}[]]`)).toBeNull();
  });

  it('bounds the number of keys', () => {
    expect(findJsonFault(keys(MAX_JSON_KEYS))).toBeNull();
    expect(findJsonFault(keys(MAX_JSON_KEYS + 1))).toMatch(/more than 20000 keys/);
    expect(findJsonFault(`[${'{"a":1},'.repeat(MAX_JSON_KEYS)}{"a":1}]`)).toMatch(/more than 20000 keys/);
  });

  it('ends on text that is no JSON at all', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect([null, 'string']).toContain(findJsonFault(text) === null ? null : typeof findJsonFault(text));
    });
    fc.assert(property, { numRuns: 500 });
    for (const text of ['"', '{"', '{"\\', '{"a\\u00":1}', '}}}}', ']', '{"a" '])
      expect(() => findJsonFault(text)).not.toThrow();
  });
});

function escaped(letter: string): string {
  return [...Array(letter.length).keys()]
    .map((index) => `\\u${letter.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}
