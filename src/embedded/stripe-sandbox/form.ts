import { invalid } from './errors.ts';

export type Value = string | Value[] | Params;
export type Params = { [name: string]: Value };

const MAX_PAIRS = 2_000;
const MAX_DEPTH = 12;

/** Reads Stripe's form encoding: `items[0][price]=…`, `expand[]=…`. */
export function parseForm(text: string): Params {
  const pairs = [...new URLSearchParams(text)];
  if (pairs.length > MAX_PAIRS) throw invalid('Too many parameters.');
  const root = emptyNode();
  for (const [key, value] of pairs) insert(root, { path: pathOf(key), value });
  return finish(root) as Params;
}

type Node = { entries: Map<string, Node | string>; pushed: number };

function emptyNode(): Node {
  return { entries: new Map(), pushed: 0 };
}

function pathOf(key: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key);
  if (!match) throw invalid(`Received unknown parameter: ${key}`, { code: 'parameter_unknown', param: key });
  const path = [match[1] ?? '', ...[...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, part = '']) => part)];
  if (path.length > MAX_DEPTH) throw invalid('Parameters are nested too deeply.');
  return path;
}

function insert(root: Node, { path, value }: { path: string[]; value: string }): void {
  let node = root;
  for (const [index, part] of path.entries()) {
    const name = part === '' ? String(node.pushed++) : part;
    if (index === path.length - 1) {
      node.entries.set(name, value);
      return;
    }
    const next = node.entries.get(name);
    if (next instanceof Object) {
      node = next;
    } else {
      const made = emptyNode();
      node.entries.set(name, made);
      node = made;
    }
  }
}

function finish(node: Node): Value {
  const names = [...node.entries.keys()];
  const values = [...node.entries.values()].map((one) => (typeof one === 'string' ? one : finish(one)));
  if (names.length > 0 && names.every((name) => /^\d+$/.test(name))) return values;
  return Object.assign(Object.create(null), Object.fromEntries(names.map((name, index) => [name, values[index]])));
}
