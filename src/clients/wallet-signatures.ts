import type { Hex, RpcRequestError } from 'viem';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

export type SignedText = { address: string; message: string; signature: string };
export type WalletSignatures = {
  /** The address as EIP-55 spells it. */
  checksum: (address: string) => Promise<string>;
  /** Whether the owner of the address signed the text: by their key, else, with an RPC, by their contract. */
  verify: (signed: SignedText) => Promise<boolean>;
};

type Rpc = (method: 'eth_chainId' | 'eth_call', params: readonly unknown[]) => Promise<string>;

const RPC_TIMEOUT_MS = 5_000;
const RPC_MAX_RESPONSE_BYTES = 65_536;
const ZERO_ADDRESS = /^0x0{40}$/;

/**
 * Signatures of Ethereum accounts. A key is checked offline. A contract wallet is asked through the RPC (ERC-1271, and
 * ERC-6492 for one that is not deployed yet); when the RPC fails, so does the check: it is neither yes nor no.
 */
export function createWalletSignatures(settings: { rpcUrl: string | undefined; chainId: number }): WalletSignatures {
  const { rpcUrl, chainId } = settings;
  const askContract = rpcUrl === undefined ? async () => false : createContracts({ rpcUrl, chainId });
  return {
    // Loaded with the first wallet, here and below: most processes never see one.
    checksum: async (address) => (await import('viem/utils')).getAddress(address),
    verify: async (signed) => {
      // What a failed recovery comes down to: nobody signs for it.
      if (ZERO_ADDRESS.test(signed.address)) return false;
      return (await isSignedByKey(signed)) || askContract(signed);
    },
  };
}

async function isSignedByKey({ address, message, signature }: SignedText): Promise<boolean> {
  const { recoverMessageAddress } = await import('viem/utils');
  // Throws for what is no signature of a key, such as one of a contract.
  const signer = await recoverMessageAddress({ message, signature: signature as Hex }).catch(() => null);
  return signer?.toLowerCase() === address.toLowerCase();
}

function createContracts({ rpcUrl, chainId }: { rpcUrl: string; chainId: number }) {
  let opened: Promise<Rpc> | undefined;
  return async (signed: SignedText): Promise<boolean> => {
    opened ??= openRpc(rpcUrl, chainId);
    const rpc = await opened.catch((error) => {
      opened = undefined;
      throw error;
    });
    return isSignedByContract(rpc, signed);
  };
}

/** The chain is asked for its id once: on another one the same address is somebody else's wallet. */
async function openRpc(rpcUrl: string, chainId: number): Promise<Rpc> {
  const { http } = await import('viem');
  const options = { timeout: RPC_TIMEOUT_MS, retryCount: 0, maxResponseBodySize: RPC_MAX_RESPONSE_BYTES };
  const { request } = http(rpcUrl, options)({});
  const rpc: Rpc = async (method, params) => request({ method, params });
  const found = await rpc('eth_chainId', []).catch(unavailable);
  if (Number(found) !== chainId) {
    const cause = new Error(`EVM_RPC_URL serves chain ${Number(found)}, EVM_CHAIN_ID is ${chainId}`);
    throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_mismatch' }, { cause });
  }
  return rpc;
}

/** Runs ERC-6492's reference validator without deploying it: its constructor answers one byte. */
async function isSignedByContract(rpc: Rpc, { address, message, signature }: SignedText): Promise<boolean> {
  const viem = await import('viem');
  const data = viem.encodeDeployData({
    abi: viem.erc6492SignatureValidatorAbi,
    bytecode: viem.erc6492SignatureValidatorByteCode,
    args: [address as Hex, viem.hashMessage(message), signature as Hex],
  });
  try {
    const answer = await rpc('eth_call', [{ data }, 'latest']);
    if (answer === '0x01' || answer === '0x00') return answer === '0x01';
  } catch (error) {
    if (isRevert(error)) return false;
    unavailable(error);
  }
  throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' }, { cause: new Error('no answer of a call') });
}

/** Nodes agree on neither the code (3, -32000, -32015, …) nor the words, but all say "revert" in a JSON-RPC error. */
function isRevert(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current.name !== 'RpcRequestError') continue;
    const { code, details } = current as RpcRequestError;
    return code === 3 || code === -32_015 || /revert/i.test(details);
  }
  return false;
}

function unavailable(error: unknown): never {
  // The error's own message has the address of the RPC in it, which may hold a key.
  const cause = new Error((error as { shortMessage?: string }).shortMessage ?? 'the RPC failed');
  throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' }, { cause });
}
