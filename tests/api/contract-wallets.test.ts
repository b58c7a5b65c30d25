import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { concatHex, getContractAddress, type Hex, numberToHex, serializeErc6492Signature } from 'viem';
import { afterEach, describe, expect, it } from 'vitest';
import { createWalletSignatures } from '#src/clients/wallet-signatures.ts';
import { afterFile } from '../support/after-file.ts';
import { startChain } from '../support/anvil.ts';
import { strangers, walletOf } from '../support/contracts/bytecode.ts';
import { register } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { askNonce, expectRefused, linkWith, logInWith, messageFor, newAccount, signedBy } from '../support/siwe.ts';
import { startTestApp } from '../support/test-app.ts';

const CHAIN_ID = 31_337;
// Takes a salt and an init code, and deploys it with CREATE2; anvil has it from the start.
const FACTORY = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
const SALT = numberToHex(7, { size: 32 });

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
const { sql } = openRows(test.url);
const owner = newAccount();

/** A message for the contract, signed by the owner of its key. */
async function signedFor(address: Hex, { signer = owner, token }: { signer?: typeof owner; token?: string } = {}) {
  const message = messageFor(address, await askNonce(test, token === undefined ? {} : { token }));
  return { message, signature: await signer.signMessage({ message }) };
}

/** A wallet that is still to be deployed: its address, and what its signatures must carry (ERC-6492). */
function undeployed(salt: Hex, initCode = walletOf(owner.address)) {
  const address = getContractAddress({ opcode: 'CREATE2', from: FACTORY, salt, bytecode: initCode });
  const data = concatHex([salt, initCode]);
  return {
    address,
    wrap: (signature: string) => serializeErc6492Signature({ address: FACTORY, data, signature: signature as Hex }),
  };
}

describe('a contract wallet', () => {
  it('signs in by its owner’s signature (ERC-1271), again and again', async () => {
    const address = await chain.deploy(walletOf(owner.address));
    const first = await logInWith(test, await signedFor(address));
    expect(first.status, first.text).toBe(200);
    const again = await logInWith(test, await signedFor(address));
    expect(again.body.data.user.id).toBe(first.body.data.user.id);
    expect(again.body.data.user.wallets).toHaveLength(1);
    expect(again.body.data.user.wallets[0].toLowerCase()).toBe(address.toLowerCase());
  });

  it('is not signed in by anybody else, or for another text', async () => {
    const address = await chain.deploy(walletOf(owner.address));
    expectRefused(await logInWith(test, await signedFor(address, { signer: newAccount() })), 'BAD_SIGNATURE');
    const { message, signature } = await signedFor(address);
    const { message: other } = await signedFor(address);
    expectRefused(await logInWith(test, { message: other, signature }), 'BAD_SIGNATURE');
    for (const broken of ['0x00', `0x${'00'.repeat(65)}`, `${signature}00`.replace(/^0x../, '0x00')]) {
      expectRefused(await logInWith(test, { message, signature: broken }), 'BAD_SIGNATURE');
    }
    expect((await logInWith(test, { message, signature })).status).toBe(200);
    expectRefused(await logInWith(test, { message, signature }), 'NONCE_UNKNOWN');
  });

  it('links to an account', async () => {
    const person = await register(test);
    const address = await chain.deploy(walletOf(owner.address));
    const answer = await linkWith(test, await signedFor(address, { token: person.token }), person.token);
    expect(answer.status, answer.text).toBe(200);
    expect((await logInWith(test, await signedFor(address))).body.data.user.id).toBe(person.userId);
  });

  it('does not stop wallets with a key', async () => {
    expect((await logInWith(test, await signedBy(test, newAccount()))).status).toBe(200);
  });

  it.each(Object.entries(strangers))('that answers %s is refused', async (_name, initCode) => {
    const address = await chain.deploy(initCode);
    expectRefused(await logInWith(test, await signedFor(address)), 'BAD_SIGNATURE');
    const { message, signature } = await signedFor(address);
    const wrapped = undeployed(SALT).wrap(signature);
    expectRefused(await logInWith(test, { message, signature: wrapped }), 'BAD_SIGNATURE');
  });

  it('is nobody at an address without a contract, and at none', async () => {
    for (const address of [newAccount().address, `0x${'0'.repeat(40)}`, `0x${'0'.repeat(39)}1`] as Hex[]) {
      expectRefused(await logInWith(test, await signedFor(address)), 'BAD_SIGNATURE');
      const { message } = await signedFor(address);
      // Of the first, ecrecover makes the zero address.
      for (const signature of [`0x${'00'.repeat(64)}1b`, `0x${'11'.repeat(64)}1b`]) {
        expectRefused(await logInWith(test, { message, signature }), 'BAD_SIGNATURE');
      }
    }
  });
});

describe('a wallet that is not deployed yet', () => {
  it('signs in with a signature that says how to deploy it (ERC-6492), and deploys nothing', async () => {
    const wallet = undeployed(SALT);
    const { message, signature } = await signedFor(wallet.address);
    expectRefused(await logInWith(test, { message, signature }), 'BAD_SIGNATURE');
    const answer = await logInWith(test, { message, signature: wallet.wrap(signature) });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data.user.wallets).toEqual([wallet.address]);
    expect(await chain.codeAt(wallet.address)).toBeUndefined();
  });

  it('is not signed in by another owner, nor by another contract’s code', async () => {
    const wallet = undeployed(SALT);
    const thief = newAccount();
    const { message, signature } = await signedFor(wallet.address, { signer: thief });
    expectRefused(await logInWith(test, { message, signature: wallet.wrap(signature) }), 'BAD_SIGNATURE');
    const { wrap } = undeployed(SALT, walletOf(thief.address));
    expectRefused(await logInWith(test, { message, signature: wrap(signature) }), 'BAD_SIGNATURE');
    const factory = serializeErc6492Signature({ address: thief.address, data: '0x', signature: signature as Hex });
    expectRefused(await logInWith(test, { message, signature: factory }), 'BAD_SIGNATURE');
  });
});

