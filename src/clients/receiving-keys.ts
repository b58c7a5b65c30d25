import { createHash, ECDH } from 'node:crypto';
import type { HDKey } from 'viem/accounts';

export type ReceivingKeys = {
  /** Names the chain of addresses, however the key was spelt; null for what is no extended public key. */
  idOf: (xpub: string) => Promise<string | null>;
  addressAt: (xpub: string, index: number) => Promise<string>;
  /** As EIP-55 spells it. */
  checksum: (address: string) => Promise<string>;
};

const ACCOUNT_DEPTH = 3;
const CHAIN_DEPTH = 4;

/** Public derivation by BIP-32 alone: a private key is refused, not held. */
export function createReceivingKeys(): ReceivingKeys {
  return {
    idOf: async (xpub) => {
      const parent = await openParent(xpub);
      if (!parent?.publicKey || !parent.chainCode) return null;
      return createHash('sha256').update(parent.publicKey).update(parent.chainCode).digest('hex');
    },
    addressAt: async (xpub, index) => {
      const key = (await openParent(xpub))?.deriveChild(index).publicKey;
      if (!key) throw new Error('a stored extended key cannot be read');
      const { publicKeyToAddress } = await import('viem/accounts');
      const point = ECDH.convertKey(Buffer.from(key), 'secp256k1', undefined, 'hex', 'uncompressed');
      return publicKeyToAddress(`0x${point as string}`).toLowerCase();
    },
    checksum: async (address) => (await import('viem/utils')).getAddress(address),
  };
}

/** The key whose children are the addresses: the receiving chain of an account (BIP-44), or the key itself. */
async function openParent(xpub: string): Promise<HDKey | null> {
  if (!/^xpub[1-9A-HJ-NP-Za-km-z]{100,116}$/.test(xpub)) return null;
  const { HDKey: Key } = await import('viem/accounts');
  try {
    const key = Key.fromExtendedKey(xpub);
    if (key.privateKey !== null || key.depth > CHAIN_DEPTH) return null;
    return key.depth <= ACCOUNT_DEPTH ? key.deriveChild(0) : key;
  } catch {
    return null;
  }
}
