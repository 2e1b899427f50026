// SPDX-License-Identifier: Apache-2.0
// schemas/vectors: what every language must decode, re-encode to the same bytes, or refuse.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesOfHex, hexOfBytes } from "../src/wire/hex.js";
import { fromJson, toJson } from "../src/wire/json.js";
import * as messages from "../src/wire/messages.js";
import { decode, encode, Refused } from "../src/wire/msgpack.js";
import { LIMITS } from "../src/wire/schema.js";

type Pieces = string | (string | [string, number])[];

function load<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../schemas/vectors/${name}.json`, import.meta.url), "utf-8")) as T[];
}


function bytesOf(pieces: Pieces): Uint8Array {
  if (typeof pieces === "string") return bytesOfHex(pieces);
  return bytesOfHex(pieces.map((piece) => (typeof piece === "string" ? piece : piece[0].repeat(piece[1]))).join(""));
}

function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
  return "nothing";
}

describe("values", () => {
  it.each(load<{ name: string; in: Pieces; out: Pieces; json: unknown }>("values"))("$name", ({ in: given, out, json }) => {
    const canonical = bytesOf(out);
    expect(hexOfBytes(encode(decode(bytesOf(given))))).toBe(hexOfBytes(canonical));
    expect(hexOfBytes(encode(decode(canonical)))).toBe(hexOfBytes(canonical));
    const exact = !/[0-9]{16}/.test(JSON.stringify(json));
    if (exact) expect(hexOfBytes(encode(fromJson(json)))).toBe(hexOfBytes(canonical));
  });
});

const READERS: Record<string, (payload: Uint8Array) => unknown> = {
  state: messages.readState,
  live: messages.readLive,
  peer: messages.readPeer,
  online: messages.readOnline,
  presence: messages.readPresence,
  value: (bytes) => {
    const value = decode(bytes);
    if (encode(value).length > LIMITS.max_value) throw new Refused("limit", "a value");
  },
};

interface Vector {
  name: string;
  channel: string;
  message: string;
  json: unknown;
  hex: string;
}

describe("messages", () => {
  it.each(load<Vector>("messages"))("$channel $message: $name", ({ json, hex, channel, message }) => {
    const value = decode(bytesOfHex(hex), 2);
    expect(hexOfBytes(encode(value))).toBe(hex);
    expect(toJson(value)).toEqual(json);
    if (channel === "mqtt") READERS[message]?.(bytesOfHex(hex));
  });

  it.each(load<Vector>("messages").filter((vector) => vector.message === "state"))("a state is written as it was read: $name", ({ hex }) => {
    expect(hexOfBytes(messages.writeState(messages.readState(bytesOfHex(hex))))).toBe(hex);
  });

  it.each(load<Vector>("messages").filter((vector) => vector.channel === "mqtt" && vector.message === "presence"))("a presence is written as it was read: $name", ({ hex }) => {
    expect(hexOfBytes(messages.writePresence(messages.readPresence(bytesOfHex(hex))))).toBe(hex);
  });
});

describe("refused", () => {
  it.each(load<{ name: string; as: string; in: Pieces; cause: string }>("refused"))("$as: $name", ({ as, in: given, cause }) => {
    expect(refusal(() => READERS[as]!(bytesOf(given)))).toBe(cause);
  });
});
