// SPDX-License-Identifier: Apache-2.0
// A number that can be typed, dragged sideways, or stepped with the arrow keys.

import { h } from "./dom.js";

export interface NumberOptions {
  label: string;
  /** What is shown times this is the value: π/180 for degrees. */
  unit?: { text: string; factor: number };
  /** Of what is shown, for one pixel of dragging. */
  step: number;
  min?: number;
  max?: number;
  digits?: number;
  /** While it is being dragged, and when it rests. */
  onDrag(value: number): void;
  onSettle(value: number): void;
}

export class NumberInput {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private value = 0;
  private dragging = false;
  private moved = false;

  constructor(private readonly options: NumberOptions) {
    this.input = h("input", { type: "text", inputMode: "decimal", spellcheck: false, "aria-label": options.label });
    this.element = h("label", { class: "number" }, h("span", { class: "axis" }, options.label), this.input, options.unit && h("span", { class: "unit" }, options.unit.text));
    this.input.addEventListener("change", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.select());
    this.element.addEventListener("pointerdown", (event) => this.down(event));
  }

  set disabled(disabled: boolean) {
    this.input.readOnly = disabled;
    this.element.classList.toggle("fixed", disabled);
  }

  show(value: number): void {
    if (this.dragging || document.activeElement === this.input) return;
    this.put(value);
  }

  private put(value: number): void {
    this.value = value;
    const text = format(value / (this.options.unit?.factor ?? 1), this.options.digits ?? 3);
    if (this.input.value !== text) this.input.value = text;
  }

  private bounded(shown: number): number {
    const { min = -Infinity, max = Infinity, unit } = this.options;
    return Math.min(max, Math.max(min, shown * (unit?.factor ?? 1)));
  }

  private typed(): void {
    const shown = Number(this.input.value.replace(",", "."));
    if (Number.isFinite(shown) && this.input.value.trim() !== "") {
      this.put(this.bounded(shown));
      this.options.onSettle(this.value);
    } else this.put(this.value);
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === "Enter") this.input.blur();
    if (event.key === "Escape") {
      this.put(this.value);
      this.input.blur();
    }
  }

  private down(event: PointerEvent): void {
    if (this.input.readOnly || event.button !== 0 || document.activeElement === this.input) return;
    event.preventDefault();
    this.dragging = true;
    this.moved = false;
    const began = { x: event.clientX, value: this.value };
    const factor = this.options.unit?.factor ?? 1;
    const move = (next: PointerEvent) => {
      const pixels = next.clientX - began.x;
      if (Math.abs(pixels) < 3 && !this.moved) return;
      this.moved = true;
      this.put(this.bounded(began.value / factor + pixels * this.options.step * (next.shiftKey ? 0.1 : 1)));
      this.options.onDrag(this.value);
    };
    const up = () => {
      this.element.removeEventListener("pointermove", move);
      this.dragging = false;
      if (this.moved) this.options.onSettle(this.value);
      else this.input.focus();
    };
    this.element.setPointerCapture(event.pointerId);
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", up, { once: true });
    this.element.addEventListener("pointercancel", up, { once: true });
  }
}

/** Few digits, no trailing zeros, no -0. */
function format(value: number, digits: number): string {
  const text = value.toFixed(digits).replace(/\.?0+$/, "");
  return text === "-0" || text === "" ? "0" : text;
}
