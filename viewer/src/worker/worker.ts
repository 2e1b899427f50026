// SPDX-License-Identifier: Apache-2.0
// Fetches, verifies and decodes meshes and images away from the page, so that it never stands still.

import { concat } from "../wire/messages.js";
import { typedArray, type TypedArray } from "../wire/typed.js";
import type { Answer, ArraySource, FileSource, ImageJob, ImageResult, MeshJob, MeshResult, Request, Result } from "./jobs.js";
import { BadMesh, buildMesh, type MeshArrays } from "./mesh.js";
import { fetchBlob, inTurn, Unavailable, type Access, type Progress } from "./store.js";

const AT_ONCE = 4;

self.onmessage = async ({ data: request }: MessageEvent<Request>) => {
  const answer = (message: Answer, moved: Transferable[] = []) => self.postMessage(message, { transfer: moved });
  const { id } = request;
  const progress = (bytes: number) => answer({ id, type: "progress", bytes });
  try {
    const began = performance.now();
    const result = await run(request, progress);
    answer({ id, type: "done", result, took: performance.now() - began }, transferables(result));
  } catch (error) {
    const again = error instanceof Unavailable && error.again;
    answer({ id, type: "failed", text: error instanceof Error ? error.message : String(error), again });
  }
};

function run(request: Request, progress: Progress): Promise<Result> {
  if (request.type === "mesh") return mesh(request, request.access, progress);
  if (request.type === "image") return image(request, request.access, progress);
  if (request.type === "file") return file(request.source, request.access, progress).then((bytes) => ({ file: bytes.slice() }));
  const { source } = request;
  return bytes(source, request.access, progress).then((data) => ({ ext: source.ext, data }));
}

function transferables(result: Result): Transferable[] {
  if ("bitmap" in result) return [result.bitmap];
  if ("file" in result) return [result.file.buffer];
  if ("data" in result) return [result.data.buffer];
  return [...new Set([result.positions, result.normals, result.uv, result.index, result.lines].flatMap((array) => (array ? [array.buffer] : [])))];
}

async function bytes(source: ArraySource, access: Access, progress: Progress): Promise<Uint8Array> {
  if ("data" in source) return source.data;
  return concat(await inTurn(source.pages, AT_ONCE, (name) => fetchBlob(access, name, progress)), source.size);
}

async function load(source: ArraySource, access: Access, progress: Progress): Promise<TypedArray> {
  const numbers = typedArray(source.ext, await bytes(source, access, progress));
  if (numbers === undefined) throw new BadMesh("It has an array of an unknown type.");
  return numbers;
}

async function mesh(job: MeshJob, access: Access, progress: Progress): Promise<MeshResult> {
  const names = Object.keys(job.arrays);
  const loaded = await inTurn(names, AT_ONCE, (name) => load(job.arrays[name]!, access, progress));
  const arrays = Object.fromEntries(names.map((name, i) => [name, loaded[i]]));
  const array = <T extends TypedArray>(name: string, type: new (n: number) => T): T | undefined => {
    const found = arrays[name];
    if (found !== undefined && !(found instanceof type)) throw new BadMesh(`Its ${name} are of another type.`);
    return found;
  };
  const given: MeshArrays = {
    positions: shaped(job, arrays, array("positions", Float32Array) ?? new Float32Array(0)),
    cornerVerts: array("corner_verts", Int32Array) ?? new Int32Array(0),
    faceOffsets: array("face_offsets", Int32Array) ?? new Int32Array(1),
    cornerEdges: job.autoSmooth?.on === false ? undefined : array("corner_edges", Int32Array),
    edges: array("edges", Int32Array),
    smooth: array("smooth", Uint8Array),
    sharpEdges: job.autoSmooth?.on === false ? undefined : array("sharp_edges", Uint8Array),
    customNormals: job.autoSmooth?.on === false ? undefined : array("custom_normals", Float32Array),
    materialIndex: array("material_index", Int32Array),
    uv: job.uv === undefined ? undefined : array(`uv/${job.uv}`, Float32Array),
    autoSmooth: job.autoSmooth?.on ? Math.cos(job.autoSmooth.angle) : undefined,
  };
  return buildMesh(given);
}

/** The positions with every relative shape key's difference added as far as it is turned on. */
function shaped(job: MeshJob, arrays: Record<string, TypedArray | undefined>, positions: Float32Array): Float32Array {
  const active = job.keys.filter((key) => key.value !== 0 && arrays[key.array]?.length === positions.length && arrays[key.relativeTo]?.length === positions.length);
  if (active.length === 0) return positions;
  const result = positions.slice();
  for (const key of active) {
    const to = arrays[key.array] as Float32Array;
    const from = arrays[key.relativeTo] as Float32Array;
    for (let i = 0; i < result.length; i++) result[i] = result[i]! + key.value * (to[i]! - from[i]!);
  }
  return result;
}

async function file(source: FileSource, access: Access, progress: Progress): Promise<Uint8Array> {
  return "data" in source ? source.data : fetchBlob(access, source.name, progress);
}

async function image(job: ImageJob, access: Access, progress: Progress): Promise<ImageResult> {
  const bytes = await file(job.source, access, progress);
  try {
    // Row 0 of a texture is its lower edge.
    const options: ImageBitmapOptions = { imageOrientation: "flipY", premultiplyAlpha: "none", colorSpaceConversion: "none" };
    return { bitmap: await createImageBitmap(new Blob([bytes.slice()]), options) };
  } catch {
    return { file: bytes.slice() }; // not a picture that browsers know: HDR and EXR are read by others
  }
}
