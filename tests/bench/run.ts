import { fileURLToPath } from 'node:url';
import { createBench } from './bench.ts';
import type { Target } from './measurements.ts';
import { type Options, readOptions } from './options.ts';
import { type Result, tableOf, writeResults } from './report.ts';
import { TARGETS } from './targets/index.ts';

/*
 * `npm run bench -- [--only P1,P5] [--seconds 4] [--rounds 5]`. A missed target is a figure, not a failure: machines
 * differ. An answer that is not 200, or a process that does not come up, ends the run with code 1.
 */

const RESULTS = fileURLToPath(new URL('../../bench-results.json', import.meta.url));

const endings: (() => Promise<void>)[] = [];

let ending: Promise<void> | undefined;

// Once, however many ask: an interrupted run ends by its signal and by the error that this causes.
function end(): Promise<void> {
  ending ??= endAll();
  return ending;
}

async function endAll(): Promise<void> {
  for (let work = endings.pop(); work; work = endings.pop()) {
    await work().catch((error) => process.stderr.write(`while ending: ${error}\n`));
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => end().finally(() => process.exit(130)));
}

function chosenTargets({ only }: Options): readonly Target[] {
  const unknown = only?.filter((id) => !TARGETS.some((target) => target.id === id)) ?? [];
  const known = TARGETS.map(({ id }) => id).join(', ');
  if (unknown.length > 0) throw new Error(`--only knows ${known}, not ${unknown.join(', ')}`);
  return TARGETS.filter(({ id }) => only?.includes(id) ?? true);
}

async function run(options: Options): Promise<void> {
  const chosen = chosenTargets(options);
  process.stderr.write('database …\n');
  const bench = await createBench(options, (work) => endings.push(work));
  const results: Result[] = [];
  for (const target of chosen) {
    process.stderr.write(`${target.id} ${target.title} …\n`);
    results.push({ target, measurements: await target.run(bench) });
  }
  await writeResults(RESULTS, options, results);
  process.stdout.write(`\n${tableOf(results)}\n`);
}

try {
  await run(readOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
} finally {
  await end();
}
