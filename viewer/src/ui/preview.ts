// SPDX-License-Identifier: Apache-2.0
// A mask over a picture: an image or a movie clip of the scene, or the bare frame.

import type { Entity } from "../model/entity.js";
import type { Replica } from "../model/replica.js";
import type { Clips } from "../scene/clips.js";
import type { Images } from "../scene/images.js";
import { outlinesOf } from "../scene/masks.js";
import { h, say } from "./dom.js";
import { drawMask } from "./picture.js";

const WIDTH = 528;
const COLOUR = "#ffd166";

export class MaskPreview {
  private readonly canvas = h("canvas", { width: WIDTH, height: (WIDTH * 9) / 16 });
  private readonly movie = h("video", { muted: true, controls: true, playsInline: true, hidden: true });
  private readonly note = h("p", {});
  private readonly choice = h("select", { "aria-label": "Picture under the mask", onchange: () => this.draw() });
  readonly element = h("section", { class: "preview" }, h("h3", {}, "Mask over", this.choice), h("div", {}, this.movie, this.canvas), this.note);
  private shown = "";

  constructor(
    private readonly mask: Entity,
    private readonly replica: Replica,
    private readonly sources: { images: Images; clips: Clips },
  ) {}

  /** Draws anew; images, clips and the mask may have changed. */
  update(): void {
    const [images, clips] = ["image", "clip"].map((kind) => [...this.replica.of(kind)].filter((one) => !one.deleted)) as [Entity[], Entity[]];
    const pictures = [...images, ...clips];
    const known = pictures.map((one) => one.id + one.name).join();
    if (known !== this.shown) {
      const chosen = this.choice.value;
      const option = (one: Entity) => h("option", { value: one.id }, one.name || "unnamed");
      // Clips are large: none is fetched before it is asked for.
      this.choice.replaceChildren(...images.map(option), h("option", { value: "" }, "the frame"), ...clips.map(option));
      if (pictures.some((one) => one.id === chosen)) this.choice.value = chosen;
    }
    this.shown = known;
    this.draw();
  }

  private draw(): void {
    const clip = this.replica.get("clip", this.choice.value);
    const bitmap = clip || this.choice.value === "" ? undefined : this.sources.images.bitmap(this.choice.value);
    this.play(clip);
    const { width, height } = bitmap ?? (clip && this.movie.videoWidth > 0 ? { width: this.movie.videoWidth, height: this.movie.videoHeight } : { width: 16, height: 9 });
    this.canvas.height = Math.round((WIDTH * height) / width);
    const draw = this.canvas.getContext("2d")!;
    if (bitmap) {
      draw.scale(1, -1); // its first row is its lowest
      draw.drawImage(bitmap, 0, -this.canvas.height, this.canvas.width, this.canvas.height);
      draw.resetTransform();
    }
    drawMask(draw, outlinesOf(this.mask), this.canvas.width, this.canvas.height, COLOUR);
  }

  /** The clip's movie, under the outlines. */
  private play(clip: Entity | undefined): void {
    const url = clip && this.sources.clips.url(clip.id);
    this.movie.hidden = url === undefined;
    if (this.movie.getAttribute("src") !== (url ?? null)) {
      if (url === undefined) this.movie.removeAttribute("src");
      else this.movie.src = url;
    }
    const problem = clip && (this.sources.clips.problem(clip.id) ?? (this.movie.error ? "This browser does not play it." : undefined));
    say(this.note, problem ?? "");
  }
}
