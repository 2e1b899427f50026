// SPDX-License-Identifier: Apache-2.0
// Typed arrays: msgpack ext types of numbers, little endian.

import { Ext } from "./msgpack.js";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array;

/** Bytes that begin where a typed array may begin. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size ? bytes.slice() : bytes;
}

/** The numbers of an ext, or undefined when it is no typed array. */
export function typedArray(type: number, data: Uint8Array): TypedArray | undefined {
  switch (type) {
    case 1:
      return view(Float32Array, data);
    case 2:
      return view(Float64Array, data);
    case 3:
      return view(Int32Array, data);
    case 4:
      return data;
    case 5:
      return view(Uint16Array, data);
    case 6:
      return view(BigInt64Array, data);
    case 7:
      return Float32Array.from(view(Uint16Array, data), fromHalf);
  }
  return undefined;
}

interface ArrayType<T> {
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

function view<T>(type: ArrayType<T>, data: Uint8Array): T {
  const bytes = aligned(data, type.BYTES_PER_ELEMENT);
  return new type(bytes.buffer, bytes.byteOffset, bytes.byteLength / type.BYTES_PER_ELEMENT);
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** Numbers as an ext of f32. */
export function f32(values: ArrayLike<number>): Ext {
  return new Ext(1, new Uint8Array(Float32Array.from(values).buffer));
}
