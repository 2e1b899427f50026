// SPDX-License-Identifier: Apache-2.0
// MQTT payloads ⇄ what they mean. Everything is checked before it is believed; `Refused` says what was wrong.

import { Decompress } from "fzstd";
import { bytesOfHex, bytesOfStamp, hexOfBytes, stampOfBytes, type Stamp } from "./hex.js";
import { decode, encode, Ext, isMap, Refused, type Value, type ValueMap } from "./msgpack.js";
import { LIMITS } from "./schema.js";
import { typedArray } from "./typed.js";

export interface State {
  stamp: Stamp;
  fields: ValueMap;
  stamps: Record<string, Stamp>;
  from?: string;
  seq?: number;
  parts: boolean;
}

export interface Live {
  from?: string;
  /** 16 bytes per row. */
  ids: Uint8Array;
  count: number;
  /** One for all rows, or one each. */
  stamps: Stamp | Stamp[];
  columns: [name: string, column: Column][];
}

/** The value of each row. */
export type Column = (row: number) => Value;

export interface Peer {
  name: string;
  app: string;
  app_version?: string;
  colour?: number[];
  capabilities?: string[];
  entities?: number;
  /** What its clock shows, ms since 1970. */
  time?: number;
}

export interface Presence {
  view?: number[];
  fov?: number;
  cursor?: number[];
  frame?: number;
  selection?: string[];
  active?: string;
  mode?: string;
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const PLAIN_MAX = 16 * 1024 * 1024;
/** A value of a message has the payload's map and one more around it. */
const AROUND = 2;

const malformed = (what: string) => new Refused("malformed", what);

// ---- payloads

function unpack(payload: Uint8Array): Uint8Array {
  if (payload.length > LIMITS.max_message) throw new Refused("limit", `a payload of ${payload.length} bytes`);
  if (!MAGIC.every((byte, i) => payload[i] === byte)) return payload;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    new Decompress((chunk) => {
      size += chunk.length;
      if (size > PLAIN_MAX) throw new Refused("limit", `a payload that unpacks to more than ${PLAIN_MAX} bytes`);
      chunks.push(chunk);
    }).push(payload, true);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("compression", "a zstd frame that cannot be unpacked");
  }
  return chunks.length === 1 ? chunks[0]! : concat(chunks, size);
}

export function concat(chunks: Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function open(payload: Uint8Array): ValueMap {
  const message = decode(unpack(payload), AROUND);
  if (!isMap(message)) throw malformed("a payload is one map");
  const { v } = message;
  if (typeof v !== "number") throw malformed("v is missing");
  if (v !== 1) throw new Refused("version", `version ${v} of the protocol`);
  return message;
}

/** Keys in the form of the wire, without those that are undefined. */
function seal(message: Record<string, Value | undefined>): Uint8Array {
  const sealed: ValueMap = { v: 1 };
  for (const [name, value] of Object.entries(message)) if (value !== undefined) sealed[name] = value;
  return encode(sealed);
}

function bytesOf(value: Value | undefined, size: number, what: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== size) throw malformed(`${what} has ${size} bytes`);
  return value;
}

function originOf(message: ValueMap): string | undefined {
  return message["from"] === undefined ? undefined : hexOfBytes(bytesOf(message["from"], 8, "an origin"));
}

function text(value: Value | undefined, max: number, what: string): string {
  if (typeof value !== "string") throw malformed(`${what} is text`);
  if (value.length > max) throw new Refused("limit", `${what} has at most ${max} bytes`);
  return value;
}

/** Numbers of a vector, or undefined when it is not there. */
function vector(value: Value | undefined, length: number, what: string): number[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length !== length || !value.every((item) => typeof item === "number")) throw malformed(`${what} has ${length} numbers`);
  return value;
}

// ---- state

const CONTROL = /[\u0000-\u001f\u007f]/;
const utf8 = new TextEncoder();

function checkField(name: string, value: Value): void {
  if (name.length > LIMITS.max_name || (name.length > LIMITS.max_name / 3 && utf8.encode(name).length > LIMITS.max_name)) {
    throw new Refused("limit", `a field name has at most ${LIMITS.max_name} bytes`);
  }
  if (name === "" || CONTROL.test(name)) throw malformed("a field name is text without control characters");
  const size = value instanceof Uint8Array ? value.length : value instanceof Ext ? value.data.length : 0;
  if (size >= LIMITS.max_value) throw new Refused("limit", `a value of ${size} bytes`);
}

export function readState(payload: Uint8Array): State {
  const message = open(payload);
  const stamp = stampOfBytes(bytesOf(message["stamp"], 16, "a stamp"));
  const fields = message["fields"];
  if (!isMap(fields)) throw malformed("fields is a map");
  for (const name in fields) checkField(name, fields[name]!);
  const seq = message["seq"];
  if (seq !== undefined && !(typeof seq === "number" && seq >= 1)) throw malformed("seq counts from 1");
  return { stamp, fields, stamps: stampsOf(message["stamps"]), from: originOf(message), seq, parts: message["parts"] === true };
}

