// SPDX-License-Identifier: Apache-2.0
// One entity: a register per field, ordered by stamp (DESIGN section 3), and what is being dragged laid over it.

import type { Stamp } from "../wire/hex.js";
import { compareValues, type Value, type ValueMap } from "../wire/msgpack.js";

export interface Cell {
  value: Value;
  stamp: Stamp;
}

/** Edits of these change what else is shown, so nobody drags them. */
const SETTLED_ONLY = new Set(["topology", "deleted"]);

export class Entity {
  private readonly cells = new Map<string, Cell>();
  private overlay: Map<string, Cell> | undefined;
  /** How many cells are nil: while it is 0, nothing can be hidden by a removed parent. */
  private removed = 0;
  /** When the overlay ends if nothing more is heard, in ms. */
  overlayUntil = 0;
  /** Whether it travels in parts. */
  parts = false;
  /** Fields that changed since this was last looked at. */
  readonly news = new Set<string>();

  constructor(
    readonly kind: string,
    readonly id: string,
  ) {}

  // ---- what is seen

  /** The value shown for a field; undefined when it is not there. */
  get(name: string): Value | undefined {
    const cell = this.cells.get(name);
    if (cell === undefined || cell.value === null || !this.visible(name)) return undefined;
    return this.overlay?.get(name)?.value ?? cell.value;
  }

  get deleted(): boolean {
    return this.get("deleted") === true;
  }

  get name(): string {
    return this.text("name");
  }

  /** The field as text or as a number, or `fallback` where it is no such thing. */
  text(name: string, fallback = ""): string {
    const value = this.get(name);
    return typeof value === "string" ? value : fallback;
  }

  number(name: string, fallback: number): number {
    const value = this.get(name);
    return typeof value === "number" && Number.isFinite(value) ? value : fallback;
  }

  /** The names of the fields that are there, in no order. */
  *names(prefix = ""): Iterable<string> {
    for (const [name, cell] of this.cells) {
      if (cell.value !== null && name.startsWith(prefix) && this.visible(name)) yield name;
    }
  }

  /** The ids of the members of a set: `nodes/{id}` for "nodes/". */
  *members(prefix: string): Iterable<string> {
    for (const name of this.names(prefix)) {
      if (!name.includes("/", prefix.length)) yield name.slice(prefix.length);
    }
  }

  private visible(name: string): boolean {
    if (name.startsWith("at/")) {
      const topology = this.cells.get("topology")?.value;
      if (typeof topology === "string" && !name.startsWith(`at/${topology}/`)) return false;
    }
    if (this.removed === 0) return true;
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
      if (this.cells.get(name.slice(0, at))?.value === null) return false;
    }
    return true;
  }

  // ---- merging

  /** Merges one settled field; whether it won. */
  merge(name: string, value: Value, stamp: Stamp): boolean {
    const cell = this.cells.get(name);
    if (cell !== undefined && !wins(value, stamp, cell)) return false;
    const topology = name.startsWith("at/") ? this.cells.get("topology") : undefined;
    if (topology !== undefined && stamp < topology.stamp) return false;
    this.put(name, { value, stamp });
    if (name === "topology") this.dropArrays(stamp);
    this.settle(name, stamp);
    return true;
  }

  private put(name: string, cell: Cell | undefined): void {
    const [removed, removes] = [this.cells.get(name)?.value === null, cell?.value === null];
    if (cell) this.cells.set(name, cell);
    else this.cells.delete(name);
    if (removed !== removes) this.hide(name, removes);
    this.news.add(name);
  }

  /** The settled cells of these fields, for `restore`. */
  cellsOf(names: readonly string[]): [string, Cell | undefined][] {
    return names.map((name) => [name, this.cells.get(name)]);
  }

  /** Takes back what was merged with this stamp, which nobody else has seen; newer values stay. */
  restore(before: readonly [string, Cell | undefined][], stamp: Stamp): void {
    for (const [name, cell] of before) {
      if (this.cells.get(name)?.stamp === stamp) this.put(name, cell);
    }
  }

  private hide(name: string, removed: boolean): void {
    this.removed += removed ? 1 : -1;
    for (const below of this.cells.keys()) {
      if (below.startsWith(name + "/")) this.news.add(below);
    }
  }

  /** Arrays older than the topology that won were made for another one. */
  private dropArrays(stamp: Stamp): void {
    for (const [name, cell] of this.cells) {
      if (name.startsWith("at/") && cell.stamp < stamp) this.cells.delete(name);
    }
  }

  private settle(name: string, stamp: Stamp): void {
    const shown = this.overlay?.get(name);
    if (shown !== undefined && shown.stamp <= stamp) this.lift(name);
  }

  private lift(name: string): void {
    this.overlay?.delete(name);
    if (this.overlay?.size === 0) this.overlay = undefined;
  }

  // ---- dragging

  get dragged(): boolean {
    return this.overlay !== undefined;
  }

  /** Shows a live value over an older settled one; whether it is shown. */
  drag(name: string, value: Value, stamp: Stamp): boolean {
    const cell = this.cells.get(name);
    if (cell === undefined || cell.value === null || value === null || stamp <= cell.stamp || SETTLED_ONLY.has(name)) return false;
    const shown = this.overlay?.get(name);
    if (shown !== undefined) {
      if (!wins(value, stamp, shown)) return false;
      shown.value = value;
      shown.stamp = stamp;
    } else {
      this.overlay ??= new Map();
      this.overlay.set(name, { value, stamp });
    }
    this.news.add(name);
    return true;
  }

  /** After silence the settled values are shown again. */
  endDrag(): void {
    for (const name of this.overlay?.keys() ?? []) this.news.add(name);
    this.overlay = undefined;
  }

  // ---- for messages

  /** All settled fields, or those that `chosen` says, with their stamps. */
  settled(chosen: (name: string) => boolean = () => true): { fields: ValueMap; stamps: Record<string, Stamp> } {
    const fields = Object.create(null) as ValueMap;
    const stamps: Record<string, Stamp> = {};
    for (const [name, cell] of this.cells) {
      if (!chosen(name)) continue;
      fields[name] = cell.value;
      stamps[name] = cell.stamp;
    }
    return { fields, stamps };
  }
}

/** Whether a value with a stamp beats what is there; equal stamps: the greater encoding. */
function wins(value: Value, stamp: Stamp, cell: Cell): boolean {
  return stamp > cell.stamp || (stamp === cell.stamp && compareValues(value, cell.value) > 0);
}
