// SPDX-License-Identifier: Apache-2.0
// From a place in the view back to the fields that say it.

import { describe, expect, it } from "vitest";
import { Entity } from "../src/model/entity.js";
import { locationField, placeOf, readingOf, rotationField, rotationFields, scaleField } from "../src/model/local.js";
import { fromEuler, product, type Quaternion } from "../src/model/matrix.js";
import type { ValueMap } from "../src/wire/msgpack.js";

const MODES = ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "QUATERNION", "AXIS_ANGLE"];
const START: ValueMap = { location: [1, 2, 3], scale: [2, -1, 0.5], rotation_euler: [0.3, -0.7, 4], rotation_quaternion: [0.5, 0.5, -0.5, 0.5], rotation_axis_angle: [1, 0, 0.6, 0.8] };
const DELTAS: ValueMap = { delta_location: [0, 0, 1], delta_scale: [2, 2, 2], delta_rotation_euler: [0.2, 0, 0], delta_rotation_quaternion: [0.8, 0, 0.6, 0] };
const TURN = fromEuler([0.4, 0.1, -0.2], "XYZ");

function entity(kind: string, fields: ValueMap): Entity {
  const made = new Entity(kind, "a".repeat(32));
  for (const [name, value] of Object.entries(fields)) made.merge(name, value, "\0".repeat(16));
  return made;
}

const turned = (a: Quaternion, b: Quaternion) => Math.abs(a.reduce((sum, value, i) => sum + value * b[i]!, 0));

describe.each(MODES)("a turn in %s", (mode) => {
  const field = rotationField(mode);

  it.each([["plain", {}], ["with deltas", DELTAS]])("comes back as it was, %s", (_, deltas) => {
    const [object, transform] = [entity("object", { rotation_mode: mode, ...deltas }), entity("transform", START)];
    const reading = readingOf(object);
    const before = placeOf(reading, transform);
    const again = rotationFields(reading, transform, before.rotation)[field] as number[];
    again.forEach((value, i) => expect(value).toBeCloseTo((START[field] as number[])[i]!, 5));
    expect((locationField(reading, before.location)["location"] as number[])).toEqual(START["location"]);
    expect((scaleField(reading, before.scale)["scale"] as number[])).toEqual(START["scale"]);
  });

  it("is the turn that was asked for", () => {
    const [object, transform] = [entity("object", { rotation_mode: mode, ...DELTAS }), entity("transform", START)];
    const reading = readingOf(object);
    const wanted = product(TURN, placeOf(reading, transform).rotation);
    const after = placeOf(reading, entity("transform", { ...START, ...rotationFields(reading, transform, wanted) }));
    expect(turned(after.rotation, wanted)).toBeCloseTo(1, 6);
  });
});

describe("an edit that was refused", () => {
  it("is taken back, dragging included, and newer values stay", () => {
    const transform = entity("transform", START);
    const [drag, edit, newer] = ["\x01", "\x02", "\x03"].map((first) => first + "\0".repeat(15)) as [string, string, string];
    transform.drag("location", [7, 7, 7], drag);
    const before = transform.cellsOf(["location", "scale", "delta"]);
    for (const name of ["location", "scale", "delta"]) transform.merge(name, [9, 9, 9], edit);
    transform.merge("scale", [5, 5, 5], newer);
    transform.restore(before, edit);
    expect([transform.get("location"), transform.get("scale"), transform.get("delta")]).toEqual([[1, 2, 3], [5, 5, 5], undefined]);
  });
});
