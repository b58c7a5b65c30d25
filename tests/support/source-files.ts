import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseAst } from 'vitest/node';

export const ROOT = resolve(import.meta.dirname, '../..');

/** `target` is a file of ours, from the root; `name` a package or a `node:` module. `names` are its values, not types. */
export type Import = { specifier: string; target?: string; name?: string; names: string[]; typeOnly: boolean };

export type SourceFile = {
  path: string;
  lines: number;
  imports: Import[];
  /** What the code reads that is not a parameter: `Date.now`, `process.env`, `new Date()`, `async`. */
  uses: Set<string>;
  functions: { line: number; lines: number }[];
  /** Hands on what another file exports. */
  isBarrel: boolean;
};

type Node = { type: string; start: number; end: number } & Record<string, any>;

export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .map((path) => parseSource(path, readFileSync(join(ROOT, path), 'utf8'))),
  );
}

export function parseSource(path: string, text: string): SourceFile {
  const nodes = [...walk(parseAst(text, { lang: 'ts' }) as unknown as Node)];
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  return {
    path,
    lines: text.split('\n').length - 1,
    imports: nodes.flatMap((node) => importOf(path, node)),
    uses: new Set(nodes.flatMap(useOf)),
    functions: nodes
      .filter(({ type }) => /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type))
      .map(({ start, end }) => ({ line: lineAt(start), lines: lineAt(end) - lineAt(start) + 1 })),
    isBarrel: nodes.some(({ type, source }) => /^Export(All|Named)Declaration$/.test(type) && Boolean(source)),
  };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child === 'object' && typeof child.type === 'string') yield* walk(child);
    }
  }
}

function importOf(path: string, node: Node): Import[] {
  if (!/^(Import|ExportAll|ExportNamed)Declaration$|^ImportExpression$|^TSImportType$/.test(node.type)) return [];
  if (typeof node['source']?.value !== 'string') return [];
  const specifier: string = node['source'].value;
  const specifiers: Node[] = node['specifiers'] ?? [];
  const kinds = [node['importKind'] ?? node['exportKind'], node.type === 'TSImportType' ? 'type' : 'value'];
  const allTypes = specifiers.length > 0 && specifiers.every(({ importKind }) => importKind === 'type');
  const values = specifiers.filter(({ importKind }) => importKind !== 'type');
  const names = values.map(({ imported, local }) => imported?.name ?? local?.name ?? '*');
  return [{ specifier, ...resolveSpecifier(path, specifier), names, typeOnly: kinds.includes('type') || allTypes }];
}

function resolveSpecifier(path: string, specifier: string): { target: string } | { name: string } {
  if (specifier.startsWith('.')) return { target: relative(ROOT, join(ROOT, dirname(path), specifier)) };
  if (specifier.startsWith('#')) return { target: specifier.slice(1) };
  if (specifier.startsWith('node:')) return { name: specifier };
  const parts = specifier.split('/');
  return { name: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
}

function useOf(node: Node): string[] {
  if (node['async'] === true) return ['async'];
  if (node.type === 'AwaitExpression') return ['async'];
  if (node.type === 'NewExpression' && node['callee'].name === 'Date' && node['arguments'].length === 0) {
    return ['new Date()'];
  }
  if (node.type !== 'MemberExpression') return [];
  const name = `${node['object'].name}.${node['property'].name ?? node['property'].value}`;
  return /^(Date\.now|Math\.random|process\.env|performance\.now|Promise\.\w+)$/.test(name) ? [name] : [];
}
