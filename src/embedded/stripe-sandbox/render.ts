import { invalid } from './errors.ts';
import { INCLUDABLE, REFERENCES } from './references.ts';
import { find, type Session } from './session.ts';

type Node = Record<string, unknown>;

/** An object as a client sees it: without what the sandbox keeps for itself, and with what the client wants expanded. */
export function render(session: Session, object: object, expand: readonly string[] = []): object {
  const root = visible(object) as Node;
  for (const path of expand) expandAt(session, { node: root, names: path.split('.'), path });
  return root;
}

function visible(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !name.startsWith('_'));
  return Object.fromEntries(entries.map(([name, one]) => [name, visible(one)]));
}

type Step = { node: Node; names: string[]; path: string };

function expandAt(session: Session, { node, names: [name = '', ...rest], path }: Step): void {
  const include = INCLUDABLE[`${node['object']}.${name}`];
  if (include) node[name] = visible(include(session, String(node['id'])));
  const value = node[name];
  if (value === undefined) throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
  const isPlainValue = typeof value !== 'object' && REFERENCES[name] === undefined;
  if (isPlainValue) throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
  node[name] = Array.isArray(value)
    ? value.map((one) => resolved(session, { name, value: one }))
    : resolved(session, { name, value });
  if (rest.length === 0) return;
  for (const next of [node[name]].flat()) {
    if (typeof next === 'object' && next !== null) expandAt(session, { node: next as Node, names: rest, path });
  }
}

function resolved(session: Session, { name, value }: { name: string; value: unknown }): unknown {
  const collection = REFERENCES[name];
  if (typeof value !== 'string' || !collection) return value;
  const found = find(session, { in: collection, id: value });
  return found ? visible(found) : value;
}