const theChain = test.deps.signatures;
afterEach(() => {
  test.deps.signatures = theChain;
});

/** From now on contracts are asked for there, as by a process that has just started. */
function useRpc(rpcUrl: string | undefined): void {
  test.deps.signatures = createWalletSignatures({ rpcUrl, chainId: CHAIN_ID });
}

describe('without an RPC', () => {
  it('contract wallets are refused and others sign in', async () => {
    const address = await chain.deploy(walletOf(owner.address));
    useRpc(undefined);
    expectRefused(await logInWith(test, await signedFor(address)), 'BAD_SIGNATURE');
    expect((await logInWith(test, await signedBy(test, newAccount()))).status).toBe(200);
  });
});

const rows = async () =>
  (
    await sql`select (select count(*) from sessions)::int as sessions, (select count(*) from wallets)::int as wallets`
  )[0];

/** Neither yes nor no, nothing written, nothing spent; keys work on. */
async function expectUnavailable(rpcUrl: string, reason = 'chain_unavailable'): Promise<void> {
  const address = await chain.deploy(walletOf(owner.address));
  useRpc(rpcUrl);
  const before = await rows();
  const signed = await signedFor(address);
  const answer = await logInWith(test, signed);
  expect(answer.status, answer.text).toBe(503);
  expect(answer.body.error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', details: { reason } });
  expect(answer.headers['retry-after']).toBeDefined();
  expect(await rows()).toEqual(before);
  expect((await logInWith(test, await signedBy(test, newAccount()))).status).toBe(200);
  test.deps.signatures = theChain;
  expect((await logInWith(test, signed)).status).toBe(200);
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterFile(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A node that is on the right chain, and answers each call like this. */
const nodeThatAnswers = (called: object) =>
  serve(async (request, response) => {
    const { id, method } = JSON.parse((await request.toArray()).join(''));
    const answer = method === 'eth_chainId' ? { result: numberToHex(CHAIN_ID) } : called;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });

describe('a chain that cannot be asked signs nobody in and refuses nobody:', () => {
  it('nothing listens', async () => {
    const { port } = new URL(await serve(() => {}));
    await expectUnavailable(`http://127.0.0.2:${port}`);
  });

  it('the node hangs', async () => {
    const started = performance.now();
    await expectUnavailable(await serve(() => {}));
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  it('the node stops in the middle of its answer', async () => {
    await expectUnavailable(await serve((_request, response) => void response.writeHead(200).write('{"jsonrpc"')));
  });

  it('the connection breaks', async () => {
    await expectUnavailable(await serve((request) => void request.socket.destroy()));
  });

  it('a proxy answers 500, or a page', async () => {
    await expectUnavailable(await serve((_request, response) => void response.writeHead(500).end('no')));
    await expectUnavailable(await serve((_request, response) => void response.end('<html>')));
  });

  it.each<[string, object]>([
    ['limits the rate', { error: { code: -32_005, message: 'limit exceeded' } }],
    ['fails', { error: { code: -32_603, message: 'internal error' } }],
    ['lacks the state', { error: { code: -32_000, message: 'header not found' } }],
    ['gives nothing', { result: '0x' }],
    ['gives too much', { result: '0x0101' }],
    ['gives a word', { result: 'true' }],
    ['gives null', { result: null }],
    ['says neither', {}],
    ['sends a megabyte', { result: `0x${'01'.repeat(500_000)}` }],
  ])('the node %s', async (_name, answer) => {
    await expectUnavailable(await nodeThatAnswers(answer));
  });

  it('the node is on another chain', async () => {
    const other = await startChain({ chainId: 1 });
    await expectUnavailable(other.url, 'chain_mismatch');
  });

  it('and goes on when the node is back', async () => {
    const first = await startChain({ chainId: CHAIN_ID });
    useRpc(first.url);
    const wallet = undeployed(SALT);
    const wrapped = async () => {
      const { message, signature } = await signedFor(wallet.address);
      return { message, signature: wallet.wrap(signature) };
    };
    expect((await logInWith(test, await wrapped())).status).toBe(200);
    await first.stop();
    const signed = await wrapped();
    expect((await logInWith(test, signed)).status).toBe(503);
    await startChain({ chainId: CHAIN_ID, port: first.port });
    expect((await logInWith(test, signed)).status).toBe(200);
  });

  it('never shows where the chain is asked', async () => {
    useRpc('http://user:hunter2@127.0.0.2:9/v2/key-of-ours');
    const answer = await logInWith(test, await signedFor(newAccount().address));
    expect(answer.status).toBe(503);
    expect(answer.text + test.logs()).not.toMatch(/hunter2|key-of-ours|127\.0\.0\.2/);
  });
});

describe('a contract that reverts has answered no, whatever words the node has for it:', () => {
  it.each([
    { code: 3, message: 'execution reverted' },
    { code: 3, message: 'custom error 0x8baa579f' },
    { code: -32_000, message: 'execution reverted' },
    { code: -32_008, message: 'execution reverted: CONTRACT_REVERT_EXECUTED' },
    { code: -32_015, message: 'VM execution error.' },
  ])('$code $message', async (error) => {
    useRpc(await nodeThatAnswers({ error }));
    expectRefused(await logInWith(test, await signedFor(newAccount().address)), 'BAD_SIGNATURE');
  });
});
