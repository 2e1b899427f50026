// SPDX-License-Identifier: Apache-2.0
// The UUIDs of the kinds of which a scene has one: made from its name, so that everybody knows them before anybody published such an entity.

import { sha1 } from "@noble/hashes/legacy";
import { bytesOfHex, hexOfBytes } from "./hex.js";

const NAMESPACE_URL = "6ba7b8119dad11d180b400c04fd430c8";

export function singleton(scene: string, kind: string): string {
  return named(named(NAMESPACE_URL, `scenesync:${scene}`), kind);
}

/** UUID version 5: SHA-1 of the namespace and the name (RFC 4122, section 4.3). */
function named(space: string, name: string): string {
  const hash = sha1.create().update(bytesOfHex(space)).update(new TextEncoder().encode(name)).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hexOfBytes(hash);
}
