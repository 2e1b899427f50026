// SPDX-License-Identifier: Apache-2.0
// Mask entities as Bézier outlines.

import type { Entity } from "../model/entity.js";
import { Ext } from "../wire/msgpack.js";
import { typedArray } from "../wire/typed.js";

export interface Point {
  leftX: number;
  leftY: number;
  x: number;
  y: number;
  rightX: number;
  rightY: number;
}

export interface Outline {
  points: Point[];
  closed: boolean;
  filled: boolean;
  alpha: number;
}

const WIDTH = 7;

/** The outlines of all layers that are shown, the lowest layer first. */
export function outlinesOf(mask: Entity): Outline[] {
  const order = (path: string) => mask.text(`${path}/order`);
  const sorted = (paths: string[]) => paths.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const layers = sorted([...mask.members("layers/")].map((id) => `layers/${id}`));
  return layers.flatMap((layer) => {
    if (mask.get(`${layer}/hide`) === true) return [];
    const alpha = mask.number(`${layer}/alpha`, 1);
    const splines = sorted([...mask.members(`${layer}/splines/`)].map((id) => `${layer}/splines/${id}`));
    return splines.flatMap((spline) => outlineOf(mask, spline, alpha) ?? []);
  });
}

function outlineOf(mask: Entity, spline: string, alpha: number): Outline | undefined {
  const value = mask.get(`${spline}/points`);
  const numbers = value instanceof Ext ? typedArray(value.type, value.data) : undefined;
  if (!(numbers instanceof Float32Array) || numbers.length === 0 || numbers.length % WIDTH) return undefined;
  const points: Point[] = [];
  for (let i = 0; i < numbers.length; i += WIDTH) {
    const [leftX, leftY, x, y, rightX, rightY] = numbers.subarray(i, i + WIDTH) as unknown as [number, number, number, number, number, number];
    points.push({ leftX, leftY, x, y, rightX, rightY });
  }
  return { points, closed: mask.get(`${spline}/use_cyclic`) !== false, filled: mask.get(`${spline}/use_fill`) !== false, alpha };
}
