// SPDX-License-Identifier: Apache-2.0
// Faces of any number of corners into triangles of corners.

import earcut from "earcut";
import type { Shading } from "./normals.js";

/** Three corners per triangle, and the face of each triangle. */
export function triangulate(shading: Shading, normals: Float32Array): { corners: Uint32Array; faces: Uint32Array } {
  const { faceOffsets } = shading;
  const count = faceOffsets.length - 1;
  const triangles = Math.max(0, faceOffsets[count]! - 2 * count);
  const corners = new Uint32Array(3 * triangles);
  const faces = new Uint32Array(triangles);
  let at = 0;
  for (let face = 0; face < count; face++) {
    const start = faceOffsets[face]!;
    const size = faceOffsets[face + 1]! - start;
    const locals = size === 3 ? TRIANGLE : size === 4 ? quad(shading, normals, face, start) : polygon(shading, normals, face, start, size);
    for (let i = 0; i < locals.length; i += 3) {
      faces[at / 3] = face;
      corners[at++] = start + locals[i]!;
      corners[at++] = start + locals[i + 1]!;
      corners[at++] = start + locals[i + 2]!;
    }
  }
  return at === corners.length ? { corners, faces } : { corners: corners.slice(0, at), faces: faces.slice(0, at / 3) };
}

const TRIANGLE = [0, 1, 2];
const ALONG_02 = [0, 1, 2, 0, 2, 3];
const ALONG_13 = [0, 1, 3, 1, 2, 3];

/** Along 0–2, unless corner 1 or 3 would then be turned inside out. */
function quad(shading: Shading, normals: Float32Array, face: number, start: number): number[] {
  return facing(shading, normals, face, start, start + 1, start + 2) && facing(shading, normals, face, start, start + 2, start + 3) ? ALONG_02 : ALONG_13;
}

function facing({ positions: p, cornerVerts }: Shading, normals: Float32Array, face: number, ca: number, cb: number, cc: number): boolean {
  const a = 3 * cornerVerts[ca]!, b = 3 * cornerVerts[cb]!, c = 3 * cornerVerts[cc]!;
  const ux = p[b]! - p[a]!, uy = p[b + 1]! - p[a + 1]!, uz = p[b + 2]! - p[a + 2]!;
  const vx = p[c]! - p[a]!, vy = p[c + 1]! - p[a + 1]!, vz = p[c + 2]! - p[a + 2]!;
  const n = 3 * face;
  return (uy * vz - uz * vy) * normals[n]! + (uz * vx - ux * vz) * normals[n + 1]! + (ux * vy - uy * vx) * normals[n + 2]! >= 0;
}

/** Flattened along the greatest part of its normal, then earcut; mirrored where that turns it over. */
function polygon({ positions, cornerVerts }: Shading, normals: Float32Array, face: number, start: number, size: number): number[] {
  const [x, y, z] = [0, 1, 2].map((k) => normals[3 * face + k]!) as [number, number, number];
  const axis = Math.abs(x) > Math.abs(y) && Math.abs(x) > Math.abs(z) ? 0 : Math.abs(y) > Math.abs(z) ? 1 : 2;
  const u = (axis + 1) % 3;
  const v = (axis + 2) % 3;
  const points: number[] = [];
  for (let i = 0; i < size; i++) {
    const vertex = 3 * cornerVerts[start + i]!;
    points.push(positions[vertex + u]!, positions[vertex + v]!);
  }
  const found = earcut(points);
  // earcut turns its triangles one way; Blender's faces turn as their normal says.
  const turned = [x, y, z][axis]! > 0 === winding(points, found) < 0;
  if (turned) for (let i = 0; i < found.length; i += 3) [found[i], found[i + 1]] = [found[i + 1]!, found[i]!];
  return found;
}

function winding(points: number[], triangles: number[]): number {
  const [a, b, c] = triangles.slice(0, 3).map((i) => 2 * i);
  if (a === undefined || b === undefined || c === undefined) return 0;
  return (points[b]! - points[a]!) * (points[c + 1]! - points[a + 1]!) - (points[c]! - points[a]!) * (points[b + 1]! - points[a + 1]!);
}
