// SPDX-License-Identifier: Apache-2.0
// How objects hang together: parents, collections, what is visible, and where everything is in the world. Derived from the replica.

import type { Value } from "../wire/msgpack.js";
import { hexOfBytes } from "../wire/hex.js";
import type { Entity } from "./entity.js";
import { localMatrix, numbers, readingOf, type Reading } from "./local.js";
import { fromRows, identity, multiply, type Matrix } from "./matrix.js";
import type { Replica } from "./replica.js";

/** An object of the scene. */
export class Node {
  parent: Node | undefined;
  readonly children: Node[] = [];
  /** Ids of the collections it is in. */
  collections: string[] = [];
  visible = false;
  readonly world: Matrix = identity();
  private inverse: Matrix | undefined;
  reading: Reading = { mode: "XYZ" };
  private evaluated = false;

  constructor(
    readonly object: Entity,
    readonly transform: Entity,
  ) {}

  get id(): string {
    return this.object.id;
  }

  get type(): string {
    return this.object.text("type");
  }

  attach(parent: Node | undefined): void {
    this.parent = parent;
    parent?.children.push(this);
    this.reading = readingOf(this.object);
    this.evaluated = parent !== undefined && this.object.get("parent_type") !== "OBJECT";
    const rows = this.object.get("matrix_parent_inverse");
    this.inverse = parent && rows !== undefined ? fromRows(numbers(rows, Array.from(identity()))) : undefined;
  }

  /** What its transform is relative to; undefined where it follows a bone or a vertex, which only its author can evaluate. */
  base(): Matrix | undefined {
    if (this.evaluated) return undefined;
    const base = identity();
    if (this.inverse) base.set(this.inverse);
    return this.parent ? multiply(this.parent.world, base, base) : base;
  }

  /** Works out `world` from the parent's. */
  place(): void {
    const { transform, parent, inverse, world } = this;
    const evaluated = this.evaluated ? transform.get("matrix_world") : undefined;
    if (Array.isArray(evaluated) && evaluated.length === 16) {
      world.set(fromRows(evaluated as number[]));
      return;
    }
    localMatrix(this.reading, transform, world);
    if (inverse) multiply(inverse, world, world);
    if (parent) multiply(parent.world, world, world);
  }
}

/** A collection of the scene. */
export interface Group {
  entity: Entity;
  /** Collections that hold it; the scene's own collection has the scene's id. */
  parents: string[];
  hidden: boolean;
}

/** Fields of an object that say nothing about where or whether it is shown. */
const DECORATION = /^(name|color|show_|lock_|properties|property_types|pass_index|visible_|use_|empty_image)/;
const MEMBERSHIP = /^(collections|parents)\//;

export function reference(value: Value | undefined): string | undefined {
  return value instanceof Uint8Array && value.length === 16 ? hexOfBytes(value) : undefined;
}

export class Graph {
  readonly nodes = new Map<string, Node>();
  readonly groups = new Map<string, Group>();
  /** Counts rebuilds. */
  version = 0;
  private stale = true;
  private nextRebuild = 0;

  constructor(private readonly replica: Replica) {}

  /** Takes note of what changed; the nodes that moved and need no rebuild. */
  update(changed: Iterable<Entity>, now: number): Set<Node> | "rebuilt" {
    const moved = new Set<Node>();
    for (const entity of changed) {
      if (entity.kind === "transform") this.transformChanged(entity, moved);
      else if (entity.kind === "object" || entity.kind === "collection") this.stale ||= isStructure(entity);
    }
    if (this.stale && now >= this.nextRebuild) {
      this.rebuild();
      const took = performance.now() - now;
      this.nextRebuild = now + 8 * took; // while a large scene arrives, not every frame
      return "rebuilt";
    }
    for (const node of [...moved]) {
      if (!followsOneOf(node, moved)) place(node, moved);
    }
    return moved;
  }

  /** The scene's own collection. */
  get sceneId(): string {
    return this.replica.sceneId;
  }

  get pending(): boolean {
    return this.stale;
  }

