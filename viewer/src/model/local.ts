// SPDX-License-Identifier: Apache-2.0
// Where an object is relative to its parent: location, the rotation that its mode chooses, scale, and the deltas of each.

import type { Value } from "../wire/msgpack.js";
import type { Entity } from "./entity.js";
import { compose, fromAxisAngle, fromEuler, normalized, product, type Matrix, type Quaternion } from "./matrix.js";

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

export function localMatrix(reading: Reading, transform: Entity, out: Matrix): Matrix {
  const location = numbers(transform.get("location"), ZERO);
  const scale = numbers(transform.get("scale"), ONE);
  const own = rotation(transform, reading.mode);
  return compose(
    reading.location ? reading.location.map((delta, i) => delta + location[i]!) : location,
    reading.rotation ? product(reading.rotation, own) : own,
    reading.scale ? reading.scale.map((delta, i) => delta * scale[i]!) : scale,
    out,
  );
}
