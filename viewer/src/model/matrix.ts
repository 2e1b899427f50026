// SPDX-License-Identifier: Apache-2.0
// 4×4 matrices of doubles, column-major as three.js has them. The wire's are row-major.

export type Matrix = Float64Array;

export const identity = (): Matrix => Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);

/** Sixteen row-major numbers of the wire. */
export function fromRows(rows: ArrayLike<number>): Matrix {
  const m = new Float64Array(16);
  for (let i = 0; i < 16; i++) m[i] = rows[(i % 4) * 4 + (i >> 2)]!;
  return m;
}

export function toRows(m: ArrayLike<number>): number[] {
  return Array.from({ length: 16 }, (_, i) => m[(i % 4) * 4 + (i >> 2)]!);
}

/** out = a · b of affine matrices; out may be either. */
export function multiply(a: Matrix, b: Matrix, out: Matrix): Matrix {
  const a00 = a[0]!, a10 = a[1]!, a20 = a[2]!, a01 = a[4]!, a11 = a[5]!, a21 = a[6]!;
  const a02 = a[8]!, a12 = a[9]!, a22 = a[10]!, a03 = a[12]!, a13 = a[13]!, a23 = a[14]!;
  for (let column = 0; column < 16; column += 4) {
    const x = b[column]!, y = b[column + 1]!, z = b[column + 2]!, w = column === 12 ? 1 : 0;
    out[column] = a00 * x + a01 * y + a02 * z + a03 * w;
    out[column + 1] = a10 * x + a11 * y + a12 * z + a13 * w;
    out[column + 2] = a20 * x + a21 * y + a22 * z + a23 * w;
    out[column + 3] = w;
  }
  return out;
}

export function determinant(m: ArrayLike<number>): number {
  const [a, b, c, , d, e, f, , g, h, i] = m as number[];
  return a! * (e! * i! - f! * h!) - d! * (b! * i! - c! * h!) + g! * (b! * f! - c! * e!);
}

/** out = translation · rotation (unit quaternion w, x, y, z) · scale. */
export function compose(location: ArrayLike<number>, q: ArrayLike<number>, scale: ArrayLike<number>, out: Matrix): Matrix {
  const w = q[0]!, x = q[1]!, y = q[2]!, z = q[3]!;
  const sx = scale[0]!, sy = scale[1]!, sz = scale[2]!;
  out[0] = (1 - 2 * (y * y + z * z)) * sx;
  out[1] = 2 * (x * y + z * w) * sx;
  out[2] = 2 * (x * z - y * w) * sx;
  out[3] = 0;
  out[4] = 2 * (x * y - z * w) * sy;
  out[5] = (1 - 2 * (x * x + z * z)) * sy;
  out[6] = 2 * (y * z + x * w) * sy;
  out[7] = 0;
  out[8] = 2 * (x * z + y * w) * sz;
  out[9] = 2 * (y * z - x * w) * sz;
  out[10] = (1 - 2 * (x * x + y * y)) * sz;
  out[11] = 0;
  out[12] = location[0]!;
  out[13] = location[1]!;
  out[14] = location[2]!;
  out[15] = 1;
  return out;
}

export type Quaternion = [w: number, x: number, y: number, z: number];

export function product(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

/** Euler angles in one of Blender's orders: "XYZ" turns about x first, then y, then z. */
export function fromEuler(angles: ArrayLike<number>, order: string): Quaternion {
  let q: Quaternion = [1, 0, 0, 0];
  if (angles[0] === 0 && angles[1] === 0 && angles[2] === 0) return q;
  for (const axis of order) {
    const i = axis.charCodeAt(0) - 88;
    const half = (angles[i] ?? 0) / 2;
    const turn: Quaternion = [Math.cos(half), 0, 0, 0];
    turn[i + 1] = Math.sin(half);
    q = product(turn, q);
  }
  return q;
}

export function normalized(q: ArrayLike<number>): Quaternion {
  const length = Math.hypot(q[0]!, q[1]!, q[2]!, q[3]!);
  return length === 0 ? [1, 0, 0, 0] : [q[0]! / length, q[1]! / length, q[2]! / length, q[3]! / length];
}

/** Of the two triples of angles that make a turn, each up to whole turns, the one nearest to `near`. */
export function toEuler(q: Quaternion, order: string, near: readonly number[]): number[] {
  const [i, j, k] = [0, 1, 2].map((at) => order.charCodeAt(at) - 88) as [number, number, number];
  const sign = (j - i + 3) % 3 === 1 ? 1 : -1;
  const m = compose([0, 0, 0], q, [1, 1, 1], identity());
  const at = (column: number, row: number) => m[4 * column + row]!;
  const flat = Math.hypot(at(i, i), at(i, j));
  const upright = flat < 1e-9; // then the first and the last axis are one
  const first = upright ? Math.atan2(-at(k, j), at(j, j)) : Math.atan2(at(j, k), at(k, k));
  const last = upright ? 0 : Math.atan2(at(i, j), at(i, i));
  const middle = Math.atan2(-at(i, k), flat);
  const angles = ([a, b, c]: [number, number, number]) => {
    const found = [0, 0, 0];
    [found[i], found[j], found[k]] = [sign * a, sign * b, sign * c];
    return found.map((angle, n) => angle + 2 * Math.PI * Math.round((near[n]! - angle) / (2 * Math.PI)));
  };
  const [one, other] = [angles([first, middle, last]), angles([first + Math.PI, Math.PI - middle, last + Math.PI])];
  const away = (found: number[]) => found.reduce((sum, angle, n) => sum + Math.abs(angle - near[n]!), 0);
  return away(one) <= away(other) ? one : other;
}

export function toAxisAngle(q: Quaternion): number[] {
  const sine = Math.hypot(q[1], q[2], q[3]);
  return sine < 1e-9 ? [0, 0, 0, 1] : [2 * Math.atan2(sine, q[0]), q[1] / sine, q[2] / sine, q[3] / sine];
}

export function fromAxisAngle(a: ArrayLike<number>): Quaternion {
  const length = Math.hypot(a[1]!, a[2]!, a[3]!);
  if (length === 0) return [1, 0, 0, 0];
  const sine = Math.sin(a[0]! / 2) / length;
  return [Math.cos(a[0]! / 2), a[1]! * sine, a[2]! * sine, a[3]! * sine];
}
