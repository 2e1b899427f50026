// SPDX-License-Identifier: Apache-2.0
// The canonical msgpack of schemas/README.md: one encoding per value, strict decoding. schemas/canonical.py is the reference.
// Integers beyond 2^53 are bigints; every other number is a number, and -0 stays one.

import { LIMITS } from "./schema.js";

/** What msgpack calls an extension; typed arrays are some of them (typed.ts). */
export class Ext {
  constructor(
    readonly type: number,
    readonly data: Uint8Array,
  ) {}
}

export interface ValueMap {
  [key: string]: Value;
}
export type Value = null | boolean | number | bigint | string | Uint8Array | Ext | Value[] | ValueMap;

export type Cause = "malformed" | "limit" | "version" | "compression";

/** Bytes that are refused, and why. */
export class Refused extends Error {
  constructor(
    readonly refusal: Cause,
    message: string,
  ) {
    super(message);
  }
}

/** Ext type of a typed array → bytes of one element. */
export const ELEMENT_SIZE: Readonly<Record<number, number>> = { 1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 8, 7: 2 };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const toUtf8 = new TextEncoder();

// ---- decoding

/** The value of exactly these bytes. `around`: levels of a message that do not count as depth of its values. */
export function decode(bytes: Uint8Array, around = 0): Value {
  const reader = new Reader(bytes, LIMITS.max_depth + around);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new Refused("malformed", `${bytes.length - reader.at} bytes too many`);
  return value;
}

class Reader {
  at = 0;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly maxDepth: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves on by `count` bytes; where they begin. */
  private take(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw new Refused("malformed", "cut short");
    this.at = start + count;
    return start;
  }

  private uint(size: 1 | 2 | 4): number {
    const at = this.take(size);
    return size === 1 ? this.bytes[at]! : size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  value(depth: number): Value {
    const code = this.bytes[this.take(1)]!;
    if (code < 0x80) return code;
    if (code < 0x90) return this.map(code & 15, depth);
    if (code < 0xa0) return this.list(code & 15, depth);
    if (code < 0xc0) return this.text(code & 31);
    if (code >= 0xe0) return code - 256;
    return code < 0xca ? this.plainOrBytes(code) : code < 0xd4 ? this.number(code) : this.sized(code, depth);
  }

  private plainOrBytes(code: number): Value {
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return code === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.raw(this.uint(WIDTHS[code - 0xc4]!));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.ext(this.uint(WIDTHS[code - 0xc7]!));
    }
    throw new Refused("malformed", "the byte c1");
  }

  private number(code: number): Value {
    const view = this.view;
    switch (code) {
      case 0xca:
        return view.getFloat32(this.take(4));
      case 0xcb:
        return view.getFloat64(this.take(8));
      case 0xcc:
        return view.getUint8(this.take(1));
      case 0xcd:
        return view.getUint16(this.take(2));
      case 0xce:
        return view.getUint32(this.take(4));
      case 0xcf:
        return narrow(view.getBigUint64(this.take(8)));
      case 0xd0:
        return view.getInt8(this.take(1));
      case 0xd1:
        return view.getInt16(this.take(2));
      case 0xd2:
        return view.getInt32(this.take(4));
      default:
        return narrow(view.getBigInt64(this.take(8)));
    }
  }

  private sized(code: number, depth: number): Value {
    if (code < 0xd9) return this.ext(1 << (code - 0xd4));
    if (code < 0xdc) return this.text(this.uint(WIDTHS[code - 0xd9]!));
    const count = this.uint(code & 1 ? 4 : 2);
    return code < 0xde ? this.list(count, depth) : this.map(count, depth);
  }

  private raw(size: number): Uint8Array {
    const at = this.take(size);
    return this.bytes.subarray(at, at + size);
  }

  private text(size: number): string {
    const raw = this.raw(size);
    let ascii = "";
    if (size < 24) {
      for (let i = 0; i < size; i++) {
        if (raw[i]! > 127) return this.wideText(raw);
        ascii += String.fromCharCode(raw[i]!);
      }
      return ascii;
    }
    return this.wideText(raw);
  }

  private wideText(raw: Uint8Array): string {
    try {
      return utf8.decode(raw);
    } catch {
      throw new Refused("malformed", "a string that is not UTF-8");
    }
  }

  private ext(size: number): Ext {
    const at = this.take(1);
    const type = this.view.getInt8(at);
    if (size % (ELEMENT_SIZE[type] ?? 1)) throw new Refused("malformed", "a typed array with part of an element");
    return new Ext(type, this.raw(size));
  }

  private deeper(depth: number): number {
    if (depth >= this.maxDepth) throw new Refused("limit", `nested deeper than ${LIMITS.max_depth}`);
    return depth + 1;
  }

  private list(count: number, depth: number): Value[] {
    const inside = this.deeper(depth);
    if (count > this.bytes.length - this.at) throw new Refused("malformed", "cut short");
    const items: Value[] = [];
    for (let i = 0; i < count; i++) items.push(this.value(inside));
    return items;
  }

