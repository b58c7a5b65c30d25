/** Bounds on a JSON body beyond its size: what JSON.parse accepts but no honest client sends. */
export const MAX_JSON_DEPTH = 32;
export const MAX_JSON_KEYS = 20_000;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN = new Set([123, 91]);
const CLOSE = new Set([125, 93]);
const OBJECT_OPEN = 123;

/**
 * Scans well-formed JSON text once and says what is wrong with it, or null. Duplicate keys are refused because
 * parsers disagree on which one counts (RFC 8259, section 4).
 */
export function findJsonFault(text: string): string | null {
  const scopes: (Set<string> | null)[] = [];
  let keys = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      const end = endOfString(text, index);
      const scope = scopes.at(-1);
      if (scope && isKey(text, end)) {
        const key = readString(text.slice(index, end));
        if (scope.has(key)) return 'The body has the same key twice in one object.';
        scope.add(key);
        keys += 1;
        if (keys > MAX_JSON_KEYS) return `The body has more than ${MAX_JSON_KEYS} keys.`;
      }
      index = end;
      continue;
    }
    if (OPEN.has(code)) {
      if (scopes.length === MAX_JSON_DEPTH) return `The body is nested deeper than ${MAX_JSON_DEPTH} levels.`;
      scopes.push(code === OBJECT_OPEN ? new Set() : null);
    } else if (CLOSE.has(code)) scopes.pop();
    index += 1;
  }
  return null;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== QUOTE) {
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  }
  return index + 1;
}

function isKey(text: string, end: number): boolean {
  let index = end;
  while (text.charCodeAt(index) <= 32) index += 1;
  return text.charCodeAt(index) === COLON;
}

// An unfinished escape is left to JSON.parse of the whole body, which reports it.
function readString(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal);
  } catch {
    return literal;
  }
}
