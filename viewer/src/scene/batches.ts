// SPDX-License-Identifier: Apache-2.0
// What is drawn, in batches: all drawables of one geometry with the same materials are one InstancedMesh, so ten thousand of them are one call.

import { DynamicDrawUsage, InstancedMesh, LineBasicMaterial, LineSegments, Matrix4, type Material, type Object3D, type Scene, Sphere } from "three";
import type { Node } from "../model/graph.js";
import { determinant, identity, multiply, type Matrix } from "../model/matrix.js";
import type { Shape } from "./meshes.js";

/** One appearance of an object: its own, or one inside an instance of a collection. */
export class Drawable {
  batch: Batch | undefined;
  slot = 0;
  readonly world: Matrix = identity();
  /** Drawables inside, when this is an instance of a collection. */
  readonly inside: Drawable[] = [];

  constructor(
    readonly node: Node,
    /** The instance in which it appears, and what moves the collection's origin there. */
    readonly via?: { drawable: Drawable; offset: Matrix },
  ) {}

  /** What is selected when it is clicked: the instance, for what appears in one. */
  get owner(): Node {
    return this.via ? this.via.drawable.owner : this.node;
  }

  place(): void {
    this.world.set(this.node.world);
    if (this.via) {
      multiply(this.via.offset, this.world, this.world);
      multiply(this.via.drawable.world, this.world, this.world);
    }
    this.batch?.placed(this);
    for (const drawable of this.inside) drawable.place();
  }
}

/** Instances beyond this number are not worth culling one by one. */
const CULLED = 32;
const MIRROR = new Matrix4().makeScale(-1, 1, 1);
const LINES = new LineBasicMaterial({ color: 0x9aa4b2 });

export class Batch {
  readonly mesh: InstancedMesh;
  readonly drawables: Drawable[] = [];
  private readonly lines: LineSegments | undefined;

  constructor(
    readonly key: string,
    shape: Shape,
    materials: Material[],
    /** For matrices that turn space inside out: the whole batch is mirrored, and each instance back. */
    readonly mirrored: boolean,
    capacity: number,
  ) {
    this.mesh = new InstancedMesh(shape.geometry, materials.length === 1 ? materials[0]! : materials, capacity);
    this.mesh.count = 0;
    this.mesh.instanceMatrix.setUsage(DynamicDrawUsage);
    this.mesh.castShadow = this.mesh.receiveShadow = true;
    this.mesh.matrixAutoUpdate = false;
    if (mirrored) this.mesh.matrix.copy(MIRROR);
    this.mesh.userData["batch"] = this;
    this.lines = shape.lines && new LineSegments(shape.lines, LINES);
    if (this.lines) this.lines.matrixAutoUpdate = false;
  }

  get objects(): Object3D[] {
    return this.lines ? [this.mesh, this.lines] : [this.mesh];
  }

  add(drawable: Drawable): void {
    drawable.batch = this;
    drawable.slot = this.drawables.push(drawable) - 1;
    this.mesh.count = this.drawables.length;
    this.placed(drawable);
  }

  placed(drawable: Drawable): void {
    const to = this.mesh.instanceMatrix.array as Float32Array;
    const at = 16 * drawable.slot;
    to.set(drawable.world, at);
    if (this.mirrored) for (let column = 0; column < 16; column += 4) to[at + column] = -to[at + column]!;
    this.mesh.instanceMatrix.needsUpdate = true;
    if (this.drawables.length <= CULLED) this.mesh.boundingSphere = null; // made anew when it is asked for
    this.mesh.frustumCulled = this.drawables.length <= CULLED;
    this.lines?.matrix.fromArray(drawable.world);
    if (this.lines) this.lines.matrixWorldNeedsUpdate = true;
  }

  dispose(): void {
    for (const drawable of this.drawables) drawable.batch = undefined;
    this.mesh.dispose();
  }
}

export interface Look {
  /** Of the mesh. */
  id: string;
  shape: Shape;
  materials: Material[];
}

export class Batches {
  private readonly batches = new Map<string, Batch>();

  constructor(private readonly scene: Scene) {}

  /** Draws exactly these. Batches that did not change are kept. */
  show(drawables: Iterable<[Drawable, Look]>): void {
    const wanted = new Map<string, { look: Look; mirrored: boolean; drawables: Drawable[] }>();
    for (const [drawable, look] of drawables) {
      const mirrored = determinant(drawable.world) < 0;
      const loose = look.shape.lines ? drawable.node.id : "";
      const key = [look.id, look.shape.version, mirrored, loose, ...look.materials.map((material) => material.uuid)].join();
      const entry = wanted.get(key);
      if (entry) entry.drawables.push(drawable);
      else wanted.set(key, { look, mirrored, drawables: [drawable] });
    }
    for (const [key, batch] of this.batches) {
      const entry = wanted.get(key);
      if (entry && same(batch.drawables, entry.drawables)) wanted.delete(key);
      else this.drop(batch);
    }
    for (const [key, { look, mirrored, drawables: members }] of wanted) {
      const batch = new Batch(key, look.shape, look.materials, mirrored, members.length);
      for (const drawable of members) batch.add(drawable);
      this.batches.set(key, batch);
      this.scene.add(...batch.objects);
      for (const object of batch.objects) object.updateMatrixWorld(true);
    }
  }

  private drop(batch: Batch): void {
    this.scene.remove(...batch.objects);
    batch.dispose();
    this.batches.delete(batch.key);
  }

  *all(): Iterable<Batch> {
    yield* this.batches.values();
  }

  get count(): number {
    return this.batches.size;
  }

  /** A sphere around everything drawn, or undefined. */
  bounds(): Sphere | undefined {
    let sphere: Sphere | undefined;
    for (const { mesh } of this.batches.values()) {
      mesh.computeBoundingSphere();
      if (!mesh.boundingSphere || mesh.boundingSphere.isEmpty()) continue;
      const own = mesh.boundingSphere.clone().applyMatrix4(mesh.matrixWorld);
      sphere = sphere ? sphere.union(own) : own;
    }
    return sphere;
  }
}

function same(a: Drawable[], b: Drawable[]): boolean {
  return a.length === b.length && a.every((drawable, i) => drawable === b[i]);
}
