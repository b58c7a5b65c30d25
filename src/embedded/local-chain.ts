import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A chain of this machine alone, on which everything is for nothing. */
export const LOCAL_CHAIN = {
  chainId: 31_337,
  name: 'Local chain',
  confirmations: 1,
  native: { asset: 'ETH', decimals: 18 },
};
export type LocalChain = { url: string; stop: () => Promise<void> };

const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const BINARY = fileURLToPath(
  new URL(`../../node_modules/@foundry-rs/anvil-${process.platform}-${ARCHITECTURE}/bin/anvil`, import.meta.url),
);
const START_MS = 10_000;
const STOP_MS = 3_000;

/** Starts anvil on its folder, with its port of last time; null where npm has not brought it. */
export async function startLocalChain(dir: string): Promise<LocalChain | null> {
  if (!existsSync(BINARY)) return null;
  await mkdir(dir, { recursive: true });
  await stopOrphan(dir);
  const kept = await readChainAddress(dir);
  const chain = kept ? await launch(dir, new URL(kept).port).catch(() => launch(dir, '0')) : await launch(dir, '0');
  await keep(dir, 'url', chain.url);
  return chain;
}

/** Where the chain of the folder is, or was. */
export async function readChainAddress(dir: string): Promise<string | undefined> {
  const text = await readFile(join(dir, 'url'), 'utf8').catch(() => '');
  return /^http:\/\/127\.0\.0\.1:\d+$/.test(text) ? text : undefined;
}

async function launch(dir: string, port: string): Promise<LocalChain> {
  const state = ['--state', join(dir, 'state.json'), '--state-interval', '30'];
  const child = spawn(BINARY, ['--port', port, '--chain-id', String(LOCAL_CHAIN.chainId), ...state], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await addressOf(child).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  await keep(dir, 'pid', String(child.pid));
  // Its log is nobody's, and must not fill the pipe.
  child.stdout?.resume();
  return { url, stop: () => end(child) };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error('the local chain does not start')), START_MS);
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      const found = /Listening on ([\d.]+:\d+)/.exec(output)?.[1];
      if (!found) return;
      clearTimeout(timer);
      resolve(`http://${found}`);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the local chain ended')));
  });
}

/** It writes its state down before it ends. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** What a server that was killed has left running. */
async function stopOrphan(dir: string): Promise<void> {
  const pid = Number(await readFile(join(dir, 'pid'), 'utf8').catch(() => ''));
  if (!pid) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes(join(dir, 'state.json'))) return;
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 30 && existsSync(`/proc/${pid}`); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Renamed into place: a command beside the service never reads half of it.
async function keep(dir: string, name: string, text: string): Promise<void> {
  await writeFile(join(dir, `${name}.new`), text);
  await rename(join(dir, `${name}.new`), join(dir, name));
}
