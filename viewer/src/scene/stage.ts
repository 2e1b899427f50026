// SPDX-License-Identifier: Apache-2.0
// The canvas: draws when something changed, and knows how long its frames take.

import { AgXToneMapping, NoToneMapping, PCFShadowMap, Scene, SRGBColorSpace, WebGLRenderer, type ToneMapping } from "three";
import { Eye } from "./eye.js";

export type Transform = "AgX" | "Standard";
const TONES: Record<Transform, ToneMapping> = { AgX: AgXToneMapping, Standard: NoToneMapping };
/** While things move, shadows follow a little later. */
const SHADOW_SHARE = 4;
const SHADOW_WAIT_MS = 1000;
/** While frames take longer than this, in ms, they are drawn with fewer pixels; at rest with all of them again. */
const SLOW_MS = 45;
const COARSER = 0.7;
const COARSEST = 0.35;
const REST_MS = 250;
/** Frames older than this, in ms, no longer count. */
const KEPT = 3000;

export interface Frame {
  at: number;
  /** Since the frame before it, in ms; 0 after a rest. */
  interval: number;
  /** Of that our own work, in ms. */
  work: number;
}

export class Stage {
  readonly scene = new Scene();
  readonly eye = new Eye();
  readonly renderer: WebGLRenderer;
  /** Something to be drawn over the scene. */
  readonly overlays: ((renderer: WebGLRenderer) => void)[] = [];
  private dirty = true;
  private shadowsDue = true;
  private nextShadows = 0;
  private running = true;
  private lastFrame = 0;
  private drawnAt = 0;
  /** Of the canvas's pixels along one side, how many are drawn. */
  private scale = 1;
  private pace = 0;
  private programs = 0;
  /** The last frames. */
  readonly recent: Frame[] = [];
  frames = 0;

  constructor(
    readonly canvas: HTMLCanvasElement,
    /** Takes in what changed before a frame; true when there is something to draw, undefined when it is too early to draw at all. */
    private readonly prepare: (now: number) => boolean | undefined,
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "high-performance" });
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.shadowMap.autoUpdate = false;
    this.transform = "AgX";
    this.scene.matrixWorldAutoUpdate = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    requestAnimationFrame((now) => this.frame(now));
  }

  set transform(transform: Transform) {
    this.renderer.toneMapping = TONES[transform];
    this.invalidate();
  }

  /** Whether what is seen is all there is to see. */
  get atRest(): boolean {
    return !this.dirty && !this.shadowsDue && this.scale === 1;
  }

  /** Draw again; `shadows`: something that casts them changed. */
  invalidate(shadows = false): void {
    this.dirty = true;
    this.shadowsDue ||= shadows;
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio) * this.scale);
    this.renderer.setSize(width, height, false);
    this.eye.resize(width / height);
    this.invalidate();
  }

  private frame(now: number): void {
    if (!this.running) return;
    requestAnimationFrame((next) => this.frame(next));
    const began = performance.now();
    const wanted = this.prepare(began);
    if (wanted) this.dirty = true;
    if (this.dirty && wanted !== undefined) this.draw(now, began);
    else {
      this.lastFrame = 0;
      if (this.scale < 1 && began - this.drawnAt > REST_MS) this.drawIn(1);
    }
  }

  private drawIn(scale: number): void {
    this.scale = scale;
    this.pace = 0;
    this.resize();
  }

  private draw(now: number, began: number): void {
    this.dirty = false;
    this.renderer.shadowMap.needsUpdate = this.shadowsDue && began >= this.nextShadows;
    const shadows = this.renderer.shadowMap.needsUpdate;
    this.renderer.render(this.scene, this.eye.camera);
    for (const overlay of this.overlays) overlay(this.renderer);
    const work = performance.now() - began;
    const programs = this.renderer.info.programs?.length ?? 0;
    const interval = this.lastFrame === 0 || programs !== this.programs ? 0 : now - this.lastFrame; // compiling happens once
    this.programs = programs;
    if (shadows) {
      this.shadowsDue = false;
      this.nextShadows = began + Math.min(SHADOW_WAIT_MS, SHADOW_SHARE * Math.max(work, interval));
    } else if (this.shadowsDue) this.dirty = true;
    this.note({ at: now, interval, work });
  }

  private note(frame: Frame): void {
    this.frames++;
    this.recent.push(frame);
    while (this.recent[0]!.at < frame.at - KEPT) this.recent.shift();
    this.lastFrame = frame.at;
    this.drawnAt = performance.now();
    if (frame.interval === 0) return;
    this.pace = this.pace === 0 ? frame.interval : 0.6 * this.pace + 0.4 * frame.interval;
    if (this.pace > SLOW_MS && this.scale > COARSEST) this.drawIn(Math.max(COARSEST, this.scale * COARSER));
  }

  dispose(): void {
    this.running = false;
    this.renderer.dispose();
  }
}
