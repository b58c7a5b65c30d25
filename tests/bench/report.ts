import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { comparedValues, type Goal, isReached, type Measurement, median, type Target } from './measurements.ts';
import type { Options } from './options.ts';

export type Result = { target: Target; measurements: readonly Measurement[] };

const HEADINGS = ['', 'what', 'ours', 'baseline', 'compared', 'target', '', 'min-max over the rounds'];

/** One line for each measurement, under the title of its target. */
export function tableOf(results: readonly Result[]): string {
  const lines = results.flatMap(({ target, measurements }) => [
    [target.id, `${target.title}: ${target.target}`],
    ...measurements.map(lineOf),
  ]);
  const cells = [HEADINGS, ...lines];
  // A title runs on over the columns to its right.
  const columns = cells.filter(({ length }) => length === HEADINGS.length);
  const widths = HEADINGS.map((_, column) => Math.max(3, ...columns.map((line) => (line[column] ?? '').length)));
  const rows = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return rows.map((row) => row.trimEnd()).join('\n');
}

function lineOf(measurement: Measurement): string[] {
  const { what, unit, ours, baseline, goal } = measurement;
  const compared = comparedValues(measurement);
  const of = goal?.of ?? (baseline ? 'ratio' : 'figure');
  const show = (value: number) => (of === 'ratio' ? `${value.toFixed(2)} x` : figure(value, unit));
  return [
    '',
    what,
    figure(median(ours), unit),
    baseline ? figure(median(baseline), unit) : '',
    of === 'figure' ? '' : show(median(compared)),
    goal ? `${bound(goal)}${of === 'ratio' ? ' x' : ` ${unit}`}` : '',
    { true: 'reached', false: 'MISSED', null: '' }[String(isReached(measurement))] ?? '',
    `${show(Math.min(...compared))} - ${show(Math.max(...compared))}`,
  ];
}

function figure(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

function bound({ atLeast, atMost }: Goal): string {
  return atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
}

export async function writeResults(file: string, options: Options, results: readonly Result[]): Promise<void> {
  const targets = results.map(({ target: { id, title, target }, measurements }) => ({
    id,
    title,
    target,
    measurements: measurements.map((measurement) => ({
      ...measurement,
      median: median(measurement.ours),
      baselineMedian: measurement.baseline ? median(measurement.baseline) : null,
      compared: median(comparedValues(measurement)),
      isReached: isReached(measurement),
    })),
  }));
  const [load] = loadavg();
  const machine = { node: process.version, processor: cpus()[0]?.model, cores: cpus().length, load };
  const document = { at: new Date().toISOString(), machine, options, targets };
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
}
