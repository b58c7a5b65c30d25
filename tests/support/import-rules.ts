import type { Import, SourceFile } from './source-files.ts';

type Layer = { name: string; files: RegExp; values: readonly string[]; types?: readonly string[]; packages: RegExp };

const NO_PACKAGE = /^$/;
const NODE = /^node:/;
const NOT_SQL = /^(?!drizzle|postgres$)/;
const DECISIONS = ['lib', 'rules', 'refusals', 'access'];
const BELOW_ENTRY = [
  ...DECISIONS,
  ...['schemas', 'queries', 'database', 'migrations', 'context', 'config', 'version', 'logger', 'command'],
  ...[
    'clients',
    'plugins',
    'announce',
    'presenter',
    'step',
    'intake',
    'operation',
    'prepare',
    'routes',
    'deps',
    'app',
    'embedded',
  ],
];

/**
 * The table of style.md, section 2, as data. A file is in the first layer whose pattern it matches: `values` are the
 * layers that it imports from, `types` those that it knows by their types alone, `packages` what it takes from npm.
 */
export const LAYERS: readonly Layer[] = [
  { name: 'server', files: /^src\/server\.ts$/, values: BELOW_ENTRY, packages: NOT_SQL },
  { name: 'admin', files: /^src\/admin\.ts$/, values: [...BELOW_ENTRY], packages: NODE },
  { name: 'preload', files: /^src\/preload\.ts$/, values: [], packages: NODE },
  { name: 'app', files: /^src\/app\.ts$/, values: BELOW_ENTRY, packages: NOT_SQL },
  { name: 'deps', files: /^src\/(deps|job-handlers|admin-commands)\.ts$/, values: BELOW_ENTRY, packages: NODE },
  { name: 'embedded', files: /^src\/embedded\//, values: BELOW_ENTRY, packages: /./ },
  { name: 'prepare', files: /^src\/prepare-database\.ts$/, values: BELOW_ENTRY, packages: NODE },
  { name: 'seed', files: /^db\/seed\.ts$/, values: BELOW_ENTRY, packages: NODE },
  { name: 'openapi', files: /^openapi\//, values: [...BELOW_ENTRY, 'openapi'], packages: NOT_SQL },

  { name: 'schemas', files: /^schemas\//, values: ['schemas'], packages: /^zod$/ },
  { name: 'tables', files: /^db\/schema\//, values: ['schemas', 'tables'], packages: /^drizzle-orm$/ },
  {
    name: 'queries',
    files: /^db\/queries\//,
    values: ['tables', 'queries', 'database'],
    types: ['schemas'],
    packages: /^drizzle-orm$/,
  },
  // Of ours only its command part, by a dynamic import, takes the configuration.
  {
    name: 'migrations',
    files: /^db\/migrate\.ts$|^db\/migrations\//,
    values: ['config', 'command', 'migrations', 'database'],
    packages: /./,
  },
  {
    name: 'database',
    files: /^db\/[\w-]+\.ts$/,
    values: ['database', 'version'],
    packages: /^(drizzle-orm|postgres|pg-boss|node:.*)$/,
  },

  { name: 'lib', files: /^src\/lib\//, values: ['lib'], packages: NOT_SQL },
  {
    name: 'rules',
    // The words of mails are data of their rules.
    files: /^src\/[\w-]+\/([\w-]+-)?rules\.ts$|^src\/mail\/texts\.ts$/,
    values: ['lib', 'rules'],
    types: ['schemas'],
    packages: NO_PACKAGE,
  },
  {
    name: 'refusals',
    files: /^src\/(?!plugins\/)[\w-]+\/errors\.ts$/,
    values: ['lib', 'rules'],
    types: ['schemas'],
    packages: NO_PACKAGE,
  },
  // Who may call: the table, and the one question that is asked of it, which is a rule on an actor.
  {
    name: 'access',
    files: /^src\/auth\/(access|has-role)\.ts$/,
    values: ['rules', 'lib'],
    types: ['schemas', 'context'],
    packages: NO_PACKAGE,
  },
  {
    name: 'context',
    files: /^src\/context\.ts$/,
    values: ['lib'],
    types: ['database', 'schemas', 'clients', 'config', 'operation'],
    packages: NO_PACKAGE,
  },
  { name: 'config', files: /^src\/config\.ts$/, values: ['lib'], packages: /^(node:.*|zod|ipaddr\.js)$/ },
  { name: 'version', files: /^src\/version\.ts$|^package\.json$/, values: ['version'], packages: NO_PACKAGE },
  { name: 'command', files: /^src\/command\.ts$/, values: ['lib'], packages: NODE },
  { name: 'logger', files: /^src\/logger\.ts$/, values: ['lib'], types: ['config'], packages: /^pino$/ },
  {
    name: 'clients',
    files: /^src\/clients\//,
    values: ['lib', 'clients'],
    types: ['context', 'config'],
    packages: NOT_SQL,
  },
  {
    name: 'plugins',
    files: /^src\/plugins\//,
    values: [...DECISIONS, 'schemas', 'version', 'plugins'],
    types: ['context', 'config', 'clients'],
    packages: NOT_SQL,
  },
  // The last step of every operation: what all domains write into the transaction of a change.
  {
    name: 'announce',
    files: /^src\/(audit\/record-change|events\/record-event)\.ts$/,
    values: [...DECISIONS, 'queries'],
    types: ['context', 'database', 'schemas'],
    packages: NO_PACKAGE,
  },
  // What an object looks like to clients: pure.
  {
    name: 'presenter',
    files: /^src\/[\w-]+\/present-[\w-]+\.ts$/,
    values: [...DECISIONS, 'presenter'],
    types: ['context', 'queries', 'schemas'],
    packages: NO_PACKAGE,
  },
  // Parts of operations that other domains build on: what a payment gives is a membership's business, too, and by what a
  // repeated request is known every operation's that works in steps.
  {
    name: 'step',
    files: /^src\/effects\/|^src\/[\w-]+\/steps\/|^src\/idempotency\/once-key-of\.ts$/,
    values: [...DECISIONS, 'queries', 'context', 'announce', 'presenter', 'step'],
    types: ['database', 'clients', 'schemas'],
    packages: NO_PACKAGE,
  },
  // What Stripe tells goes to the operation that it concerns, in whatever domain.
  {
    name: 'intake',
    files: /^src\/stripe-events\/(?!rules|errors)/,
    values: [...DECISIONS, 'queries', 'context', 'announce', 'presenter', 'step', 'operation', 'intake'],
    types: ['database', 'clients', 'schemas'],
    packages: NO_PACKAGE,
  },
  // Operations of another domain are not in the list: a domain calls its own.
  {
    name: 'operation',
    files: /^src\/[\w-]+\/[a-z]+(-[a-z]+)+\.ts$/,
    values: [...DECISIONS, 'queries', 'context', 'announce', 'presenter', 'step', 'version', 'schemas'],
    types: ['database', 'clients'],
    packages: NODE,
  },
  {
    name: 'routes',
    files: /^routes\//,
    values: ['schemas', 'operation', 'intake', 'queries', 'refusals', 'lib', 'routes'],
    types: ['context'],
    packages: /^(fastify|fastify-type-provider-zod|zod)$/,
  },
];

/** What the table is silent about, each with its reason. */
const EXCEPTIONS: { from: RegExp; to: RegExp; names?: string[] }[] = [
  // "auth may call one session operation": the read that finds who calls.
  { from: /^src\/plugins\/auth\.ts$/, to: /^src\/auth\/find-actor\.ts$/ },
  // What a key pays with, once all of authentication has let it pass.
  { from: /^src\/plugins\/auth\.ts$/, to: /^src\/api-keys\/take-credit\.ts$/ },
  // The transaction that holds a request's effect and its answer.
  { from: /^src\/plugins\/idempotency\.ts$/, to: /^src\/idempotency\/(run-once|claim-turn)\.ts$/ },
  // Another way to sign in opens the same session.
  { from: /^src\/wallets\/log-in-with-wallet\.ts$/, to: /^src\/auth\/(show-user|start-session)\.ts$/ },
  // The one route whose body is a form: the parser is registered around it alone.
  { from: /^routes\/storage\/upload-file\.ts$/, to: /^src\/plugins\/multipart-form\.ts$/ },
  // X-Test-Clock replaces the clock of one request.
  { from: /^src\/plugins\/request-context\.ts$/, to: /^src\/clients\/clock\.ts$/, names: ['fixedClock'] },
];

export function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.test(path));
}

/** Why the file may not import this, or null. */
export function importFault(file: SourceFile, wanted: Import): string | null {
  const layer = layerOf(file.path);
  if (!layer) return `${file.path} belongs to no layer of style.md`;
  const { name, target = '' } = wanted;
  if (name !== undefined) {
    return layer.packages.test(name) ? null : `${file.path} (${layer.name}) imports the package ${name}`;
  }
  const other = layerOf(target)?.name ?? 'no layer';
  if (layer.values.includes(other)) return null;
  if (wanted.typeOnly && layer.types?.includes(other)) return null;
  if (layer.name === 'operation' && other === 'operation' && folderOf(file.path) === folderOf(target)) return null;
  if (EXCEPTIONS.some((one) => isException(one, { from: file.path, to: target, names: wanted.names }))) return null;
  return `${file.path} (${layer.name}) imports ${target} (${other})`;
}

type Edge = { from: string; to: string; names: string[] };

function isException({ from, to, names }: (typeof EXCEPTIONS)[number], edge: Edge): boolean {
  return from.test(edge.from) && to.test(edge.to) && (!names || edge.names.every((name) => names.includes(name)));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
