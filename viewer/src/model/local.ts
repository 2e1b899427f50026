// SPDX-License-Identifier: Apache-2.0
// Where an object is relative to its parent: location, the rotation that its mode chooses, scale, and the deltas of each.

import type { Value } from "../wire/msgpack.js";
import type { Entity } from "./entity.js";
import { compose, fromAxisAngle, fromEuler, normalized, product, type Matrix, type Quaternion } from "./matrix.js";

const ZERO: readonly number[] = [0, 0, 0];
const ONE: readonly number[] = [1, 1, 1];

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

function rotation(object: Entity, transform: Entity): Quaternion {
  const mode = rotationMode(object);
  if (mode === "QUATERNION") {
    const own = normalized(numbers(transform.get("rotation_quaternion"), [1, 0, 0, 0]));
    return product(normalized(numbers(object.get("delta_rotation_quaternion"), [1, 0, 0, 0])), own);
  }
  if (mode === "AXIS_ANGLE") return fromAxisAngle(numbers(transform.get("rotation_axis_angle"), [0, 0, 1, 0]));
  const own = fromEuler(numbers(transform.get("rotation_euler"), ZERO), mode);
  const delta = object.get("delta_rotation_euler");
  return delta === undefined ? own : product(fromEuler(numbers(delta, ZERO), mode), own);
}

export function localMatrix(object: Entity, transform: Entity, out: Matrix): Matrix {
  let location = numbers(transform.get("location"), ZERO);
  let scale = numbers(transform.get("scale"), ONE);
  const deltaLocation = object.get("delta_location");
  if (deltaLocation !== undefined) location = numbers(deltaLocation, ZERO).map((delta, i) => delta + location[i]!);
  const deltaScale = object.get("delta_scale");
  if (deltaScale !== undefined) scale = numbers(deltaScale, ONE).map((delta, i) => delta * scale[i]!);
  return compose(location, rotation(object, transform), scale, out);
}
