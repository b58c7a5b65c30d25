import type { Config } from '../config.ts';
import { VERSION } from '../version.ts';
import { RICH_KEY } from './demo-chain.ts';
import { DEMO_LOGINS, DEMO_PASSWORD } from './demo-data.ts';
import { LOCAL_CHAIN } from './local-chain.ts';

/** What a developer wants to know after `npm start`: addresses, logins that work, a first call. */
export function developmentSummary(
  config: Config,
  { address, hasDemo }: { address: string; hasDemo: boolean },
): string {
  const database = hasDemo
    ? `PostgreSQL in ${config.DATA_DIR}/postgres (${withoutPassword(config)})`
    : withoutPassword(config);
  const mail = config.SMTP_URL ? 'over SMTP' : 'printed in this log';
  const payments = config.STRIPE_API_URL
    ? `${config.STRIPE_API_URL} (Stripe sandbox, with Stripe's test cards; that page has its controls)`
    : 'Stripe';
  const facts = [
    `  API        ${address}/api/v1`,
    `  Docs       ${address}/docs`,
    `  Health     ${address}/health/ready`,
    `  Metrics    ${address}/metrics (METRICS_TOKEN is in ${config.DATA_DIR}/secrets.json)`,
    `  Database   ${database}`,
    `  Payments   ${payments}`,
    `  Files      ${config.S3_ENDPOINT ? `${config.S3_ENDPOINT}, bucket ${config.S3_BUCKET}` : `${config.DATA_DIR}/storage`}`,
    ...localChain(config),
    `  Mail       ${mail}`,
  ];
  const width = Math.max(...DEMO_LOGINS.map(({ email }) => email.length));
  const logins = DEMO_LOGINS.map(({ email, role }) => `  ${email.padEnd(width)}  ${role}`);
  const demo = [
    '',
    `Demo logins, all with the password ${DEMO_PASSWORD}`,
    ...logins,
    '',
    'Try',
    `  curl -s ${address}/api/v1/tenants/public/acme`,
    `  curl -s ${address}/api/v1/auth/login -H 'content-type: application/json' \\`,
    `    -d '{"email":"owner@demo.example","password":"${DEMO_PASSWORD}"}'`,
  ];
  return ['', `TTConnect ${VERSION}, for development`, '', ...facts, ...(hasDemo ? demo : []), '', ''].join('\n');
}

function withoutPassword(config: Config): string {
  const url = new URL(config.DATABASE_URL);
  return `${url.hostname}:${url.port || 5432}${url.pathname}`;
}

function localChain({ EVM_CHAINS }: Config): string[] {
  const local = EVM_CHAINS.find(({ chainId, name }) => chainId === LOCAL_CHAIN.chainId && name === LOCAL_CHAIN.name);
  if (!local) return [];
  return [`  Chain      ${local.rpcUrl} (id ${local.chainId}; a wallet with plenty has the key ${RICH_KEY})`];
}
