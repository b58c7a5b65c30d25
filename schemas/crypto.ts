import { z } from 'zod';
import { Currency, IdParam, Timestamp } from './common.ts';

/** What becomes of money that does not fit a payment; `top_up` waits for the rest. */
export const underActions = ['accept', 'top_up', 'credit', 'refund'] as const;
export const overActions = ['accept', 'credit', 'refund'] as const;
export const accountKinds = ['xpub', 'address'] as const;
export type AccountKind = (typeof accountKinds)[number];
export const rateSources = ['static', 'http', 'feed'] as const;
export type RateSourceName = (typeof rateSources)[number];

const BPS = 10_000;
const MAX_MONITORING = 10_080;

export const ChainId = z.int().min(1).max(2_147_483_647).meta({ description: 'EIP-155', example: 1 });
export const Asset = z
  .string()
  .regex(/^[A-Za-z0-9.+-]{1,16}$/, 'must be a symbol')
  .toUpperCase()
  .meta({ description: 'Symbol, in upper case', example: 'USDC' });
/** An address of an EVM chain, in any case. */
export const Address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hexadecimal digits')
  .toLowerCase()
  .meta({ example: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8' });
/** Where money goes for good: kept as it is spelt, so that its checksum can be looked at. */
const ReceivingAddress = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hexadecimal digits')
  .meta({
    description: 'In one case, or with the checksum of EIP-55',
    example: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  });
export const TxHash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'must be 0x and 64 hexadecimal digits')
  .toLowerCase()
  .meta({ example: `0x${'ab'.repeat(32)}` });
/** An amount of a crypto asset: exact, never a float. */
export const CryptoAmount = z
  .string()
  .regex(/^\d{1,40}(\.\d{1,36})?$/, 'must be a decimal number')
  .meta({ description: 'Decimal text, exact', example: '0.01234567' });
const Price = z
  .string()
  .regex(/^\d{1,18}(\.\d{1,18})?$/, 'must be a decimal number')
  .refine((text) => /[1-9]/.test(text), 'must be above 0')
  .meta({ description: 'What one of the asset costs, in the major unit of the currency', example: '2500.50' });

export const RateSource = z
  .discriminatedUnion('source', [
    z.strictObject({
      source: z.literal('static'),
      prices: z.record(z.string().regex(/^[A-Z]{3}$/), Price).refine((all) => Object.keys(all).length <= 50),
    }),
    z.strictObject({ source: z.literal('http') }),
    z.strictObject({ source: z.literal('feed'), chainId: ChainId, contract: Address, currency: Currency }),
  ])
  .meta({
    id: 'RateSource',
    description:
      "`static`: the brand's own prices, which do not age; `http`: the service's source of market rates; `feed`: a price feed on a chain (latestRoundData) in one currency",
  });
export type RateSource = z.output<typeof RateSource>;

export const AssetSetting = z
  .strictObject({
    asset: Asset,
    chainId: ChainId,
    contract: Address.nullable().default(null).meta({ description: 'The ERC-20 contract; null: the native asset' }),
    decimals: z.int().min(0).max(36).meta({ description: 'Checked against the contract' }),
    precision: z
      .int()
      .min(0)
      .max(36)
      .optional()
      .meta({ description: 'Places of the amounts that are asked for: by default the decimals, at most 8' }),
    confirmations: z.int().min(1).max(1_000).optional().meta({ description: "By default the chain's" }),
    rate: RateSource,
  })
  .meta({ id: 'CryptoAssetSetting' });
export type AssetSetting = z.output<typeof AssetSetting>;

const withinBps = z
  .int()
  .min(0)
  .max(BPS)
  .optional()
  .meta({ description: 'With `accept`: only so far, in hundredths of a percent; beyond it `refund`' });
export const CryptoPolicies = z
  .object({
    under: z.strictObject({ action: z.enum(underActions), withinBps }).default({ action: 'top_up' }),
    over: z.strictObject({ action: z.enum(overActions), withinBps }).default({ action: 'refund' }),
    late: z.strictObject({ action: z.enum(overActions), withinBps }).default({ action: 'refund' }),
  })
  .meta({
    id: 'CryptoPolicies',
    description:
      'What is paid short at the end of the time, too much, or late. `accept` takes it; `top_up` waits for the rest while the payment is monitored; `credit` and `refund` note what the brand owes the payer. `late` within bps is how far the rate may have fallen since.',
    example: { under: { action: 'top_up' }, over: { action: 'refund' }, late: { action: 'accept', withinBps: 100 } },
  });
export type CryptoPolicies = z.output<typeof CryptoPolicies>;

const exampleAssets = [
  {
    asset: 'ETH',
    chainId: 1,
    contract: null,
    decimals: 18,
    rate: { source: 'static' as const, prices: { EUR: '2500.00' } },
  },
];
const exampleXpub =
  'xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj';

export const SetCryptoSettingsBody = z
  .object({
    account: z
      .union([z.strictObject({ xpub: z.string().min(100).max(120) }), z.strictObject({ address: ReceivingAddress })])
      .optional()
      .meta({
        description:
          'Where the money goes, straight from the payer. An extended public key of BIP-32: a fresh address for each payment, m/0/i below an account, m/i below its chain 0. Or one address: payers are told apart by the exact amount. Absent: as it is',
      }),
    assets: z.array(AssetSetting).max(50),
    toleranceBps: z
      .int()
      .min(0)
      .max(BPS)
      .default(0)
      .meta({ description: 'What may be missing, in hundredths of a percent; nothing at all never pays' }),
    expiryMinutes: z.int().min(1).max(1_440).default(15),
    monitoringMinutes: z.int().min(1).max(MAX_MONITORING).default(1_440).meta({
      description: 'How long after its making money for it is still looked for',
    }),
    policies: CryptoPolicies.default({
      under: { action: 'top_up' },
      over: { action: 'refund' },
      late: { action: 'refund' },
    }),
  })
  .refine(({ expiryMinutes, monitoringMinutes }) => monitoringMinutes >= expiryMinutes, {
    path: ['monitoringMinutes'],
    error: 'must be at least expiryMinutes',
  })
  .refine(({ assets }) => areApart(assets.map(({ chainId, asset }) => `${chainId} ${asset}`)), {
    path: ['assets'],
    error: 'must name each asset of a chain once',
  })
  .refine(({ assets }) => areApart(assets.map(({ chainId, contract }) => `${chainId} ${contract}`)), {
    path: ['assets'],
    error: 'must name each contract of a chain once',
  })
  .refine(({ assets }) => assets.every(({ precision = 0, decimals }) => precision <= decimals), {
    path: ['assets'],
    error: 'must have a precision of at most its decimals',
  })
  .meta({ id: 'SetCryptoSettingsBody', example: { account: { xpub: exampleXpub }, assets: exampleAssets } });
export type SetCryptoSettingsBody = z.output<typeof SetCryptoSettingsBody>;

export const CryptoSettings = z
  .object({
    account: z
      .object({ kind: z.enum(accountKinds), address: z.string().nullable(), xpub: z.string().nullable() })
      .nullable()
      .meta({ description: 'An extended key is shown in part: whoever has it sees all that the brand is paid' }),
    assets: z.array(
      z.object({
        asset: z.string(),
        chainId: z.int(),
        contract: z.string().nullable(),
        decimals: z.int(),
        precision: z.int(),
        confirmations: z.int(),
        rate: RateSource,
      }),
    ),
    toleranceBps: z.int(),
    expiryMinutes: z.int(),
    monitoringMinutes: z.int(),
    policies: CryptoPolicies,
    updatedAt: Timestamp.nullable(),
  })
  .meta({
    id: 'CryptoSettings',
    example: {
      account: { kind: 'xpub', address: null, xpub: 'xpub6Bosf…T9nMdj' },
      assets: [{ ...exampleAssets[0], precision: 8, confirmations: 12 }],
      toleranceBps: 0,
      expiryMinutes: 15,
      monitoringMinutes: 1440,
      policies: { under: { action: 'top_up' }, over: { action: 'refund' }, late: { action: 'refund' } },
      updatedAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type CryptoSettings = z.output<typeof CryptoSettings>;

export const CryptoChain = z
  .object({ chainId: z.int(), name: z.string(), nativeAsset: z.string(), confirmations: z.int() })
  .meta({ id: 'CryptoChain', example: { chainId: 1, name: 'Ethereum', nativeAsset: 'ETH', confirmations: 12 } });
export type CryptoChain = z.output<typeof CryptoChain>;

export const CryptoAsset = z
  .object({
    asset: z.string(),
    chainId: z.int(),
    contract: z.string().nullable(),
    decimals: z.int(),
    requiredConfirmations: z.int(),
  })
  .meta({
    id: 'CryptoAsset',
    example: { asset: 'ETH', chainId: 1, contract: null, decimals: 18, requiredConfirmations: 12 },
  });
export type CryptoAsset = z.output<typeof CryptoAsset>;
export const CryptoAssetsQuery = z.object({ tenantId: IdParam });

function areApart(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
