// SPDX-License-Identifier: Apache-2.0
// Mouse, touch and keys → the eye. Left drag turns around, middle or Shift drag pans, the wheel zooms; right drag looks around and flies with
// W A S D Q E; F frames what is selected.

import type { Eye } from "./eye.js";

const TURN = 0.005;
const LOOK = 0.0025;
/** Parts of the distance to the target, or metres where that is more, a second. */
const SPEED = 0.7;
const CLICK_PIXELS = 4;

export interface Commands {
  click(x: number, y: number): void;
  /** The eye was moved by hand. */
  moved(): void;
  /** Whether somebody else holds the pointer. */
  taken(): boolean;
}

export class Navigate {
  private readonly keys = new Set<string>();
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private button = -1;
  private pan = false;
  private travelled = 0;
  private spread = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly eye: Eye,
    private readonly commands: Commands,
  ) {
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    window.addEventListener("keydown", (event) => this.key(event, true));
    window.addEventListener("keyup", (event) => this.key(event, false));
    window.addEventListener("blur", () => this.keys.clear());
  }

  get flying(): boolean {
    return this.button === 2 && this.keys.size > 0;
  }

  private down(event: PointerEvent): void {
    if (this.commands.taken()) return;
    this.canvas.setPointerCapture(event.pointerId);
    (document.activeElement as HTMLElement | null)?.blur();
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.button = event.button;
    this.pan = event.button === 1 || event.shiftKey;
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
    this.spread = this.spreadNow();
  }

  private move(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const dx = event.clientX - last.x;
    const dy = event.clientY - last.y;
    last.x = event.clientX;
    last.y = event.clientY;
    this.travelled += Math.abs(dx) + Math.abs(dy);
    if (this.travelled < CLICK_PIXELS) return;
    const height = this.canvas.clientHeight;
    if (this.pointers.size > 1) this.pinch(dx, dy, height);
    else if (this.button === 2) this.eye.turn(dx * LOOK, dy * LOOK);
    else if (this.pan) this.eye.pan(dx / height, dy / height);
    else this.eye.orbit(dx * TURN, dy * TURN);
    this.commands.moved();
  }

  private pinch(dx: number, dy: number, height: number): void {
    const spread = this.spreadNow();
    if (spread > 0 && this.spread > 0) this.eye.zoom(this.spread / spread);
    this.spread = spread;
    this.eye.pan(dx / (2 * height), dy / (2 * height));
  }

  private spreadNow(): number {
    const [a, b] = [...this.pointers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }

  private up(event: PointerEvent): void {
    if (!this.pointers.delete(event.pointerId)) return;
    const box = this.canvas.getBoundingClientRect();
    if (event.type === "pointerup" && event.button === 0 && this.travelled < CLICK_PIXELS) this.commands.click(event.clientX - box.left, event.clientY - box.top);
    this.button = -1;
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.eye.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.0025));
    this.commands.moved();
  }

  private key(event: KeyboardEvent, down: boolean): void {
    const editing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (down && !editing && !event.ctrlKey && !event.metaKey) this.keys.add(event.code);
    else this.keys.delete(event.code);
  }

  /** Flies on, as long as keys are held. */
  step(seconds: number): void {
    if (this.button !== 2) return;
    const axis = (plus: string, minus: string) => Number(this.keys.has(plus)) - Number(this.keys.has(minus));
    const [right, ahead, up] = [axis("KeyD", "KeyA"), axis("KeyW", "KeyS"), axis("KeyE", "KeyQ")];
    if (right === 0 && ahead === 0 && up === 0) return;
    const fast = this.keys.has("ShiftLeft") ? 4 : 1;
    const way = Math.max(1.5, this.eye.distance * SPEED) * fast * Math.min(0.1, seconds);
    this.eye.fly(right * way, ahead * way, up * way);
    this.commands.moved();
  }
}
