// SPDX-License-Identifier: Apache-2.0
// Topics of one scene: <prefix>/v1/<scene>/….

import { dashed } from "./hex.js";

export type Topic =
  | { type: "state"; kind: string; id: string; part?: number }
  | { type: "live"; kind: string }
  | { type: "peer" | "online" | "presence"; user: string; origin: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ORIGIN = /^[0-9a-f]{16}$/;
const USER = /^[A-Za-z0-9_-]{1,64}$/;
const KIND = /^[a-z0-9_]{1,32}$/;
const PART = /^[0-9a-f]{2}$/;

export const isScene = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text);
export const isUser = (text: string): boolean => USER.test(text);

export class Topics {
  readonly root: string;

  constructor(scene: string, prefix = "scenesync") {
    this.root = `${prefix}/v1/${scene}`;
  }

  /** What a viewer listens to, with its QoS. */
  subscriptions(): Record<string, { qos: 0 | 1 }> {
    return {
      [`${this.root}/state/#`]: { qos: 1 },
      [`${this.root}/live/+`]: { qos: 0 },
      [`${this.root}/peer/+/+`]: { qos: 1 },
      [`${this.root}/online/+/+`]: { qos: 1 },
      [`${this.root}/presence/+/+`]: { qos: 0 },
    };
  }

  state(kind: string, id: string, part?: number): string {
    return `${this.root}/state/${kind}/${dashed(id)}` + (part === undefined ? "" : `/${part.toString(16).padStart(2, "0")}`);
  }

  live(kind: string): string {
    return `${this.root}/live/${kind}`;
  }

  own(type: "peer" | "online" | "presence", user: string, origin: string): string {
    return `${this.root}/${type}/${user}/${origin}`;
  }

  parse(topic: string): Topic | undefined {
    if (!topic.startsWith(this.root + "/")) return undefined;
    const levels = topic.slice(this.root.length + 1).split("/");
    const [type, first = "", second = "", third] = levels;
    if (type === "state" && levels.length <= 4 && KIND.test(first) && UUID.test(second)) {
      const id = second.replaceAll("-", "");
      if (third === undefined) return { type, kind: first, id };
      return PART.test(third) ? { type, kind: first, id, part: parseInt(third, 16) } : undefined;
    }
    if (type === "live" && levels.length === 2 && KIND.test(first)) return { type, kind: first };
    if ((type === "peer" || type === "online" || type === "presence") && levels.length === 3 && USER.test(first) && ORIGIN.test(second)) {
      return { type, user: first, origin: second };
    }
    return undefined;
  }
}

/** The part of a large entity in which a field travels: the low byte of FNV-1a over the first two levels of its name, three below `at`. */
export function partOf(field: string): number {
  let levels = field.startsWith("at/") ? 3 : 2;
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(field)) {
    if (byte === 47 && --levels === 0) break;
    hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  }
  return hash & 255;
}
