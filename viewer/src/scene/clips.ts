// SPDX-License-Identifier: Apache-2.0
// Movie clips as files that the browser plays.

import type { Replica } from "../model/replica.js";
import { isMap } from "../wire/msgpack.js";
import { hexOfBytes } from "../wire/hex.js";
import { blobSource, type Assets } from "./assets.js";

/** A movie is played from memory, as the store wants a password that a video cannot give, and its bytes are to be verified. */
const MOST_BYTES = 256e6;

interface Clip {
  /** What the movie was made of. */
  key: string;
  url?: string;
}

export class Clips {
  private readonly clips = new Map<string, Clip>();

  constructor(
    private readonly replica: Replica,
    private readonly assets: Assets,
  ) {}

  /** Why a clip cannot be shown; undefined where it can, or where it is on its way. */
  problem(id: string): string | undefined {
    const file = this.replica.get("clip", id)?.get("file");
    if (blobSource(file) === undefined) return "Only its path travels.";
    return isMap(file) && Number(file["size"]) > MOST_BYTES ? "It is too large to be shown here." : undefined;
  }

  /** Where the browser finds the movie; undefined until it has come. Asks for it. */
  url(id: string): string | undefined {
    const source = blobSource(this.replica.get("clip", id)?.get("file"));
    if (source === undefined || this.problem(id) !== undefined) return undefined;
    const key = "name" in source ? source.name : hexOfBytes(source.data);
    const known = this.clips.get(id);
    if (known?.key === key) return known.url;
    this.forget(known);
    const clip: Clip = { key };
    this.clips.set(id, clip);
    this.assets.run({ type: "file", source }).then(
      ({ file }) => {
        if (this.clips.get(id) === clip) clip.url = URL.createObjectURL(new Blob([file]));
      },
      () => undefined, // the notice says what is wrong with the store
    );
    return undefined;
  }

  private forget(clip: Clip | undefined): void {
    if (clip?.url !== undefined) URL.revokeObjectURL(clip.url);
  }

  dispose(): void {
    for (const clip of this.clips.values()) this.forget(clip);
  }
}
