import { z } from 'zod';
import { password, passwordGuess } from './auth.ts';
import { emailAddress, Timestamp } from './common.ts';

export const emailTokenPurposes = ['verify_email', 'reset_password'] as const;
export type EmailTokenPurpose = (typeof emailTokenPurposes)[number];

const mailedToken = z.string().min(1).max(200).meta({ description: 'From the mail; good once', example: 'ttm_9hB2…' });

export const ForgotPasswordBody = z
  .object({ email: emailAddress })
  .meta({ id: 'ForgotPasswordBody', example: { email: 'ada@example.com' } });

export const ResetPasswordBody = z
  .object({ token: mailedToken, password })
  .meta({ id: 'ResetPasswordBody', example: { token: 'ttm_9hB2…', password: 'silent-meadow-72' } });

export const ChangePasswordBody = z.object({ currentPassword: passwordGuess, newPassword: password }).meta({
  id: 'ChangePasswordBody',
  example: { currentPassword: 'quiet-harbour-41', newPassword: 'silent-meadow-72' },
});

export const VerifyEmailBody = z
  .object({ token: mailedToken })
  .meta({ id: 'VerifyEmailBody', example: { token: 'ttm_9hB2…' } });

export const MailAccepted = z
  .object({ accepted: z.literal(true) })
  .meta({ id: 'MailAccepted', example: { accepted: true } });

export const EmailVerified = z
  .object({ email: z.string(), emailVerified: z.literal(true) })
  .meta({ id: 'EmailVerified', example: { email: 'ada@example.com', emailVerified: true } });

export const WalletAddress = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hexadecimal digits')
  .meta({ description: 'EVM address, in any case', example: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045' });

export const WalletParams = z.object({ address: WalletAddress });

export const SignedMessageBody = z
  .object({
    message: z
      .string()
      .min(1)
      .max(4096)
      .meta({ description: 'EIP-4361 text with our nonce, exactly as it was signed' }),
    signature: z
      .string()
      .max(16_384)
      .regex(/^0x(?:[0-9a-fA-F]{2})+$/, 'must be 0x and hexadecimal digits')
      .meta({ description: 'EIP-191 signature, or what a contract wallet takes (ERC-1271, ERC-6492)' }),
  })
  .meta({
    id: 'SignedMessageBody',
    example: {
      message:
        'api.example.com wants you to sign in with your Ethereum account:\n0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045\n\n\nURI: https://api.example.com\nVersion: 1\nChain ID: 1\nNonce: 7kQ2mW9xLr4Tz8Vb3Nc6\nIssued At: 2026-11-23T14:15:16.123Z',
      signature: `0x${'1b'.repeat(65)}`,
    },
  });

export const WalletNonce = z
  .object({
    nonce: z.string(),
    domain: z.string().meta({ description: 'What the message must name as its domain' }),
    uri: z.string().meta({ description: 'What the message must name as its URI' }),
    chainId: z.int().meta({ description: 'What the message must name as its chain' }),
    expiresAt: Timestamp,
  })
  .meta({
    id: 'WalletNonce',
    example: {
      nonce: '7kQ2mW9xLr4Tz8Vb3Nc6',
      domain: 'api.example.com',
      uri: 'https://api.example.com',
      chainId: 1,
      expiresAt: '2026-11-23T14:25:16.123Z',
    },
  });
export type WalletNonce = z.output<typeof WalletNonce>;

export const Wallet = z.object({ address: z.string(), linkedAt: Timestamp }).meta({
  id: 'Wallet',
  example: { address: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045', linkedAt: '2026-11-23T14:15:16.123Z' },
});
export type Wallet = z.output<typeof Wallet>;

export const WalletRemoved = z
  .object({ address: z.string(), deleted: z.literal(true) })
  .meta({ id: 'WalletRemoved', example: { address: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045', deleted: true } });
