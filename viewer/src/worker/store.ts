// SPDX-License-Identifier: Apache-2.0
// Immutable bytes from the asset store, verified against their name before anyone sees them. Runs in a worker.

import { sha256 } from "@noble/hashes/sha2";
import { hexOfBytes } from "../wire/hex.js";

export interface Access {
  url: string;
  /** The Authorization header, or empty. */
  authorization: string;
}

export type Progress = (bytes: number) => void;

/** Why bytes could not be had; `again` when a later attempt may find them. */
export class Unavailable extends Error {
  constructor(
    message: string,
    readonly again: boolean,
  ) {
    super(message);
  }
}

export async function fetchBlob(access: Access, name: string, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await download(access, name, progress);
  if (hexOfBytes(await digest(bytes)) !== name) throw new Unavailable("The asset store gave other bytes than were asked for.", false);
  return bytes;
}

/** The browser's own SHA-256 is ten times as fast, but only there for pages that came over HTTPS or from this machine. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes);
}

async function download(access: Access, name: string, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
  const headers: Record<string, string> = access.authorization ? { Authorization: access.authorization } : {};
  let response: Response;
  try {
    response = await ask(`${access.url.replace(/\/$/, "")}/${name.slice(0, 2)}/${name}`, headers);
  } catch {
    throw new Unavailable("The asset store cannot be reached.", true);
  }
  if (response.status === 401 || response.status === 403) throw new Unavailable("The asset store refuses this user name and password.", false);
  if (response.status === 404) throw new Unavailable("The asset store does not have it yet.", true);
  if (!response.ok || response.body === null) throw new Unavailable(`The asset store answers ${response.status}.`, true);
  return collect(response.body.getReader(), Number(response.headers.get("Content-Length") ?? 0), progress);
}

/** What a name stands for never changes, but whether it is there does; browsers keep a 404 as well. */
async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  const response = await fetch(url, { headers, cache: "force-cache" });
  return response.status === 404 ? fetch(url, { headers, cache: "reload" }) : response;
}

async function collect(reader: ReadableStreamDefaultReader<Uint8Array>, expected: number, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
  let all = new Uint8Array(expected);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all.subarray(0, length);
    if (length + value.length > all.length) {
      const larger = new Uint8Array(Math.max(2 * all.length, length + value.length));
      larger.set(all);
      all = larger;
    }
    all.set(value, length);
    length += value.length;
    progress(value.length);
  }
}

/** Runs jobs with a bound on how many run at once. */
export async function inTurn<T, R>(items: readonly T[], atOnce: number, run: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await run(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
