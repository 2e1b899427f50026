// SPDX-License-Identifier: Apache-2.0
// Normals as Blender shows them: of faces, and of corners: flat, smooth, split at sharp edges and at flat faces, or as somebody set them.

export interface Shading {
  positions: Float32Array;
  cornerVerts: Int32Array;
  faceOffsets: Int32Array;
  cornerEdges?: Int32Array;
  smooth?: Uint8Array;
  sharpEdges?: Uint8Array;
  customNormals?: Float32Array;
  /** The cosine of the angle from which on edges are sharp; undefined: only marked ones are. */
  autoSmooth?: number;
}

/** Newell's: also right for faces that are not flat. Three numbers per face, of length one or zero. */
export function faceNormals({ positions, cornerVerts, faceOffsets }: Shading): Float32Array {
  const count = faceOffsets.length - 1;
  const normals = new Float32Array(3 * count);
  for (let face = 0; face < count; face++) {
    let x = 0, y = 0, z = 0;
    const end = faceOffsets[face + 1]!;
    let a = 3 * cornerVerts[end - 1]!;
    for (let corner = faceOffsets[face]!; corner < end; corner++) {
      const b = 3 * cornerVerts[corner]!;
      x += (positions[a + 1]! - positions[b + 1]!) * (positions[a + 2]! + positions[b + 2]!);
      y += (positions[a + 2]! - positions[b + 2]!) * (positions[a]! + positions[b]!);
      z += (positions[a]! - positions[b]!) * (positions[a + 1]! + positions[b + 1]!);
      a = b;
    }
    const length = Math.sqrt(x * x + y * y + z * z) || 1;
    normals[3 * face] = x / length;
    normals[3 * face + 1] = y / length;
    normals[3 * face + 2] = z / length;
  }
  return normals;
}

/** Three numbers per corner. */
export function cornerNormals(shading: Shading, normals: Float32Array): Float32Array {
  const { customNormals, cornerVerts, smooth } = shading;
  if (customNormals?.length === 3 * cornerVerts.length) return customNormals;
  const isSmooth = smooth?.some((flag) => flag !== 0) ? smooth : undefined;
  const fans = isSmooth && fansOf(shading, normals);
  const sums = fans && weighted(shading, normals, fans);
  const result = new Float32Array(3 * cornerVerts.length);
  for (let face = 0; face + 1 < shading.faceOffsets.length; face++) {
    const rounded = isSmooth?.[face] ? sums : undefined;
    const end = shading.faceOffsets[face + 1]!;
    for (let corner = shading.faceOffsets[face]!; corner < end; corner++) {
      const from = rounded ? 3 * fans![corner]! : 3 * face;
      const values = rounded ?? normals;
      result[3 * corner] = values[from]!;
      result[3 * corner + 1] = values[from + 1]!;
      result[3 * corner + 2] = values[from + 2]!;
    }
  }
  return result;
}

/** Per corner the number of the fan of faces that share its normal: its vertex, unless something is sharp around it. */
function fansOf(shading: Shading, normals: Float32Array): Int32Array | Uint32Array {
  const { cornerVerts, cornerEdges, faceOffsets, smooth, sharpEdges, autoSmooth } = shading;
  const mixed = smooth!.some((flag) => flag === 0);
  if (!cornerEdges || (!sharpEdges && !mixed && autoSmooth === undefined)) return cornerVerts;
  const fan = Uint32Array.from(cornerVerts.keys());
  const find = (corner: number) => {
    while (fan[corner] !== corner) corner = fan[corner] = fan[fan[corner]!]!;
    return corner;
  };
  const first = new Map<number, [corner: number, face: number, next: number]>();
  for (let face = 0; face + 1 < faceOffsets.length; face++) {
    const start = faceOffsets[face]!;
    const end = faceOffsets[face + 1]!;
    for (let corner = start; corner < end; corner++) {
      const edge = cornerEdges[corner]!;
      const next = corner + 1 === end ? start : corner + 1;
      const other = first.get(edge);
      if (other === undefined) {
        first.set(edge, [corner, face, next]);
        continue;
      }
      if (!smooth![face] || !smooth![other[1]] || sharpEdges?.[edge] || tooSharp(normals, face, other[1], autoSmooth)) continue;
      if (cornerVerts[corner] !== cornerVerts[other[2]]) continue;
      fan[find(corner)] = find(other[2]);
      fan[find(next)] = find(other[0]);
    }
  }
  for (let corner = 0; corner < fan.length; corner++) fan[corner] = find(corner);
  return fan;
}

function tooSharp(normals: Float32Array, a: number, b: number, cosine: number | undefined): boolean {
  if (cosine === undefined) return false;
  return normals[3 * a]! * normals[3 * b]! + normals[3 * a + 1]! * normals[3 * b + 1]! + normals[3 * a + 2]! * normals[3 * b + 2]! < cosine;
}

/** The sum of face normals per fan, weighted by the angle that each face has there, of length one. */
function weighted({ positions, cornerVerts, faceOffsets }: Shading, normals: Float32Array, fans: Int32Array | Uint32Array): Float32Array {
  const sums = new Float32Array(3 * Math.max(cornerVerts.length, positions.length / 3));
  for (let face = 0; face + 1 < faceOffsets.length; face++) {
    const end = faceOffsets[face + 1]!;
    const x = normals[3 * face]!, y = normals[3 * face + 1]!, z = normals[3 * face + 2]!;
    let previous = 3 * cornerVerts[end - 1]!;
    let here = 3 * cornerVerts[faceOffsets[face]!]!;
    for (let corner = faceOffsets[face]!; corner < end; corner++) {
      const next = 3 * cornerVerts[corner + 1 === end ? faceOffsets[face]! : corner + 1]!;
      const weight = angle(positions, previous, here, next);
      const at = 3 * fans[corner]!;
      sums[at] = sums[at]! + weight * x;
      sums[at + 1] = sums[at + 1]! + weight * y;
      sums[at + 2] = sums[at + 2]! + weight * z;
      previous = here;
      here = next;
    }
  }
  for (let at = 0; at < sums.length; at += 3) {
    const x = sums[at]!, y = sums[at + 1]!, z = sums[at + 2]!;
    const scale = 1 / (Math.sqrt(x * x + y * y + z * z) || 1);
    sums[at] = x * scale;
    sums[at + 1] = y * scale;
    sums[at + 2] = z * scale;
  }
  return sums;
}

function angle(p: Float32Array, a: number, b: number, c: number): number {
  const ux = p[a]! - p[b]!, uy = p[a + 1]! - p[b + 1]!, uz = p[a + 2]! - p[b + 2]!;
  const vx = p[c]! - p[b]!, vy = p[c + 1]! - p[b + 1]!, vz = p[c + 2]! - p[b + 2]!;
  const lengths = Math.sqrt((ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz));
  return lengths === 0 ? 0 : Math.acos(Math.min(1, Math.max(-1, (ux * vx + uy * vy + uz * vz) / lengths)));
}
