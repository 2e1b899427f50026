// SPDX-License-Identifier: Apache-2.0
// Where an object is relative to its parent: location, the rotation that its mode chooses, scale, and the deltas of each.

import type { Value, ValueMap } from "../wire/msgpack.js";
import type { Entity } from "./entity.js";
import { compose, fromAxisAngle, fromEuler, normalized, product, toAxisAngle, toEuler, type Matrix, type Quaternion } from "./matrix.js";

const ZERO: readonly number[] = [0, 0, 0];
const ONE: readonly number[] = [1, 1, 1];
const NO_TURN: readonly number[] = [1, 0, 0, 0];

/** The numbers of a vector field, or a default where the field is absent or not what it should be. */
export function numbers(value: Value | undefined, fallback: readonly number[]): readonly number[] {
  if (!Array.isArray(value) || value.length !== fallback.length) return fallback;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "number") return fallback;
  return value as number[];
}

export function rotationMode(object: Entity): string {
  const mode = object.get("rotation_mode");
  return typeof mode === "string" && /^(QUATERNION|AXIS_ANGLE|[XYZ]{3})$/.test(mode) ? mode : "XYZ";
}

/** The field of the transform that holds the rotation in a mode. */
export function rotationField(mode: string): "rotation_quaternion" | "rotation_axis_angle" | "rotation_euler" {
  return mode === "QUATERNION" ? "rotation_quaternion" : mode === "AXIS_ANGLE" ? "rotation_axis_angle" : "rotation_euler";
}

/** What an object says about how its transform is to be read; it seldom changes. */
export interface Reading {
  mode: string;
  location?: readonly number[];
  scale?: readonly number[];
  rotation?: Quaternion;
}

export function readingOf(object: Entity): Reading {
  const mode = rotationMode(object);
  const delta = (name: string, none: readonly number[]) => {
    const found = numbers(object.get(name), none);
    return found.every((value, i) => value === none[i]) ? undefined : found;
  };
  const quaternion = delta("delta_rotation_quaternion", NO_TURN);
  const euler = delta("delta_rotation_euler", ZERO);
  const rotation = mode === "QUATERNION" ? quaternion && normalized(quaternion) : mode === "AXIS_ANGLE" ? undefined : euler && fromEuler(euler, mode);
  return { mode, rotation, location: delta("delta_location", ZERO), scale: delta("delta_scale", ONE) };
}

function rotation(transform: Entity, mode: string): Quaternion {
  if (mode === "QUATERNION") return normalized(numbers(transform.get("rotation_quaternion"), NO_TURN));
  if (mode === "AXIS_ANGLE") return fromAxisAngle(numbers(transform.get("rotation_axis_angle"), [0, 0, 1, 0]));
  return fromEuler(numbers(transform.get("rotation_euler"), ZERO), mode);
}

/** Where an object is relative to what it hangs on. */
export interface Place {
  location: readonly number[];
  rotation: Quaternion;
  scale: readonly number[];
}

export function placeOf(reading: Reading, transform: Entity): Place {
  const location = numbers(transform.get("location"), ZERO);
  const scale = numbers(transform.get("scale"), ONE);
  const own = rotation(transform, reading.mode);
  return {
    location: reading.location ? reading.location.map((delta, i) => delta + location[i]!) : location,
    rotation: reading.rotation ? product(reading.rotation, own) : own,
    scale: reading.scale ? reading.scale.map((delta, i) => delta * scale[i]!) : scale,
  };
}

export function localMatrix(reading: Reading, transform: Entity, out: Matrix): Matrix {
  const { location, rotation, scale } = placeOf(reading, transform);
  return compose(location, rotation, scale, out);
}

// ---- the way back: the fields that put an object in a place

export function locationField({ location: delta }: Reading, location: readonly number[]): ValueMap {
  return { location: floats(location.map((value, i) => value - (delta?.[i] ?? 0))) };
}

export function scaleField({ scale: delta }: Reading, scale: readonly number[]): ValueMap {
  return { scale: floats(scale.map((value, i) => value / (delta?.[i] || 1))) };
}

/** Many numbers say the same turn; those nearest to what the transform has. */
export function rotationFields({ mode, rotation: delta }: Reading, transform: Entity, turn: Quaternion): ValueMap {
  const own = delta ? product([delta[0], -delta[1], -delta[2], -delta[3]], turn) : turn;
  const field = rotationField(mode);
  if (field === "rotation_euler") return { [field]: floats(toEuler(own, mode, numbers(transform.get(field), ZERO))) };
  if (field === "rotation_axis_angle") return { [field]: floats(toAxisAngle(own)) };
  const before = numbers(transform.get(field), NO_TURN);
  const opposite = own.reduce((sum, value, i) => sum + value * before[i]!, 0) < 0;
  return { [field]: floats(own.map((value) => (opposite ? -value : value))) };
}

const floats = (values: readonly number[]): number[] => values.map(Math.fround);
