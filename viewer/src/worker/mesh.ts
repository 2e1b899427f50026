// SPDX-License-Identifier: Apache-2.0
// From Blender's arrays to triangles: faces are runs of corners; a graphics card wants triangles of vertices that agree in everything.

import type { MeshResult } from "./jobs.js";
import { cornerNormals, faceNormals, type Shading } from "./normals.js";
import { triangulate } from "./triangulate.js";

export interface MeshArrays extends Shading {
  uv?: Float32Array;
  materialIndex?: Int32Array;
  edges?: Int32Array;
}

/** Why arrays are no mesh; an index that points nowhere must not reach the graphics card. */
export class BadMesh extends Error {}

export function buildMesh(arrays: MeshArrays): MeshResult {
  check(arrays);
  const normals = faceNormals(arrays);
  const { corners, faces } = triangulate(arrays, normals);
  const { index, groups } = grouped(corners, faces, arrays.materialIndex);
  const shared = everythingPerVertex(arrays);
  const perCorner = shared ? undefined : cornerNormals(arrays, normals);
  return {
    positions: shared ? arrays.positions : spread(arrays.positions, arrays.cornerVerts),
    normals: perCorner ?? vertexNormals(arrays, normals),
    uv: arrays.uv,
    index: shared ? index.map((corner) => arrays.cornerVerts[corner]!) : index,
    groups,
    lines: arrays.cornerVerts.length === 0 ? looseEdges(arrays) : undefined,
    triangles: index.length / 3,
    bounds: boundsOf(arrays.positions),
  };
}

function check({ positions, cornerVerts, faceOffsets, uv, edges }: MeshArrays): void {
  const vertices = positions.length / 3;
  const corners = cornerVerts.length;
  if (faceOffsets.length < 1 || faceOffsets[0] !== 0 || faceOffsets[faceOffsets.length - 1] !== corners) throw new BadMesh("Its faces do not cover its corners.");
  for (let face = 1; face < faceOffsets.length; face++) {
    if (faceOffsets[face]! < faceOffsets[face - 1]! + 3) throw new BadMesh("A face has fewer than three corners.");
  }
  if (!within(cornerVerts, vertices) || (edges && !within(edges, vertices))) throw new BadMesh("An index points outside the mesh.");
  if (uv && uv.length !== 2 * corners) throw new BadMesh("Its UV map does not fit.");
}

function within(indices: Int32Array, count: number): boolean {
  for (let i = 0; i < indices.length; i++) {
    if (indices[i]! >>> 0 >= count) return false;
  }
  return true;
}

/** Whether corners of one vertex agree in everything, so that they can share it. */
function everythingPerVertex({ uv, customNormals, sharpEdges, smooth, autoSmooth }: MeshArrays): boolean {
  return !uv && !customNormals && !sharpEdges && !autoSmooth && smooth !== undefined && smooth.every((flag) => flag !== 0);
}

/** The points of corners or of edges' ends. */
function spread(points: Float32Array, at: Int32Array): Float32Array {
  const result = new Float32Array(3 * at.length);
  for (let i = 0; i < at.length; i++) {
    const from = 3 * at[i]!;
    result[3 * i] = points[from]!;
    result[3 * i + 1] = points[from + 1]!;
    result[3 * i + 2] = points[from + 2]!;
  }
  return result;
}

/** Smooth everywhere: the normals of all faces around, weighted by their angle. */
function vertexNormals(arrays: MeshArrays, normals: Float32Array): Float32Array {
  const smooth = cornerNormals(arrays, normals);
  const result = new Float32Array(arrays.positions.length);
  for (let corner = 0; corner < arrays.cornerVerts.length; corner++) {
    const vertex = arrays.cornerVerts[corner]!;
    for (let k = 0; k < 3; k++) result[3 * vertex + k] = smooth[3 * corner + k]!;
  }
  return result;
}

/** Triangles sorted by their face's material slot, in one run per slot. */
function grouped(corners: Uint32Array, faces: Uint32Array, slots?: Int32Array): { index: Uint32Array; groups: MeshResult["groups"] } {
  if (!slots) return { index: corners, groups: [[0, corners.length, 0]] };
  const counts = new Map<number, number>();
  for (const face of faces) counts.set(slots[face]!, (counts.get(slots[face]!) ?? 0) + 3);
  const groups: MeshResult["groups"] = [];
  const next = new Map<number, number>();
  let start = 0;
  for (const slot of [...counts.keys()].sort((a, b) => a - b)) {
    groups.push([start, counts.get(slot)!, slot]);
    next.set(slot, start);
    start += counts.get(slot)!;
  }
  const index = new Uint32Array(corners.length);
  for (let triangle = 0; triangle < faces.length; triangle++) {
    const slot = slots[faces[triangle]!]!;
    const at = next.get(slot)!;
    next.set(slot, at + 3);
    for (let k = 0; k < 3; k++) index[at + k] = corners[3 * triangle + k]!;
  }
  return { index, groups };
}

function looseEdges({ edges, positions }: MeshArrays): Float32Array | undefined {
  return edges?.length ? spread(positions, edges) : undefined;
}

function boundsOf(positions: Float32Array): MeshResult["bounds"] {
  if (positions.length === 0) return { min: [0, 0, 0], max: [0, 0, 0] };
  const [min, max] = [[0, 0, 0], [0, 0, 0]];
  for (let axis = 0; axis < 3; axis++) {
    let [least, most] = [Infinity, -Infinity];
    for (let i = axis; i < positions.length; i += 3) {
      const value = positions[i]!;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    [min[axis], max[axis]] = [least, most];
  }
  return { min, max };
}
