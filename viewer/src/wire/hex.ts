// SPDX-License-Identifier: Apache-2.0
// Identifiers: inside the viewer a UUID is its 32 hex digits, an origin 16, a stamp a string of 16 characters of one byte each (ordered like bytes).

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hexOfBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  for (let i = start; i < end; i++) text += HEX[bytes[i]!]!;
  return text;
}

export function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** 0123456789abcdef… → 01234567-89ab-cdef-… */
export function dashed(uuid: string): string {
  return [uuid.slice(0, 8), uuid.slice(8, 12), uuid.slice(12, 16), uuid.slice(16, 20), uuid.slice(20)].join("-");
}

export type Stamp = string;

export function stampOfBytes(bytes: Uint8Array, start = 0): Stamp {
  let text = "";
  for (let i = start; i < start + 16; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

export function bytesOfStamp(stamp: Stamp): Uint8Array {
  return Uint8Array.from(stamp, (character) => character.charCodeAt(0));
}

/** Milliseconds since 1970 of a stamp. */
export function stampTime(stamp: Stamp): number {
  let ms = 0;
  for (let i = 0; i < 6; i++) ms = ms * 256 + stamp.charCodeAt(i);
  return ms;
}
