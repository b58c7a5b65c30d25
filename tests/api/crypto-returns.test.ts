import { encodeFunctionData, erc20Abi } from 'viem';
import { expect, it } from 'vitest';
import { startChainApp } from '../support/chain-app.ts';
import { deployToken, mine, openCryptoShop, pay, sendToken, stateOf, tokenAsset, watch } from '../support/crypto.ts';

const { chain, test, sql } = await startChainApp();
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const OTHER = '0x976ea74026e726554db657fa54763abd0c3a0aa9';

it('what was sent back is recorded once, though its log is another one of its block after a reorganisation', async () => {
  const token = await deployToken(chain);
  await sendToken(chain, { token, to: OTHER, units: 1_000_000_000n });
  const shop = await openCryptoShop(test, { assets: [tokenAsset(token)] });
  const made = await pay(test, shop, { asset: 'USDX' });
  await sendToken(chain, { token, to: made.address, units: 20_000_000n });
  await mine(chain);
  await watch(test);
  expect((await stateOf(test, made)).crypto.owed).toEqual({ amount: '5', as: 'refund' });
  const transfer = {
    to: token,
    data: encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [WALLET, 2_000_000n] }),
  };
  const snapshot = await chain.client.snapshot();
  await chain.client.setAutomine(false);
  await sendLater({ ...transfer, account: OTHER, maxPriorityFeePerGas: 9_000_000_000n, maxFeePerGas: 90_000_000_000n });
  const txHash = await sendLater(transfer);
  await mine(chain, 3);
  await chain.client.setAutomine(true);
  const raw: any = await chain.client.request({ method: 'eth_getRawTransactionByHash', params: [txHash] } as never);
  const body = { txHash, destination: WALLET, amount: '2' };
  const record = () =>
    test.call('POST', `payments/crypto/${made.trackingId}/refunds`, { token: shop.owner.token, body });
  await watch(test);
  expect((await record()).status).toBe(201);
  const indexes = async () => (await sql`select log_index from crypto_refunds`).map((row) => row['log_index']);
  expect(await indexes()).toEqual([1]);
  await chain.client.revert({ id: snapshot });
  await chain.client.sendRawTransaction({ serializedTransaction: raw });
  await mine(chain, 4);
  await watch(test);
  expect(await indexes()).toEqual([0]);
  expect((await record()).body.error?.code).toBe('TRANSFER_USED');
  expect((await stateOf(test, made)).crypto.owed).toEqual({ amount: '3', as: 'refund' });
});

const sendLater = (transaction: object) => chain.client.sendTransaction({ gas: 200_000n, ...transaction } as never);
