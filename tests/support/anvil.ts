import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createTestClient, type Hex, http, publicActions, walletActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { endWithFile } from './server-process.ts';
import { ROOT } from './source-files.ts';

// The binary itself: npm's wrapper would leave it running when it is killed.
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const INSTALLED = join(ROOT, `node_modules/@foundry-rs/anvil-${process.platform}-${ARCHITECTURE}/bin/anvil`);
// npm brings it for the machines that CI has; elsewhere the one on the PATH will do.
const BINARY = existsSync(INSTALLED) ? INSTALLED : 'anvil';
const RICH_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

export type Chain = Awaited<ReturnType<typeof startChain>>;

/** A real Ethereum node with a chain of its own, which ends with the test file. */
export async function startChain({
  chainId,
  port = 0,
  args = [],
}: {
  chainId: number;
  port?: number;
  args?: string[];
}) {
  const child = spawn(BINARY, ['--port', String(port), '--chain-id', String(chainId), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithFile(child);
  const address = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const found = /Listening on ([\d.]+:\d+)/.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`anvil ended: ${output}`)));
  });
  const url = `http://${address}`;
  const client = createTestClient({
    mode: 'anvil',
    chain: { ...foundry, id: chainId },
    account: privateKeyToAccount(RICH_KEY),
    transport: http(url),
    pollingInterval: 20,
  })
    .extend(publicActions)
    .extend(walletActions);

  return {
    client,
    url,
    port: Number(new URL(url).port),
    /** Puts a contract on the chain and answers its address. */
    async deploy(initCode: Hex): Promise<Hex> {
      const hash = await client.sendTransaction({ data: initCode });
      const { contractAddress } = await client.waitForTransactionReceipt({ hash });
      if (!contractAddress) throw new Error('the contract was not deployed');
      return contractAddress;
    },
    codeAt: (contract: Hex) => client.getCode({ address: contract }),
    async stop(): Promise<void> {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
