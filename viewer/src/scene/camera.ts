// SPDX-License-Identifier: Apache-2.0
// Camera entities: what they see, and how that is drawn.

import type { Entity } from "../model/entity.js";
import type { Replica } from "../model/replica.js";

export interface Lens {
  orthographic: boolean;
  /** tan of half the field of view, or half the width, along the longer or the chosen side. */
  halfX: number;
  halfY: number;
  shiftX: number;
  shiftY: number;
  near: number;
  far: number;
}

function number(entity: Entity | undefined, name: string, fallback: number): number {
  return entity?.number(name, fallback) ?? fallback;
}

/** Width by height of the rendered picture. */
export function pictureAspect(replica: Replica): number {
  const { scene } = replica;
  const x = number(scene, "render/resolution_x", 1920) * number(scene, "render/pixel_aspect_x", 1);
  return x / (number(scene, "render/resolution_y", 1080) * number(scene, "render/pixel_aspect_y", 1));
}

export function lensOf(camera: Entity | undefined, aspect: number): Lens {
  const fit = camera?.text("sensor_fit", "AUTO") ?? "AUTO";
  const horizontal = fit === "HORIZONTAL" || (fit === "AUTO" && aspect >= 1);
  const orthographic = camera?.get("type") === "ORTHO";
  const sensor = fit === "VERTICAL" ? number(camera, "sensor_height", 24) : number(camera, "sensor_width", 36);
  const half = orthographic ? number(camera, "ortho_scale", 6) / 2 : sensor / (2 * number(camera, "lens", 50));
  const longer = 2 * half;
  return {
    orthographic,
    halfX: horizontal ? half : half * aspect,
    halfY: horizontal ? half / aspect : half,
    shiftX: number(camera, "shift_x", 0) * longer,
    shiftY: number(camera, "shift_y", 0) * longer,
    near: number(camera, "clip_start", 0.1),
    far: number(camera, "clip_end", 1000),
  };
}

/** Pairs of points: the pyramid that a camera sees, and a triangle that says where up is. */
export function cameraFrame(camera: Entity | undefined): number[] {
  const { orthographic, halfX, halfY } = lensOf(camera, 16 / 9);
  const size = number(camera, "display_size", 1);
  const scale = size / (2 * Math.max(halfX, halfY));
  const [x, y] = [halfX * scale, halfY * scale];
  const z = orthographic ? -size / 2 : -scale;
  const corners = [[-x, -y], [x, -y], [x, y], [-x, y]] as const;
  const shape: number[] = [];
  corners.forEach(([cx, cy], i) => {
    const [nx, ny] = corners[(i + 1) % 4]!;
    shape.push(cx, cy, z, nx, ny, z);
    shape.push(orthographic ? cx : 0, orthographic ? cy : 0, 0, cx, cy, z);
  });
  shape.push(-x / 2, y * 1.1, z, x / 2, y * 1.1, z, x / 2, y * 1.1, z, 0, y * 1.6, z, 0, y * 1.6, z, -x / 2, y * 1.1, z);
  return shape;
}
