// SPDX-License-Identifier: Apache-2.0
// The frame of the camera that is looked through, and masks over it: outlines in the picture plane belong there.

import type { Entity } from "../model/entity.js";
import type { Replica } from "../model/replica.js";
import { outlinesOf, type Outline } from "../scene/masks.js";
import { h } from "./dom.js";

const COLOURS = ["#ffd166", "#7cc4ff", "#ff8fab", "#9be15d"];

export class Picture {
  private readonly canvas = h("canvas", {});
  readonly element = h("div", { class: "picture", hidden: true }, this.canvas);
  private masks = new Map<string, Outline[]>();

  /** The picture's place in the view, in CSS pixels. */
  place(view: { width: number; height: number }, part: { width: number; height: number } | undefined): void {
    this.element.hidden = part === undefined;
    if (!part) return;
    const [width, height] = [Math.round(view.width * part.width), Math.round(view.height * part.height)];
    const box = `${Math.round((view.width - width) / 2)}px,${Math.round((view.height - height) / 2)}px,${width}px,${height}px`;
    if (this.element.dataset["box"] === box) return;
    this.element.dataset["box"] = box;
    const [left, top] = box.split(",");
    Object.assign(this.element.style, { left, top, width: `${width}px`, height: `${height}px` });
    this.draw();
  }

  /** Takes in what masks there are. */
  update(replica: Replica, changed: Iterable<Entity>): void {
    let touched = false;
    for (const entity of changed) {
      if (entity.kind !== "mask") continue;
      touched = true;
      if (entity.deleted) this.masks.delete(entity.id);
      else this.masks.set(entity.id, outlinesOf(replica.get("mask", entity.id)!));
    }
    if (touched) this.draw();
  }

  clear(): void {
    this.masks.clear();
    this.draw();
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0) return;
    this.canvas.width = width * devicePixelRatio;
    this.canvas.height = height * devicePixelRatio;
    const draw = this.canvas.getContext("2d")!;
    draw.scale(devicePixelRatio, devicePixelRatio);
    let n = 0;
    for (const outlines of this.masks.values()) drawMask(draw, outlines, width, height, COLOURS[n++ % COLOURS.length]!);
  }
}

/** Mask space: 0 to 1 spans the longer side, around the middle, y up. */
export function drawMask(draw: CanvasRenderingContext2D, outlines: Outline[], width: number, height: number, colour: string): void {
  const longer = Math.max(width, height);
  const x = (value: number) => width / 2 + (value - 0.5) * longer;
  const y = (value: number) => height / 2 - (value - 0.5) * longer;
  for (const { points, closed, filled, alpha } of outlines) {
    draw.beginPath();
    points.forEach((point, i) => {
      const last = points[i - 1];
      if (!last) draw.moveTo(x(point.x), y(point.y));
      else draw.bezierCurveTo(x(last.rightX), y(last.rightY), x(point.leftX), y(point.leftY), x(point.x), y(point.y));
    });
    const [first, last] = [points[0]!, points[points.length - 1]!];
    if (closed) draw.bezierCurveTo(x(last.rightX), y(last.rightY), x(first.leftX), y(first.leftY), x(first.x), y(first.y));
    draw.strokeStyle = draw.fillStyle = colour;
    draw.globalAlpha = 0.18 * alpha;
    if (closed && filled) draw.fill("evenodd");
    draw.globalAlpha = alpha;
    draw.lineWidth = 1.5;
    draw.stroke();
  }
  draw.globalAlpha = 1;
}
