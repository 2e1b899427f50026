// SPDX-License-Identifier: Apache-2.0
// Work for the workers: meshes and images, fetched and decoded. Keeps count of what is on its way, and tries again what may come later.

import { isMap, type Value } from "../wire/msgpack.js";
import { Ext } from "../wire/msgpack.js";
import { hexOfBytes } from "../wire/hex.js";
import type { Answer, ArraySource, FileSource, Job, Request, Result } from "../worker/jobs.js";
import type { Access } from "../worker/store.js";

interface Pending {
  job: Job;
  attempt: number;
  bytes: number;
  resolve(result: Result): void;
  reject(error: Error): void;
}

const WORKERS = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

export class Assets {
  private readonly workers: { worker: Worker; busy: number }[];
  private readonly pending = new Map<number, Pending>();
  private next = 1;
  /** Jobs under way, bytes received by all so far, and what went wrong last. */
  received = 0;
  /** How long the longest job took, in ms. */
  longest = 0;
  trouble: string | undefined;

  constructor(private readonly access: Access) {
    this.workers = Array.from({ length: WORKERS }, () => {
      const entry = { worker: new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module" }), busy: 0 };
      entry.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.answered(entry, data);
      return entry;
    });
  }

  get underWay(): number {
    return this.pending.size;
  }

  run<J extends Job>(job: J): Promise<Result<J>> {
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.pending.set(id, { job, attempt: 0, bytes: 0, resolve: resolve as Pending["resolve"], reject });
      this.send(id);
    });
  }

  private send(id: number): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    const entry = this.workers.reduce((a, b) => (b.busy < a.busy ? b : a));
    entry.busy++;
    entry.worker.postMessage({ id, access: this.access, ...pending.job } satisfies Request);
  }

  private answered(entry: { busy: number }, answer: Answer): void {
    const pending = this.pending.get(answer.id);
    if (answer.type === "progress") {
      this.received += answer.bytes;
      return;
    }
    entry.busy--;
    if (pending === undefined) return;
    if (answer.type === "failed" && answer.again) {
      this.trouble = `${answer.text} Trying again.`;
      const wait = RETRY_MS[Math.min(pending.attempt++, RETRY_MS.length - 1)]!;
      setTimeout(() => this.send(answer.id), wait);
      return;
    }
    this.pending.delete(answer.id);
    if (answer.type === "failed") {
      this.trouble = answer.text;
      pending.reject(new Error(answer.text));
    } else {
      if (this.pending.size === 0) this.trouble = undefined;
      this.longest = Math.max(this.longest, answer.took);
      pending.resolve(answer.result);
    }
  }

  close(): void {
    for (const { worker } of this.workers) worker.terminate();
    this.pending.clear();
  }
}

/** Where an array's bytes are, from the value of its field; undefined when that is no array. */
export function arraySource(value: Value | undefined): ArraySource | undefined {
  if (value instanceof Ext) return { ext: value.type, data: value.data };
  if (!isMap(value)) return undefined;
  const { pages, size, ext } = value;
  if (!Array.isArray(pages) || typeof size !== "number" || typeof ext !== "number") return undefined;
  if (!pages.every((page) => page instanceof Uint8Array && page.length === 32)) return undefined;
  return { ext, size, pages: pages.map((page) => hexOfBytes(page as Uint8Array)) };
}

/** What tells two sources apart. */
export function sourceKey(source: ArraySource): string {
  return "pages" in source ? source.pages.join() : `${source.ext}:${source.data.length}:${hexOfBytes(source.data)}`;
}

/** Where a blob's bytes are. */
export function blobSource(value: Value | undefined): FileSource | undefined {
  if (value instanceof Uint8Array) return { data: value };
  if (isMap(value) && value["sha256"] instanceof Uint8Array && value["sha256"].length === 32) return { name: hexOfBytes(value["sha256"]) };
  return undefined;
}
