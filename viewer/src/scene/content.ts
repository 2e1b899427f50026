// SPDX-License-Identifier: Apache-2.0
// From the replica to what is drawn. Once a frame it takes what changed and passes it to whoever shows that: moves touch only matrices,
// everything else only what it concerns.

import { Sphere, Vector3, type Material, type Scene } from "three";
import type { Entity } from "../model/entity.js";
import { Graph, reference, type Node } from "../model/graph.js";
import { identity, type Matrix } from "../model/matrix.js";
import { numbers } from "../model/local.js";
import type { Replica } from "../model/replica.js";
import type { Assets } from "./assets.js";
import { Batches, Drawable, type Look } from "./batches.js";
import { Clips } from "./clips.js";
import { Images } from "./images.js";
import { Lights } from "./lights.js";
import { Materials } from "./materials.js";
import { Meshes } from "./meshes.js";
import { Symbols } from "./symbols.js";
import { World } from "./world.js";

const DEEPEST = 8;
/** Instances of instances could otherwise multiply without end. */
const MOST = 200_000;

export class Content {
  readonly graph: Graph;
  readonly meshes: Meshes;
  readonly images: Images;
  readonly clips: Clips;
  readonly materials: Materials;
  readonly batches: Batches;
  readonly lights: Lights;
  readonly symbols: Symbols;
  readonly world: World;
  private readonly drawables = new Map<Node, Drawable>();
  /** Appearances of nodes inside instances. */
  private readonly inner = new Map<Node, Drawable[]>();
  private drawn: Drawable[] = [];
  private looksStale = false;
  private worldStale = true;
  private lightsStale = false;
  private shadowsStale = false;
  /** Whether to light the scene as a studio; undefined: when it has no light of its own. */
  studio: boolean | undefined;
  showSymbols = true;
  private withoutSymbol: string | undefined;
  /** Entities that changed in the last update, for whoever shows their values. */
  news = new Set<Entity>();

  constructor(
    scene: Scene,
    private readonly replica: Replica,
    assets: Assets,
  ) {
    this.graph = new Graph(replica);
    this.images = new Images(replica, assets, (id) => this.imageChanged(id));
    this.clips = new Clips(replica, assets);
    this.materials = new Materials(replica, this.images);
    this.meshes = new Meshes(replica, assets, () => (this.looksStale = true));
    this.batches = new Batches(scene);
    this.lights = new Lights(scene, replica);
    this.symbols = new Symbols(scene, replica);
    this.world = new World(scene, replica, this.images);
  }

  private imageChanged(id: string): void {
    this.materials.imageChanged(id);
    this.worldStale = true;
  }

  /** Shows what changed since the last time; whether anything did, and whether what casts shadows did. */
  update(now: number): { changed: boolean; shadows: boolean } {
    const changed = this.replica.takeChanged();
    this.news = changed;
    const moved = this.graph.update(changed, now);
    for (const entity of changed) this.route(entity);
    if (moved === "rebuilt") this.rebuild();
    else for (const node of moved) this.moved(node);
    const drew = this.refresh();
    for (const entity of changed) entity.news.clear();
    const shadows = moved === "rebuilt" || moved.size > 0 || this.shadowsStale;
    this.shadowsStale = false;
    return { changed: changed.size > 0 || moved === "rebuilt" || drew, shadows };
  }

  private route(entity: Entity): void {
    if (entity.kind === "mesh") {
      this.meshes.update(entity);
      if ([...entity.news].some((name) => name.startsWith("materials/"))) this.looksStale = true;
    } else if (entity.kind === "material") this.materials.update(entity);
    else if (entity.kind === "image") this.images.update(entity);
    else if (entity.kind === "light") {
      this.lights.update(entity.id);
      this.lightsStale = this.shadowsStale = true;
    } else if (entity.kind === "world" || entity.kind === "scene") this.worldStale = true;
    else if (entity.kind === "camera") this.lightsStale = true;
  }

  /** What became stale without the graph having changed. */
  private refresh(): boolean {
    const drew = this.looksStale || this.worldStale || this.lightsStale;
    if (this.looksStale) this.showBatches();
    if (this.lightsStale) this.showSymbolsOf();
    if (this.worldStale) this.showWorld();
    this.lightsStale = false;
    return drew;
  }

  private moved(node: Node): void {
    this.symbols.moved(node);
    const own = this.drawables.get(node);
    if (own) this.place(own);
    for (const drawable of this.inner.get(node) ?? []) this.place(drawable);
  }

  private place(drawable: Drawable): void {
    drawable.place();
    for (const one of withInside(drawable)) {
      if (one.node.type === "LIGHT") this.lights.moved(one);
    }
  }

  // ---- after a rebuild of the graph

