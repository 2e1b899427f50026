// SPDX-License-Identifier: Apache-2.0
// Where things are in the world, and what is shown.

import { describe, expect, it } from "vitest";
import { Clock } from "../src/model/clock.js";
import { Graph } from "../src/model/graph.js";
import { Replica } from "../src/model/replica.js";
import { bytesOfHex, stampOfBytes } from "../src/wire/hex.js";
import type { ValueMap } from "../src/wire/msgpack.js";

const SCENE = "3b7ac0fcc9155b1fa65cc042af058416"; // uuid5(uuid5(NAMESPACE_URL, "scenesync:demo"), "scene")
const [A, B, C] = ["a".repeat(32), "b".repeat(32), "c".repeat(32)] as const;

class World {
  readonly replica = new Replica(new Clock(new Uint8Array(8), () => 1e6), "demo");
  readonly graph = new Graph(this.replica);
  private counter = 0;
  private hours = 0;

  put(kind: string, id: string, fields: ValueMap): void {
    const bytes = new Uint8Array(16);
    bytes[7] = ++this.counter;
    this.replica.state(kind, id, { stamp: stampOfBytes(bytes), fields: { name: id, ...fields }, stamps: {}, parts: false });
  }

  object(id: string, object: ValueMap, transform: ValueMap): void {
    this.put("object", id, { type: "EMPTY", [`collections/${SCENE}`]: true, ...object });
    this.put("transform", id, { location: [0, 0, 0], ...transform });
  }

  /** Where the origin of an object is. */
  at(id: string): number[] {
    this.update();
    return Array.from(this.graph.nodes.get(id)!.world.subarray(12, 15), (value) => Math.round(value * 1e6) / 1e6 + 0);
  }

  update(): void {
    const changed = this.replica.takeChanged();
    this.graph.update(changed, ++this.hours * 3.6e6);
    for (const entity of changed) entity.news.clear();
  }
}

const QUARTER = Math.PI / 2;

describe("places", () => {
  it("go by rotation mode, deltas and parents", () => {
    const world = new World();
    world.object(A, {}, { location: [1, 2, 3], rotation_euler: [0, 0, QUARTER], scale: [2, 2, 2] });
    world.object(B, { parent: bytesOfHex(A), parent_type: "OBJECT" }, { location: [1, 0, 0] });
    expect(world.at(B)).toEqual([1, 4, 3]);
    world.put("object", A, { rotation_mode: "QUATERNION" });
    world.put("transform", A, { rotation_quaternion: [Math.SQRT1_2, 0, 0, -Math.SQRT1_2] });
    expect(world.at(B)).toEqual([1, 0, 3]);
    world.put("object", A, { delta_location: [0, 0, 1] });
    expect(world.at(B)).toEqual([1, 0, 4]);
  });

  it("apply what was there when the parent was set", () => {
    const world = new World();
    world.object(A, {}, { location: [5, 0, 0] });
    world.object(B, { parent: bytesOfHex(A), parent_type: "OBJECT", matrix_parent_inverse: [1, 0, 0, -5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }, { location: [1, 0, 0] });
    expect(world.at(B)).toEqual([1, 0, 0]);
  });

  it("turn about x first in XYZ, last in ZYX", () => {
    const world = new World();
    for (const [mode, place] of [["XYZ", [0, 0, -1]], ["ZYX", [0, 1, 0]]] as const) {
      world.object(A, { rotation_mode: mode }, { rotation_euler: [QUARTER, QUARTER, 0] });
      world.object(B, { parent: bytesOfHex(A), parent_type: "OBJECT" }, { location: [1, 0, 0] });
      expect(world.at(B)).toEqual(place.map((value) => value + 0));
    }
  });

  it("of a cycle leave out the edge of the greatest id", () => {
    const world = new World();
    world.object(A, { parent: bytesOfHex(B), parent_type: "OBJECT" }, { location: [1, 0, 0] });
    world.object(B, { parent: bytesOfHex(C), parent_type: "OBJECT" }, { location: [1, 0, 0] });
    world.object(C, { parent: bytesOfHex(A), parent_type: "OBJECT" }, { location: [1, 0, 0] });
    expect([world.at(A), world.at(B), world.at(C)].map(([x]) => x)).toEqual([3, 2, 1]);
  });

  it("follow a parent that moves, whoever is told first", () => {
    const world = new World();
    world.object(A, {}, {});
    world.object(B, { parent: bytesOfHex(A), parent_type: "OBJECT" }, {});
    world.object(C, { parent: bytesOfHex(B), parent_type: "OBJECT" }, {});
    world.update();
    world.put("transform", C, { location: [0, 0, 1] });
    world.put("transform", A, { location: [1, 0, 0] });
    expect([world.at(A), world.at(B), world.at(C)]).toEqual([[1, 0, 0], [1, 0, 0], [1, 0, 1]]);
  });
});

describe("what is shown", () => {
  it("hangs below the scene in collections that are not hidden", () => {
    const world = new World();
    const group = "d".repeat(32);
    world.object(A, { [`collections/${SCENE}`]: null, [`collections/${group}`]: true }, {});
    const visible = () => (world.update(), world.graph.nodes.get(A)!.visible);
    world.put("collection", group, {});
    expect(visible()).toBe(false);
    world.put("collection", group, { [`parents/${SCENE}`]: true });
    expect(visible()).toBe(true);
    world.put("collection", group, { hide_viewport: true });
    expect(visible()).toBe(false);
    world.put("collection", group, { hide_viewport: false });
    world.put("object", A, { hide_viewport: true });
    expect(visible()).toBe(false);
  });

  it("is in the scene where nothing is said of collections, until something is", () => {
    const world = new World();
    world.put("object", A, { type: "EMPTY" });
    world.put("transform", A, { location: [0, 0, 0] });
    const shown = () => (world.update(), [world.graph.nodes.get(A)!.visible, world.graph.nodes.get(A)!.collections]);
    expect(shown()).toEqual([true, [SCENE]]);
    world.put("object", A, { [`collections/${SCENE}`]: false });
    expect(shown()).toEqual([false, []]);
    world.put("object", A, { [`collections/${SCENE}`]: null });
    expect(shown()).toEqual([true, [SCENE]]);
  });

  it("is set by the scene's own entity, whatever others there are", () => {
    const world = new World();
    world.put("scene", "5".repeat(32), { camera: bytesOfHex(A) });
    world.object(B, {}, {});
    world.update();
    expect([world.graph.nodes.get(B)!.visible, world.replica.scene]).toEqual([true, undefined]);
    world.put("scene", SCENE, { camera: bytesOfHex(B) });
    expect(world.replica.scene?.get("camera")).toEqual(bytesOfHex(B));
    world.put("scene", SCENE, { deleted: true });
    expect(world.replica.scene).toBe(undefined);
  });

  it("is not what was deleted, or lacks what it needs", () => {
    const world = new World();
    world.object(A, { deleted: true }, {});
    world.put("object", B, { type: "EMPTY" });
    world.update();
    expect(world.graph.nodes.size).toBe(0);
  });
});
