// SPDX-License-Identifier: Apache-2.0
// A mask over a picture: an image of the scene, or the bare frame.

import type { Entity } from "../model/entity.js";
import type { Replica } from "../model/replica.js";
import type { Images } from "../scene/images.js";
import { outlinesOf } from "../scene/masks.js";
import { h } from "./dom.js";
import { drawMask } from "./picture.js";

const WIDTH = 528;
const COLOUR = "#ffd166";

export class MaskPreview {
  private readonly canvas = h("canvas", { width: WIDTH, height: (WIDTH * 9) / 16 });
  private readonly choice = h("select", { "aria-label": "Picture under the mask", onchange: () => this.draw() });
  readonly element = h("section", { class: "preview" }, h("h3", {}, "Mask over", this.choice), this.canvas);
  private shown = "";

  constructor(
    private readonly mask: Entity,
    private readonly replica: Replica,
    private readonly images: Images,
  ) {}

  /** Draws anew; images and the mask may have changed. */
  update(): void {
    const images = [...this.replica.of("image")].filter((image) => !image.deleted);
    const options = images.map((image) => h("option", { value: image.id }, image.name || "unnamed"));
    const known = images.map((image) => image.id + image.name).join();
    if (known !== this.shown) {
      const chosen = this.choice.value;
      this.choice.replaceChildren(...options, h("option", { value: "" }, "the frame"));
      if (images.some((image) => image.id === chosen)) this.choice.value = chosen;
    }
    this.shown = known;
    this.draw();
  }

  private draw(): void {
    const bitmap = this.choice.value === "" ? undefined : this.images.bitmap(this.choice.value);
    this.canvas.height = bitmap ? Math.round((WIDTH * bitmap.height) / bitmap.width) : (WIDTH * 9) / 16;
    const draw = this.canvas.getContext("2d")!;
    if (bitmap) {
      draw.scale(1, -1); // its first row is its lowest
      draw.drawImage(bitmap, 0, -this.canvas.height, this.canvas.width, this.canvas.height);
      draw.resetTransform();
    }
    drawMask(draw, outlinesOf(this.mask), this.canvas.width, this.canvas.height, COLOUR);
  }
}
