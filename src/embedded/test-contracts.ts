import { TRANSFER_TOPIC } from '../clients/chain-parts.ts';

/** Bytes in hex, a place that is jumped to, or the place of one. */
type Part = string | { at: string } | { to: string };
type Hex = `0x${string}`;

const JUMPDEST = '5b';
const PUSH2 = '61';
const HEADER_BYTES = 13;
const RETURN_WORD = '60005260206000f3'; // PUSH1 00 MSTORE PUSH1 20 PUSH1 00 RETURN

function sizeOf(part: Part): number {
  if (typeof part === 'string') return part.length / 2;
  return 'at' in part ? 1 : 3;
}

function assemble(parts: readonly Part[]): string {
  const places = new Map<string, number>();
  let size = 0;
  for (const part of parts) {
    if (typeof part !== 'string' && 'at' in part) places.set(part.at, size);
    size += sizeOf(part);
  }
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      return 'at' in part ? JUMPDEST : PUSH2 + word(places.get(part.to) ?? 0, 2);
    })
    .join('');
}

function word(value: bigint | number, bytes = 32): string {
  return value.toString(16).padStart(bytes * 2, '0');
}

/** What puts the code on the chain. */
function deploying(code: string, before = ''): Hex {
  const header = before.length / 2 + HEADER_BYTES;
  // PUSH2 size DUP1 PUSH2 offset PUSH1 00 CODECOPY PUSH1 00 RETURN
  return `0x${before}61${word(code.length / 2, 2)}8061${word(header, 2)}6000396000f3${code}`;
}

const onSelector = (selector: string, name: string): Part[] => [`8063${selector}14`, { to: name }, '57'];

/**
 * An ERC-20 token as plain as can be, with all of its supply at whoever deploys it: transfer, balanceOf, decimals, symbol.
 * For development and tests: nobody can be allowed to spend.
 */
export function testToken({ symbol, decimals, supply }: { symbol: string; decimals: number; supply: bigint }): Hex {
  const name = Buffer.from(symbol).toString('hex');
  const code = assemble([
    '60003560e01c', //             PUSH1 00 CALLDATALOAD PUSH1 e0 SHR
    ...onSelector('a9059cbb', 'transfer'),
    ...onSelector('70a08231', 'balanceOf'),
    ...onSelector('313ce567', 'decimals'),
    ...onSelector('95d89b41', 'symbol'),
    { at: 'refuse' },
    '60006000fd', //               PUSH1 00 PUSH1 00 REVERT
    { at: 'transfer' },
    '6024353354', //               PUSH1 24 CALLDATALOAD CALLER SLOAD
    '818110', //                   DUP2 DUP2 LT
    { to: 'refuse' },
    '57', //                       JUMPI
    '8190033355', //               DUP2 SWAP1 SUB CALLER SSTORE
    '600435', //                   PUSH1 04 CALLDATALOAD
    '8054820181', //               DUP1 SLOAD DUP3 ADD DUP2
    '55', //                       SSTORE
    '81600052', //                 DUP2 PUSH1 00 MSTORE
    `337f${TRANSFER_TOPIC.slice(2)}`, // CALLER PUSH32 topic
    '60206000a350', //             PUSH1 20 PUSH1 00 LOG3 POP
    `6001${RETURN_WORD}`,
    { at: 'balanceOf' },
    `60043554${RETURN_WORD}`, //   PUSH1 04 CALLDATALOAD SLOAD
    { at: 'decimals' },
    `60${word(decimals, 1)}${RETURN_WORD}`,
    { at: 'symbol' },
    `602060005260${word(symbol.length, 1)}602052`, // the place of the text, and its length
    `7f${name.padEnd(64, '0')}60405260606000f3`,
  ]);
  return deploying(code, `7f${word(supply)}3355`); // PUSH32 supply CALLER SSTORE
}

/** A price feed: decimals, and latestRoundData with the answer of slot 0 and the time of slot 1. */
export function testFeed({ decimals }: { decimals: number }): Hex {
  const code = assemble([
    '60003560e01c',
    ...onSelector('feaf968c', 'latest'),
    ...onSelector('313ce567', 'decimals'),
    '60006000fd',
    { at: 'latest' },
    '6001600052', //               the round
    '600054602052', //             PUSH1 00 SLOAD PUSH1 20 MSTORE
    '600154806040526060526001608052', // PUSH1 01 SLOAD DUP1 PUSH1 40 MSTORE PUSH1 60 MSTORE PUSH1 01 PUSH1 80 MSTORE
    '60a06000f3',
    { at: 'decimals' },
    `60${word(decimals, 1)}${RETURN_WORD}`,
  ]);
  return deploying(code);
}
