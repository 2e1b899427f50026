// SPDX-License-Identifier: Apache-2.0
// From Blender's arrays to triangles.

import { describe, expect, it } from "vitest";
import { BadMesh, buildMesh, type MeshArrays } from "../src/worker/mesh.js";

function mesh(points: number[][], faces: number[][], more: Partial<MeshArrays> = {}): MeshArrays {
  const offsets = [0];
  for (const face of faces) offsets.push(offsets[offsets.length - 1]! + face.length);
  return { positions: Float32Array.from(points.flat()), cornerVerts: Int32Array.from(faces.flat()), faceOffsets: Int32Array.from(offsets), ...more };
}

/** The area of all triangles, negative where they are turned away from `normal`. */
function area({ positions: p, index }: ReturnType<typeof buildMesh>, normal: number[]): number {
  let sum = 0;
  for (let i = 0; i < index.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => 3 * index[i + k]!) as [number, number, number];
    const u = [0, 1, 2].map((k) => p[b + k]! - p[a + k]!) as [number, number, number];
    const v = [0, 1, 2].map((k) => p[c + k]! - p[a + k]!) as [number, number, number];
    const cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    sum += cross.reduce((total, value, k) => total + value * normal[k]!, 0) / 2;
  }
  return sum;
}

const SQUARE = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]];

describe("faces", () => {
  it("of four corners are cut where neither half is turned over", () => {
    const dart = [[0, 0, 0], [2, 0, 0], [0.5, 0.5, 0], [0, 2, 0]];
    for (let turn = 0; turn < 4; turn++) {
      const face = [0, 1, 2, 3].map((corner) => (corner + turn) % 4);
      expect(area(buildMesh(mesh(dart, [face])), [0, 0, 1])).toBeCloseTo(1);
    }
  });

  it.each([[0, 1, 2], [1, 2, 0], [2, 0, 1]])("of more corners keep their area and side, whichever way they face", (...axes) => {
    const flat = [[0, 0], [3, 0], [3, 2], [2, 2], [2, 1], [1, 1], [1, 2], [0, 2]];
    const points = flat.map(([x, y]) => { const p = [0, 0, 0]; p[axes[0]] = x!; p[axes[1]] = y!; return p; });
    const normal = [0, 0, 0];
    normal[axes[2]] = 1;
    const face = flat.map((_, i) => i);
    expect(area(buildMesh(mesh(points, [face])), normal)).toBeCloseTo(5);
    expect(area(buildMesh(mesh(points, [[...face].reverse()])), normal)).toBeCloseTo(-5);
  });

  it("come sorted by material slot", () => {
    const faces = [[0, 1, 2], [0, 2, 3], [0, 1, 3]];
    const { groups, index } = buildMesh(mesh(SQUARE, faces, { materialIndex: Int32Array.of(2, 0, 2) }));
    expect(groups).toEqual([[0, 3, 0], [3, 6, 2]]);
    expect([...index]).toEqual([3, 4, 5, 0, 1, 2, 6, 7, 8]);
  });

  it("whose indices point nowhere are refused", () => {
    expect(() => buildMesh(mesh(SQUARE, [[0, 1, 4]]))).toThrow(BadMesh);
    expect(() => buildMesh(mesh(SQUARE, [[0, 1, -1]]))).toThrow(BadMesh);
    expect(() => buildMesh(mesh(SQUARE, [[0, 1]]))).toThrow(BadMesh);
    expect(() => buildMesh({ ...mesh(SQUARE, [[0, 1, 2]]), faceOffsets: Int32Array.of(0, 4) })).toThrow(BadMesh);
  });
});

describe("normals", () => {
  // Two squares that meet in an edge at a right angle.
  const roof = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, -1], [1, 1, -1]];
  const faces = [[0, 1, 2, 3], [1, 4, 5, 2]];
  const smooth = Uint8Array.of(1, 1);
  const cornerEdges = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 1);
  const at = ({ normals }: ReturnType<typeof buildMesh>, corner: number) => Array.from(normals.subarray(3 * corner, 3 * corner + 3), (value) => Math.round(value * 1000) / 1000 + 0);

  it("are the face's where it is flat", () => {
    expect(at(buildMesh(mesh(roof, faces)), 1)).toEqual([0, 0, 1]);
  });

  it("are shared across an edge where it is smooth", () => {
    const built = buildMesh(mesh(roof, faces, { smooth }));
    expect(built.positions.length).toBe(3 * 6); // a vertex each
    expect(at(built, 1)).toEqual([0.707, 0, 0.707]);
  });

  it("break at a sharp edge, at a flat face, and at an angle", () => {
    const uv = new Float32Array(16);
    const sharp = buildMesh(mesh(roof, faces, { smooth, cornerEdges, uv, sharpEdges: Uint8Array.of(0, 1, 0, 0, 0, 0, 0) }));
    const mixed = buildMesh(mesh(roof, faces, { smooth: Uint8Array.of(1, 0), cornerEdges, uv }));
    const angle = buildMesh(mesh(roof, faces, { smooth, cornerEdges, uv, autoSmooth: Math.cos(1) }));
    const wide = buildMesh(mesh(roof, faces, { smooth, cornerEdges, uv, autoSmooth: Math.cos(2) }));
    expect([sharp, mixed, angle].map((built) => at(built, 1))).toEqual([[0, 0, 1], [0, 0, 1], [0, 0, 1]]);
    expect(at(wide, 1)).toEqual([0.707, 0, 0.707]);
  });

  it("are what somebody set", () => {
    const customNormals = Float32Array.from({ length: 24 }, (_, i) => (i % 3 === 1 ? 1 : 0));
    expect(at(buildMesh(mesh(roof, faces, { smooth, customNormals })), 5)).toEqual([0, 1, 0]);
  });
});
