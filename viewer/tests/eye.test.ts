// SPDX-License-Identifier: Apache-2.0
// What the eye frames is in the middle of the picture, wherever it looked before.
import { Sphere, Vector3 } from "three";
import { expect, test } from "vitest";
import { Eye } from "../src/scene/eye.js";

test("what is framed is in the middle", () => {
  const eye = new Eye();
  for (const center of [new Vector3(2, 2, 2), new Vector3(-30, 4, 1), new Vector3(0, -500, 80)]) {
    eye.frame(new Sphere(center, 1.7));
    const { x, y } = center.clone().project(eye.camera);
    expect(Math.hypot(x, y)).toBeLessThan(1e-6);
  }
});

test("who flies ahead keeps looking that way", () => {
  const eye = new Eye();
  const ahead = () => eye.camera.getWorldDirection(new Vector3());
  const before = ahead();
  eye.fly(3, 20, 1);
  expect(ahead().distanceTo(before)).toBeLessThan(1e-6);
});