  private rebuild(): void {
    this.drawn = [];
    const before = new Map(this.drawables);
    this.drawables.clear();
    this.inner.clear();
    for (const node of this.graph.nodes.values()) {
      if (!node.visible) continue;
      const drawable = before.get(node) ?? new Drawable(node);
      drawable.inside.length = 0;
      this.drawables.set(node, drawable);
      this.expand(drawable, 0);
      drawable.place();
    }
    this.lights.show(this.drawn.filter(({ node }) => node.type === "LIGHT"));
    this.showSymbolsOf();
    this.showBatches();
    this.showWorld();
  }

  /** The drawable and, where it is an instance of a collection, what is in that. */
  private expand(drawable: Drawable, depth: number): void {
    if (this.drawn.length >= MOST) return;
    this.drawn.push(drawable);
    const { object } = drawable.node;
    const collection = object.get("instance_type") === "COLLECTION" ? reference(object.get("instance_collection")) : undefined;
    if (collection === undefined || depth >= DEEPEST) return;
    const offset = offsetOf(this.graph.groups.get(collection)?.entity);
    for (const node of this.graph.inside(collection)) {
      const inner = new Drawable(node, { drawable, offset });
      drawable.inside.push(inner);
      const known = this.inner.get(node);
      if (known) known.push(inner);
      else this.inner.set(node, [inner]);
      this.expand(inner, depth + 1);
    }
  }

  private showSymbolsOf(): void {
    const bare = [...this.drawables.keys()].filter(({ id, type }) => type !== "MESH" && id !== this.withoutSymbol);
    this.symbols.show(this.showSymbols ? bare : []);
  }

  private showBatches(): void {
    this.looksStale = false;
    this.shadowsStale = true;
    this.batches.show(this.looks());
    this.lights.fit(this.batches.bounds());
  }

  private *looks(): Iterable<[Drawable, Look]> {
    for (const drawable of this.drawn) {
      const { node } = drawable;
      const id = node.type === "MESH" ? reference(node.object.get("data")) : undefined;
      const mesh = this.replica.get("mesh", id);
      if (id === undefined || mesh === undefined || mesh.deleted) continue;
      const shape = this.meshes.get(id);
      yield [drawable, { id, shape, materials: shape.slots.map((slot) => this.material(node, mesh, slot)) }];
    }
  }

  private material(node: Node, mesh: Entity, slot: number): Material {
    const own = node.object.get(`slots/${slot}`);
    if (own instanceof Uint8Array) return this.materials.get(reference(own));
    return this.materials.get(reference(mesh.get(`materials/${slot}`)));
  }

  showWorld(): void {
    this.worldStale = false;
    const around = this.world.surroundings();
    const dark = !around || around.strength === 0 || (!around.image && around.colour.every((value) => value < 1e-3));
    this.world.studio = this.studio ?? (dark && !this.lights.any);
    this.world.show();
  }

  // ---- for others

  /** Shows again what settings of the viewer change. */
  restyle(): void {
    this.lightsStale = this.worldStale = this.looksStale = true;
  }

  /** Leaves out the outline of the camera that is looked through. */
  hideSymbol(id: string | undefined): void {
    this.withoutSymbol = id;
    this.lightsStale = true;
  }

  /** All appearances of an object: its own, or all that its instance shows. */
  *appearances(id: string): Iterable<Drawable> {
    const node = this.graph.nodes.get(id);
    const drawable = node && this.drawables.get(node);
    if (drawable) yield* withInside(drawable);
  }

  /** A sphere around an object and what hangs on it. */
  bounds(id: string): Sphere | undefined {
    const node = this.graph.nodes.get(id);
    if (!node) return undefined;
    const sphere = new Sphere(new Vector3(node.world[12], node.world[13], node.world[14]), 0.3);
    for (const { batch, world } of this.appearances(id)) {
      const own = batch?.mesh.geometry.boundingSphere;
      if (own) sphere.union(own.clone().applyMatrix4(batch.mesh.matrix.clone().fromArray(world)));
    }
    return sphere;
  }

  get objects(): number {
    return this.drawables.size;
  }

  dispose(): void {
    this.meshes.dispose();
    this.images.dispose();
    this.clips.dispose();
    this.materials.dispose();
    this.lights.dispose();
    this.world.dispose();
  }
}

function* withInside(drawable: Drawable): Iterable<Drawable> {
  yield drawable;
  for (const inner of drawable.inside) yield* withInside(inner);
}

function offsetOf(collection: Entity | undefined): Matrix {
  const offset = numbers(collection?.get("instance_offset"), [0, 0, 0]);
  const matrix = identity();
  for (let k = 0; k < 3; k++) matrix[12 + k] = -offset[k]!;
  return matrix;
}
