// SPDX-License-Identifier: Apache-2.0
// Who else is here and what they look at.

import type { Peer, Presence } from "../wire/messages.js";
import { REFUSED_MS } from "./clock.js";

export interface Person {
  origin: string;
  user: string;
  name: string;
  app: string;
  /** sRGB as CSS writes it. */
  colour: string;
  presence: Presence;
}

/** A peer not heard of for three of its intervals is lost. */
const LOST_MS = 30_000;
const PALETTE = ["#ff8f5c", "#5cc8ff", "#9be15d", "#ffd75c", "#c79bff", "#ff7aa8", "#5ce0c0", "#f2a6ff"];

interface Known {
  user: string;
  peer?: Peer;
  online: boolean;
  heard: number;
  /** By how many ms its clock is ahead of ours. */
  ahead?: number;
  presence: Presence;
}

export class People {
  private readonly known = new Map<string, Known>();
  /** Counts changes, presence included. */
  version = 0;

  constructor(private readonly own: string) {}

  private at(origin: string, user: string): Known {
    let known = this.known.get(origin);
    if (known === undefined) this.known.set(origin, (known = { user, online: false, heard: 0, presence: {} }));
    known.user = user;
    this.version++;
    return known;
  }

  online(origin: string, user: string, online: boolean): void {
    const known = this.at(origin, user);
    known.online = online;
    if (!online) known.presence = {};
  }

  /** A retained message may be old: it says who, not that they are here. */
  peer(origin: string, user: string, peer: Peer, retained: boolean, now: number): void {
    const version = this.version;
    const known = this.at(origin, user);
    const { name, colour } = known.peer ?? {};
    if (known.heard !== 0 && name === peer.name && String(colour) === String(peer.colour)) this.version = version; // said again
    known.peer = peer;
    if (!retained || known.heard === 0) known.heard = now;
    if (!retained && peer.time !== undefined) known.ahead = peer.time - Date.now();
  }

  presence(origin: string, user: string, presence: Presence, now: number): void {
    const known = this.at(origin, user);
    Object.assign(known.presence, presence);
    known.heard = now;
  }

  gone(origin: string): void {
    if (this.known.delete(origin)) this.version++;
  }

  /**
   * By how many ms the middle one of all clocks that are here is ahead of ours; of two the later: nobody's stamps are then ahead of it.
   * One that is off by a day or more does not count. Undefined while nobody says.
   */
  timeAhead(now: number): number | undefined {
    const others = [...this.known.values()].flatMap(({ online, heard, ahead }) => (online && now - heard <= LOST_MS && ahead !== undefined && Math.abs(ahead) < REFUSED_MS ? [ahead] : []));
    return others.length === 0 ? undefined : [0, ...others].sort((a, b) => a - b)[(others.length + 1) >> 1];
  }

  /** Everybody present but us, by name. */
  present(now: number): Person[] {
    const found: Person[] = [];
    for (const [origin, { user, peer, online, heard, presence }] of this.known) {
      if (!online || peer === undefined || origin === this.own || now - heard > LOST_MS) continue;
      found.push({ origin, user, name: peer.name || user, app: peer.app, colour: colourOf(peer, origin), presence });
    }
    return found.sort((a, b) => a.name.localeCompare(b.name) || (a.origin < b.origin ? -1 : 1));
  }
}

function colourOf(peer: Peer, origin: string): string {
  if (peer.colour) return cssOf(peer.colour);
  return PALETTE[parseInt(origin.slice(-4), 16) % PALETTE.length]!;
}

/** Linear RGB as CSS writes sRGB. */
export function cssOf(linear: ArrayLike<number>): string {
  const bytes = [0, 1, 2].map((i) => {
    const c = Math.min(1, Math.max(0, linear[i] ?? 0));
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
  });
  return "#" + bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** sRGB as CSS writes it as linear RGB. */
export function linearOf(css: string): number[] {
  return [1, 3, 5].map((i) => {
    const c = parseInt(css.slice(i, i + 2), 16) / 255;
    return Math.fround(c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  });
}
