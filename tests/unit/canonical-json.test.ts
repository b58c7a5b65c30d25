import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#src/lib/canonical-json.ts';

const json = fc.jsonValue({ maxDepth: 5 });

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

// JSON has one zero.
const parsed = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('canonical JSON', () => {
  it('is one text for one value, whatever the order of the keys at any depth', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('says everything that the value says', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(parsed(value));
      }),
    );
  });

  it('tells any two values apart', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isDeepStrictEqual(parsed(a), parsed(b)));
      }),
    );
  });

  it.each([
    ['the order of a list', ['a', 'b'], ['b', 'a']],
    ['a number and its text', { n: 1 }, { n: '1' }],
    ['null and nothing', { n: null }, {}],
    ['false, 0 and empty', [false], [0]],
    ['an empty list and an empty object', [], {}],
    ['where a value stands', { a: { b: 1 } }, { a: {}, b: 1 }],
    ['where a text ends', ['a,b'], ['a', 'b']],
    ['two forms of one letter', { name: 'é' }, { name: 'e\u0301' }],
  ])('tells %s apart', (_name, a, b) => {
    expect(canonicalJson(a)).not.toBe(canonicalJson(b));
  });

  it('takes names that look like numbers, and those of every object', () => {
    const a = { 10: 'x', 9: 'y', b: 1, constructor: 2, toString: 3 };
    const b = { toString: 3, constructor: 2, b: 1, 9: 'y', 10: 'x' };
    expect(canonicalJson(a)).toBe(canonicalJson(b));
    expect(JSON.parse(canonicalJson(a))).toEqual(parsed(a));
  });

  it('takes a date by its instant, and nothing for null', () => {
    expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
    expect(canonicalJson(undefined)).toBe('null');
    expect(canonicalJson([{}, undefined])).toBe('[{},null]');
  });
});
