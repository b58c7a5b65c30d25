import { concatHex, type Hex, numberToHex, size } from 'viem';

// PUSH1 length DUP1 PUSH1 9 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN: what stands behind it becomes the contract.
const initCode = (runtime: Hex) =>
  concatHex(['0x60', numberToHex(size(runtime), { size: 1 }), '0x8060093d393df3', runtime]);

/** A contract wallet with one owner: isValidSignature(bytes32 hash, bytes signature), signature r ‖ s ‖ v (ERC-1271). */
export const walletOf = (owner: Hex) =>
  initCode(
    concatHex([
      '0x600435600052', //         PUSH1 04 CALLDATALOAD PUSH1 00 MSTORE                 hash
      '0x60a43560001a602052', //   PUSH1 a4 CALLDATALOAD PUSH1 00 BYTE PUSH1 20 MSTORE   v
      '0x606435604052', //         PUSH1 64 CALLDATALOAD PUSH1 40 MSTORE                 r
      '0x608435606052', //         PUSH1 84 CALLDATALOAD PUSH1 60 MSTORE                 s
      '0x60206000608060006001', // PUSH1 20 PUSH1 00 PUSH1 80 PUSH1 00 PUSH1 01          ecrecover
      '0x5afa50', //               GAS STATICCALL POP
      '0x73', //                   PUSH20 owner
      owner,
      '0x60005114', //             PUSH1 00 MLOAD EQ
      '0x631626ba7e60e01b02', //   PUSH4 1626ba7e PUSH1 e0 SHL MUL                       the magic value, or 0
      '0x60005260206000f3', //     PUSH1 00 MSTORE PUSH1 20 PUSH1 00 RETURN
    ]),
  );

/** Contracts that are no wallets, by what they answer to every call. */
export const strangers = {
  // PUSH4 ffffffff PUSH1 e0 SHL PUSH1 00 MSTORE PUSH1 20 PUSH1 00 RETURN
  'another value': initCode('0x63ffffffff60e01b60005260206000f3'),
  // PUSH1 01 PUSH1 00 MSTORE PUSH1 20 PUSH1 00 RETURN
  true: initCode('0x600160005260206000f3'),
  // STOP
  nothing: initCode('0x00'),
  // PUSH1 00 PUSH1 00 REVERT
  'a revert': initCode('0x60006000fd'),
  // INVALID: takes all the gas of the call
  'an invalid instruction': initCode('0xfe'),
} as const;