  private transformChanged(transform: Entity, moved: Set<Node>): void {
    const node = this.nodes.get(transform.id);
    if (node === undefined || transform.deleted) this.stale = true;
    else moved.add(node);
  }

  private rebuild(): void {
    this.stale = false;
    this.version++;
    this.collectGroups();
    this.collectNodes();
    for (const node of this.nodes.values()) node.attach(this.parentOf(node));
    for (const node of this.nodes.values()) {
      if (node.parent === undefined) place(node);
    }
  }

  private collectGroups(): void {
    this.groups.clear();
    for (const entity of this.replica.of("collection")) {
      if (!entity.deleted) this.groups.set(entity.id, { entity, parents: membership(entity, "parents/"), hidden: entity.get("hide_viewport") === true });
    }
  }

  private collectNodes(): void {
    const before = new Map(this.nodes);
    this.nodes.clear();
    const shown = new Map<string, boolean>();
    for (const object of this.replica.of("object")) {
      const transform = this.replica.get("transform", object.id);
      if (object.deleted || object.get("type") === undefined || transform?.get("location") === undefined) continue;
      const node = before.get(object.id) ?? new Node(object, transform);
      node.children.length = 0;
      node.collections = this.collectionsOf(object);
      node.visible = object.get("hide_viewport") !== true && node.collections.some((id) => this.reaches(id, shown));
      this.nodes.set(object.id, node);
    }
  }

  /** An object of which nothing is said is in the scene's own. */
  private collectionsOf(object: Entity): string[] {
    const said = [...object.names("collections/")];
    return said.length === 0 ? [this.sceneId] : membership(object, "collections/");
  }

  /** Whether a collection hangs, unhidden, below the scene's own. */
  private reaches(id: string, known: Map<string, boolean>): boolean {
    if (id === this.sceneId) return true;
    const found = known.get(id);
    if (found !== undefined) return found;
    known.set(id, false); // also for a cycle
    const group = this.groups.get(id);
    const result = group !== undefined && !group.hidden && group.parents.some((parent) => this.reaches(parent, known));
    known.set(id, result);
    return result;
  }

  /** Of the edges of a cycle, the one of the greatest UUID is kept but not applied. */
  private parentOf(node: Node): Node | undefined {
    const parent = this.rawParent(node);
    let greatest = node.id;
    for (let at = parent, steps = 0; at !== undefined && steps <= this.nodes.size; at = this.rawParent(at), steps++) {
      if (at === node) return greatest === node.id ? undefined : parent;
      if (at.id > greatest) greatest = at.id;
    }
    return parent;
  }

  private rawParent(node: Node): Node | undefined {
    const id = reference(node.object.get("parent"));
    return id === undefined ? undefined : this.nodes.get(id);
  }

  /** The nodes of a collection and of the collections in it, unhidden ones. */
  inside(id: string, seen = new Set<string>()): Node[] {
    if (seen.has(id)) return [];
    seen.add(id);
    const found = [...this.nodes.values()].filter((node) => node.collections.includes(id) && node.object.get("hide_viewport") !== true);
    for (const [child, group] of this.groups) {
      if (!group.hidden && group.parents.includes(id)) found.push(...this.inside(child, seen));
    }
    return found;
  }
}

function isStructure(entity: Entity): boolean {
  for (const name of entity.news) {
    if (!DECORATION.test(name)) return true;
  }
  return false;
}

function membership(entity: Entity, prefix: string): string[] {
  const found: string[] = [];
  for (const name of entity.names(prefix)) {
    if (MEMBERSHIP.test(name) && entity.get(name) === true) found.push(name.slice(prefix.length));
  }
  return found;
}

function followsOneOf(node: Node, moved: Set<Node>): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (moved.has(at)) return true;
  }
  return false;
}

/** Places a node and all below it, and adds them to `moved`. */
function place(node: Node, moved?: Set<Node>): void {
  node.place();
  moved?.add(node);
  for (const child of node.children) place(child, moved);
}