function stampsOf(value: Value | undefined): Record<string, Stamp> {
  const stamps = Object.create(null) as Record<string, Stamp>;
  if (value === undefined) return stamps;
  if (!isMap(value)) throw malformed("stamps is a map");
  for (const name in value) stamps[name] = stampOfBytes(bytesOf(value[name], 16, "a stamp"));
  return stamps;
}

export function writeState(state: State): Uint8Array {
  const own = Object.entries(state.stamps).map(([name, stamp]) => [name, bytesOfStamp(stamp)] as const);
  return seal({
    stamp: bytesOfStamp(state.stamp),
    fields: state.fields,
    stamps: own.length ? Object.fromEntries(own) : undefined,
    from: state.from === undefined ? undefined : bytesOfHex(state.from),
    seq: state.seq,
    parts: state.parts || undefined,
  });
}

// ---- live

export function readLive(payload: Uint8Array): Live {
  const message = open(payload);
  const stamp = stampOfBytes(bytesOf(message["stamp"], 16, "a stamp"));
  const ids = message["ids"];
  if (!(ids instanceof Uint8Array) || ids.length % 16) throw malformed("ids are 16 bytes each");
  const count = ids.length / 16;
  const columns = message["columns"];
  if (!isMap(columns)) throw malformed("columns is a map");
  return {
    from: originOf(message),
    ids,
    count,
    stamps: message["stamps"] === undefined ? stamp : rowStamps(message["stamps"], count),
    columns: Object.keys(columns).map((name) => [name, columnOf(name, columns[name]!, count)]),
  };
}

function rowStamps(value: Value, count: number): Stamp[] {
  const bytes = bytesOf(value, 16 * count, "a column of stamps");
  return Array.from({ length: count }, (_, row) => stampOfBytes(bytes, 16 * row));
}

function columnOf(name: string, column: Value, count: number): Column {
  checkField(name, null);
  if (Array.isArray(column)) {
    if (column.length !== count) throw malformed(`${name} has ${column.length} values for ${count} rows`);
    return (row) => column[row]!;
  }
  const numbers = column instanceof Ext ? typedArray(column.type, column.data) : undefined;
  if (!numbers) throw malformed(`${name} is neither a list nor a typed array`);
  const width = count ? numbers.length / count : 0;
  if (!Number.isInteger(width) || (count > 0 && width === 0)) throw malformed(`${name} has ${numbers.length} numbers for ${count} rows`);
  if (width === 1) return (row) => numbers[row]!;
  if (width === 3) return (row) => [numbers[3 * row]!, numbers[3 * row + 1]!, numbers[3 * row + 2]!] as Value[];
  return (row) => Array.from(numbers.subarray(row * width, row * width + width) as ArrayLike<number>);
}

/** One row: what is being dragged in the viewer. */
export function writeLive(from: string, stamp: Stamp, id: string, fields: ValueMap): Uint8Array {
  const columns = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [value]]));
  return seal({ from: bytesOfHex(from), stamp: bytesOfStamp(stamp), ids: bytesOfHex(id), columns });
}

// ---- peers

export function readOnline(payload: Uint8Array): boolean {
  if (payload.length !== 1 || (payload[0] !== 48 && payload[0] !== 49)) throw malformed("online is 0 or 1");
  return payload[0] === 49;
}

export function readPeer(payload: Uint8Array): Peer {
  const message = open(payload);
  const vectorOf = message["vector"];
  if (vectorOf !== undefined && !(isMap(vectorOf) && Object.keys(vectorOf).every((origin) => /^[0-9a-f]{16}$/.test(origin)))) {
    throw malformed("an origin is 16 hex digits");
  }
  const capabilities = message["capabilities"];
  const { entities, time } = message;
  return {
    name: text(message["name"], 255, "name"),
    app: text(message["app"], 64, "app"),
    app_version: message["app_version"] === undefined ? undefined : text(message["app_version"], 64, "app_version"),
    colour: vector(message["colour"], 3, "colour"),
    capabilities: Array.isArray(capabilities) ? capabilities.filter((word) => typeof word === "string") : undefined,
    entities: typeof entities === "number" ? entities : undefined,
    time: typeof time === "number" ? time : undefined,
  };
}

export function writePeer(peer: Peer): Uint8Array {
  return seal({ ...peer });
}

export function readPresence(payload: Uint8Array): Presence {
  const fields = open(payload)["fields"];
  if (!isMap(fields)) throw malformed("fields is a map");
  const { fov, frame, mode, selection, active } = fields;
  return {
    view: vector(fields["view"], 16, "view"),
    cursor: vector(fields["cursor"], 3, "cursor"),
    fov: typeof fov === "number" ? fov : undefined,
    frame: typeof frame === "number" ? frame : undefined,
    mode: typeof mode === "string" ? mode : undefined,
    active: active instanceof Uint8Array ? hexOfBytes(active) : undefined,
    selection: Array.isArray(selection) ? selection.filter((id) => id instanceof Uint8Array).map((id) => hexOfBytes(id)) : undefined,
  };
}

export function writePresence(presence: Presence): Uint8Array {
  const { selection, active, ...plain } = presence;
  const fields = { ...plain, selection: selection?.map(bytesOfHex), active: active === undefined ? undefined : bytesOfHex(active) };
  return seal({ fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ValueMap });
}
