// SPDX-License-Identifier: Apache-2.0
// Values as JSON (schemas/README.md): for the test vectors, and to show what no widget knows.

import { bytesOfHex, hexOfBytes } from "./hex.js";
import { Ext, type Value, type ValueMap } from "./msgpack.js";

export function toJson(value: Value): unknown {
  if (value instanceof Uint8Array) return { $bin: hexOfBytes(value) };
  if (value instanceof Ext) return { $ext: [value.type, hexOfBytes(value.data)] };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) return { $float: floatName(value) };
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return value;
}

function floatName(value: number): string {
  return Number.isNaN(value) ? "nan" : value === 0 ? "-0" : value > 0 ? "inf" : "-inf";
}

const FLOATS: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity, "-0": -0 };

export function fromJson(value: unknown): Value {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== "object" || value === null) return value as Value;
  const map = value as Record<string, unknown>;
  if (typeof map["$bin"] === "string") return bytesOfHex(map["$bin"]);
  if (Array.isArray(map["$ext"])) return new Ext(map["$ext"][0] as number, bytesOfHex(map["$ext"][1] as string));
  if (typeof map["$float"] === "string") return FLOATS[map["$float"]]!;
  const result = Object.create(null) as ValueMap;
  for (const [key, item] of Object.entries(map)) result[key] = fromJson(item);
  return result;
}
