import { join } from 'node:path';
import { startPostgres } from '#src/embedded/postgres.ts';
import type { Bench } from '../bench.ts';
import type { Measurement, Target } from '../measurements.ts';
import { SERVER_ARGS, startNode, waitForOk } from '../processes.ts';

const STARTS = 5;

export const start: Target = {
  id: 'P8',
  title: 'start to ready',
  target: '<= 1 s beyond the database; second npm start <= 2 s',
  run: async (bench) => [await production(bench), ...(await development(bench))],
};

/** The database runs and is migrated: all of it is beyond the database's own start. */
async function production(bench: Bench): Promise<Measurement> {
  const ours: number[] = [];
  for (let count = 0; count < STARTS; count += 1) {
    const { readyAfterMs, stop } = await bench.startService();
    ours.push(readyAfterMs);
    await stop();
  }
  return { what: 'database running, migrated', unit: 'ms', ours, goal: { of: 'figure', atMost: 1000 } };
}

async function development(bench: Bench): Promise<Measurement[]> {
  const dataDir = await bench.temporaryFolder();
  await startDevelopment(bench, dataDir);
  const ours: number[] = [];
  const baseline: number[] = [];
  for (let count = 0; count < STARTS; count += 1) {
    ours.push(await startDevelopment(bench, dataDir));
    baseline.push(await startDatabaseAlone(dataDir));
  }
  return [
    { what: 'second npm start', unit: 'ms', ours, goal: { of: 'figure', atMost: 2000 } },
    { what: 'of it beyond its database', unit: 'ms', ours, baseline, goal: { of: 'difference', atMost: 1000 } },
  ];
}

/** `npm start` in a folder of its own: milliseconds from the spawn to the first 200 of readiness. */
async function startDevelopment({ onEnd }: Bench, dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const running = startNode({ args: SERVER_ARGS, env: { DATA_DIR: dataDir, PORT: '0' }, stdout: 'pipe' });
  onEnd(running.stop);
  const { child } = running;
  const address = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      const found = /(http:\S+)\/health\/ready/.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`npm start ended with code ${code}`)));
  });
  const readyAfterMs = await waitForOk(`${address}/health/ready`, { child, startedAt });
  await running.stop();
  return readyAfterMs;
}

// The folder is the development mode's own; its password is not needed to start and stop it.
async function startDatabaseAlone(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const { stop } = await startPostgres({ dir: join(dataDir, 'postgres'), password: '' });
  const startedAfterMs = performance.now() - startedAt;
  await stop();
  return startedAfterMs;
}
