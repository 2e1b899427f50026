// SPDX-License-Identifier: Apache-2.0
// The hybrid logical clock: milliseconds and a counter, never behind what was seen, and the origin.

import { stampTime, type Stamp } from "../wire/hex.js";

/** A stamp further ahead than this is set aside until it is due; further than a day it is refused. */
export const ASIDE_MS = 5 * 60_000;
export const REFUSED_MS = 24 * 3600_000;
/** Another clock is no nearer than this: headers have whole seconds, and messages take their time. */
const TOLERANCE_MS = 1500;

export class Clock {
  private last = { ms: 0, counter: 0 };
  /** By how much the true time is ahead of this browser's, in ms. */
  private offset = 0;
  private readonly tail: string;

  constructor(
    origin: Uint8Array,
    private readonly wall: () => number = Date.now,
  ) {
    this.tail = String.fromCharCode(...origin);
  }

  /** Goes by a clock that is so many ms ahead of this browser's. */
  adjust(ahead: number): void {
    if (Math.abs(ahead - this.offset) >= TOLERANCE_MS) this.offset = Math.abs(ahead) < TOLERANCE_MS ? 0 : ahead;
  }

  now(): number {
    return Math.round(this.wall() + this.offset);
  }

  next(): Stamp {
    const now = this.now();
    if (now > this.last.ms) this.last = { ms: now, counter: 0 };
    else if (this.last.counter < 0xffff) this.last.counter++;
    else this.last = { ms: this.last.ms + 1, counter: 0 };
    return head(this.last.ms, this.last.counter) + this.tail;
  }

  observe(stamp: Stamp): void {
    const ms = stampTime(stamp);
    const counter = stamp.charCodeAt(6) * 256 + stamp.charCodeAt(7);
    if (ms > this.last.ms || (ms === this.last.ms && counter > this.last.counter)) this.last = { ms, counter };
  }

  /** How far ahead of now a stamp is, in ms; 0 when it is not. */
  ahead(stamp: Stamp): number {
    return Math.max(0, stampTime(stamp) - this.now());
  }
}

function head(ms: number, counter: number): string {
  let text = "";
  for (let power = 5; power >= 0; power--) text += String.fromCharCode(Math.floor(ms / 256 ** power) % 256);
  return text + String.fromCharCode(counter >> 8, counter & 255);
}
