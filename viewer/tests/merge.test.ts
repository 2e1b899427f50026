// SPDX-License-Identifier: Apache-2.0
// The merge rule of DESIGN section 3.

import { describe, expect, it } from "vitest";
import { Clock } from "../src/model/clock.js";
import { Entity } from "../src/model/entity.js";
import { Replica } from "../src/model/replica.js";
import { bytesOfStamp, stampOfBytes, type Stamp } from "../src/wire/hex.js";
import type { Live, State } from "../src/wire/messages.js";
import { readLive, writeLive } from "../src/wire/messages.js";
import type { Value, ValueMap } from "../src/wire/msgpack.js";

const ORIGIN = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const ID = "0123456789abcdef0123456789abcdef";

function stamp(ms: number, counter = 0): Stamp {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(ms / 256 ** (5 - i)) % 256;
  bytes[7] = counter;
  return stampOfBytes(bytes);
}

function state(fields: ValueMap, at: Stamp, stamps: Record<string, Stamp> = {}): State {
  return { stamp: at, fields, stamps, parts: false };
}

/** A repeatable stream of numbers in [0, 1). */
function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function shuffled<T>(items: T[], next: () => number): T[] {
  const order = items.map((item) => [next(), item] as const);
  return order.sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

describe("settled values", () => {
  it("merge the same in any order, any number of times", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const names = ["topology", "at/a/x", "at/b/x", "n", "n/1", "n/1/v", "deleted"];
      const values: Value[] = ["a", "b", null, 1, [1, 2], true];
      const edits = Array.from({ length: 20 }, () => ({
        name: names[Math.floor(next() * names.length)]!,
        value: values[Math.floor(next() * values.length)]!,
        stamp: stamp(Math.floor(next() * 6)),
      }));
      const shown = () => {
        const entity = new Entity("mesh", ID);
        for (const edit of shuffled([...edits, ...edits], next)) entity.merge(edit.name, edit.value, edit.stamp);
        return [...entity.names()].sort().map((name) => [name, entity.get(name)]);
      };
      expect(shown(), `seed ${seed}`).toEqual(shown());
    }
  });

  it("of equal stamps the greater encoding wins", () => {
    const entity = new Entity("object", ID);
    entity.merge("x", 5, stamp(1));
    expect(entity.merge("x", 4, stamp(1))).toBe(false);
    expect(entity.merge("x", "text", stamp(1))).toBe(true);
  });

  it("nil removes, and hides all below it", () => {
    const entity = new Entity("material", ID);
    entity.merge("nodes/a", "Type", stamp(1));
    entity.merge("nodes/a/inputs/x", 1, stamp(5));
    entity.merge("nodes/a", null, stamp(2));
    expect([...entity.names()]).toEqual([]);
    entity.merge("nodes/a", "Type", stamp(3));
    expect(entity.get("nodes/a/inputs/x")).toBe(1);
    expect([...entity.members("nodes/")]).toEqual(["a"]);
  });

  it("shows arrays only with the topology that they were made for", () => {
    const entity = new Entity("mesh", ID);
    entity.merge("topology", "one", stamp(1));
    entity.merge("at/one/positions", 1, stamp(1));
    entity.merge("at/two/positions", 2, stamp(2));
    expect(entity.get("at/two/positions")).toBeUndefined();
    entity.merge("topology", "two", stamp(2));
    expect(entity.get("at/two/positions")).toBe(2);
    entity.merge("topology", "one", stamp(3));
    expect(entity.get("at/one/positions")).toBeUndefined();
  });
});

describe("what is dragged", () => {
  const replica = () => {
    const made = new Replica(new Clock(ORIGIN, () => 1000), "demo");
    made.state("transform", ID, state({ location: [0, 0, 0] }, stamp(100)));
    return made;
  };
  const drag = (at: number, x: number): Live => readLive(writeLive("0102030405060708", stamp(at), ID, { location: [x, 0, 0] }));
  const shown = (from: Replica) => from.get("transform", ID)!.get("location");

  it("is shown when it is newer, and ends with a settled value as new", () => {
    const scene = replica();
    scene.live("transform", drag(99, 1), 0);
    expect(shown(scene)).toEqual([0, 0, 0]);
    scene.live("transform", drag(200, 2), 0);
    expect(shown(scene)).toEqual([2, 0, 0]);
    scene.state("transform", ID, state({ location: [3, 0, 0] }, stamp(199)));
    expect(shown(scene)).toEqual([2, 0, 0]);
    scene.state("transform", ID, state({ location: [2.5, 0, 0] }, stamp(200)));
    expect(shown(scene)).toEqual([2.5, 0, 0]);
  });

  it("ends after ten seconds of silence", () => {
    const scene = replica();
    scene.live("transform", drag(200, 2), 0);
    scene.tick(9000);
    expect(shown(scene)).toEqual([2, 0, 0]);
    scene.tick(10_001);
    expect(shown(scene)).toEqual([0, 0, 0]);
  });

  it("never shows what nobody settled", () => {
    const scene = replica();
    scene.live("object", drag(200, 2), 0);
    expect(scene.get("object", ID)).toBeUndefined();
  });
});

describe("time", () => {
  it("never runs backwards, and is ahead of what was seen", () => {
    let wall = 5000;
    const clock = new Clock(ORIGIN, () => wall);
    const first = clock.next();
    wall = 4000;
    expect(clock.next() > first).toBe(true);
    clock.observe(stamp(9000, 7));
    expect(clock.next() > stamp(9000, 7)).toBe(true);
    expect([...bytesOfStamp(first).slice(8)]).toEqual([...ORIGIN]);
  });

  it("sets aside what is early, refuses what is far ahead", () => {
    let wall = 1000;
    const scene = new Replica(new Clock(ORIGIN, () => wall), "demo");
    scene.state("object", ID, state({ name: "later" }, stamp(1000 + 6 * 60_000)));
    expect(scene.get("object", ID)).toBeUndefined();
    expect(scene.waiting).toBe(1);
    wall += 2 * 60_000;
    scene.tick(0);
    expect(scene.get("object", ID)!.name).toBe("later");
    expect(() => scene.state("object", ID, state({ name: "x" }, stamp(1000 + 25 * 3600_000)))).toThrow("clock");
  });
});
