// SPDX-License-Identifier: Apache-2.0
// What the worker is asked and answers.

import type { Access } from "./store.js";

/** Bytes of a typed array: inline, or pages in the asset store. */
export type ArraySource = { ext: number; data: Uint8Array } | { ext: number; size: number; pages: string[] };

export interface MeshJob {
  type: "mesh";
  counts: number[];
  arrays: Record<string, ArraySource>;
  /** Names of the arrays to be shown, where there are several. */
  uv?: string;
  /** Blender before 4.1: edges sharper than this break smooth shading; undefined elsewhere. */
  autoSmooth?: { on: boolean; angle: number };
  keys: { array: string; relativeTo: string; value: number }[];
}

/** Bytes of a file: inline, or a blob of the asset store. */
export type FileSource = { data: Uint8Array } | { name: string };

export interface ImageJob {
  type: "image";
  source: FileSource;
  /** Whether the file is known to be an HDR picture, by its name. */
  media: string;
}

/** A file that the page reads itself: only fetched. */
export interface FileJob {
  type: "file";
  source: FileSource;
}

/** Painted pixels: only fetched. */
export interface PixelsJob {
  type: "pixels";
  source: ArraySource;
}

export interface MeshResult {
  positions: Float32Array;
  normals: Float32Array;
  uv?: Float32Array;
  index: Uint32Array;
  /** Runs of the index with one material slot each: [start, count, slot]. */
  groups: [number, number, number][];
  /** Loose edges, as pairs into `lines`. */
  lines?: Float32Array;
  triangles: number;
  bounds: { min: number[]; max: number[] };
}

export interface FileResult {
  file: Uint8Array<ArrayBuffer>;
}

export type ImageResult = { bitmap: ImageBitmap } | FileResult;

export interface PixelsResult {
  ext: number;
  data: Uint8Array;
}

export type Job = MeshJob | ImageJob | FileJob | PixelsJob;
export type Result<J extends Job = Job> = J extends MeshJob ? MeshResult : J extends ImageJob ? ImageResult : J extends FileJob ? FileResult : PixelsResult;
export type Request = { id: number; access: Access } & Job;
export type Answer =
  | { id: number; type: "progress"; bytes: number }
  | { id: number; type: "done"; result: Result; took: number }
  | { id: number; type: "failed"; text: string; again: boolean };