  private map(count: number, depth: number): ValueMap {
    const inside = this.deeper(depth);
    const items = Object.create(null) as ValueMap;
    for (let i = 0; i < count; i++) {
      const key = this.value(inside);
      if (typeof key !== "string" || key in items) throw new Refused("malformed", "a map key that is not a string, or comes twice");
      items[key] = this.value(inside);
    }
    return items;
  }
}

const WIDTHS: readonly (1 | 2 | 4)[] = [1, 2, 4];

function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

// ---- encoding

export function encode(value: Value): Uint8Array {
  const writer = new Writer();
  writer.value(value);
  return writer.bytes.slice(0, writer.length);
}

class Writer {
  bytes = new Uint8Array(256);
  length = 0;
  private view = new DataView(this.bytes.buffer);

  private room(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, at + count));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    this.length = at + count;
    return at;
  }

  private byte(value: number): void {
    const at = this.room(1);
    this.bytes[at] = value;
  }

  private raw(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** `codes`: for one, two and four bytes of length; 0 where there is no such form. */
  private header(length: number, codes: readonly [number, number, number]): void {
    if (codes[0] && length < 1 << 8) {
      this.byte(codes[0]);
      this.byte(length);
    } else if (length < 1 << 16) {
      this.byte(codes[1]);
      const at = this.room(2);
      this.view.setUint16(at, length);
    } else {
      this.byte(codes[2]);
      const at = this.room(4);
      this.view.setUint32(at, length);
    }
  }

  value(value: Value): void {
    if (value === null) this.byte(0xc0);
    else if (typeof value === "boolean") this.byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "bigint") this.big(value);
    else if (typeof value === "string") this.text(value);
    else if (value instanceof Uint8Array) {
      this.header(value.length, [0xc4, 0xc5, 0xc6]);
      this.raw(value);
    } else if (value instanceof Ext) this.ext(value);
    else if (Array.isArray(value)) this.list(value);
    else this.map(value);
  }

  private number(value: number): void {
    if (Number.isInteger(value) && !Object.is(value, -0) && value >= -(2 ** 63) && value < 2 ** 64) {
      if (Number.isSafeInteger(value)) this.integer(value);
      else this.big(BigInt(value));
    } else if (Number.isNaN(value)) this.raw(NAN);
    else if (Math.fround(value) === value) {
      this.byte(0xca);
      const at = this.room(4);
      this.view.setFloat32(at, value);
    } else {
      this.byte(0xcb);
      const at = this.room(8);
      this.view.setFloat64(at, value);
    }
  }

  private integer(value: number): void {
    if (value >= -32 && value < 128) return this.byte(value & 0xff);
    if (value < 0 ? value < -(2 ** 31) : value >= 2 ** 32) return this.big(BigInt(value));
    const size = value < 0 ? (value >= -128 ? 0 : value >= -32768 ? 1 : 2) : value < 256 ? 0 : value < 65536 ? 1 : 2;
    this.byte((value < 0 ? 0xd0 : 0xcc) + size);
    const at = this.room(1 << size);
    if (size === 0) this.bytes[at] = value;
    else if (size === 1) this.view.setUint16(at, value);
    else this.view.setUint32(at, value);
  }

  private big(value: bigint): void {
    if (value >= -(2n ** 31n) && value < 2n ** 32n) return this.integer(Number(value));
    this.byte(value < 0n ? 0xd3 : 0xcf);
    const at = this.room(8);
    this.view.setBigUint64(at, BigInt.asUintN(64, value));
  }

  private text(value: string): void {
    const bytes = toUtf8.encode(value);
    if (bytes.length < 32) this.byte(0xa0 | bytes.length);
    else this.header(bytes.length, [0xd9, 0xda, 0xdb]);
    this.raw(bytes);
  }

  private ext(value: Ext): void {
    const size = value.data.length;
    const fixed = [1, 2, 4, 8, 16].indexOf(size);
    if (fixed >= 0) this.byte(0xd4 + fixed);
    else this.header(size, [0xc7, 0xc8, 0xc9]);
    this.byte(value.type & 0xff);
    this.raw(value.data);
  }

  private list(items: Value[]): void {
    if (items.length < 16) this.byte(0x90 | items.length);
    else this.header(items.length, [0, 0xdc, 0xdd]);
    for (const item of items) this.value(item);
  }

  private map(items: ValueMap): void {
    const keys = Object.keys(items).sort(byUtf8);
    if (keys.length < 16) this.byte(0x80 | keys.length);
    else this.header(keys.length, [0, 0xde, 0xdf]);
    for (const key of keys) {
      this.text(key);
      this.value(items[key]!);
    }
  }
}

const NAN = new Uint8Array([0xca, 0x7f, 0xc0, 0, 0]);

/** Order of code points, which is that of their UTF-8; JavaScript's own is that of UTF-16. */
function byUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** UTF-16 units in the order of the code points that they begin: surrogates after all others. */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** Whether two values are the same as far as merging is concerned: their bytes. Negative, 0 or positive, as memcmp. */
export function compareValues(a: Value, b: Value): number {
  if (a === b && a !== 0) return 0;
  return compareBytes(encode(a), encode(b));
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Ext);
}
