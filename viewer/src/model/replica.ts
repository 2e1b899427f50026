// SPDX-License-Identifier: Apache-2.0
// The scene as the viewer knows it: every entity by kind and UUID, merged from state and live messages. Whoever shows it takes what
// changed once a frame, so a burst of messages costs one look at each entity.

import { hexOfBytes, type Stamp } from "../wire/hex.js";
import type { Live, State } from "../wire/messages.js";
import { compareBytes, Refused } from "../wire/msgpack.js";
import { singleton } from "../wire/uuid.js";
import { ASIDE_MS, REFUSED_MS, type Clock } from "./clock.js";
import { Entity } from "./entity.js";

const SILENCE_MS = 10_000;
const MAX_ASIDE = 1000;
const MAX_ROWS = 256;

export class Replica {
  private readonly kinds = new Map<string, Map<string, Entity>>();
  private changed = new Set<Entity>();
  private readonly dragged = new Set<Entity>();
  /** Messages of the future: the newest of each entity. */
  private readonly aside = new Map<string, { kind: string; id: string; state: State }>();
  /** The rows of live messages by kind, number and first id: a drag says the same ids many times a second, in one message or in several. */
  private readonly rows = new Map<string, { ids: Uint8Array; entities: (Entity | undefined)[] }>();
  size = 0;
  readonly sceneId: string;

  constructor(
    private readonly clock: Clock,
    slug: string,
  ) {
    this.sceneId = singleton(slug, "scene");
  }

  /** What is set for the scene as a whole; undefined while nobody has said anything of it. */
  get scene(): Entity | undefined {
    const scene = this.get("scene", this.sceneId);
    return scene?.deleted === false ? scene : undefined;
  }

  get(kind: string, id: string | undefined): Entity | undefined {
    return id === undefined ? undefined : this.kinds.get(kind)?.get(id);
  }

  /** Entities of a kind, deleted ones included. */
  of(kind: string): Iterable<Entity> {
    return this.kinds.get(kind)?.values() ?? [];
  }

  /** The entity of any kind with this UUID; an object rather than its transform. */
  find(id: string): Entity | undefined {
    for (const [kind, entities] of this.kinds) {
      const entity = kind === "transform" ? undefined : entities.get(id);
      if (entity !== undefined) return entity;
    }
    return undefined;
  }

  private entity(kind: string, id: string): Entity {
    let entities = this.kinds.get(kind);
    if (entities === undefined) this.kinds.set(kind, (entities = new Map<string, Entity>()));
    let entity = entities.get(id);
    if (entity === undefined) {
      entities.set(id, (entity = new Entity(kind, id)));
      this.rows.clear();
      this.size++;
    }
    return entity;
  }

  // ---- messages

  state(kind: string, id: string, state: State): void {
    const newest = Object.values(state.stamps).reduce((a, b) => (a > b ? a : b), state.stamp);
    if (this.early(newest)) {
      this.setAside(kind, id, state);
      return;
    }
    this.clock.observe(newest);
    const entity = this.entity(kind, id);
    entity.parts ||= state.parts;
    // The topology first: it decides which arrays count.
    if ("topology" in state.fields) this.merge(entity, "topology", state);
    for (const name in state.fields) {
      if (name !== "topology") this.merge(entity, name, state);
    }
    if (!entity.dragged) this.dragged.delete(entity);
  }

  private merge(entity: Entity, name: string, state: State): void {
    if (entity.merge(name, state.fields[name]!, state.stamps[name] ?? state.stamp)) this.changed.add(entity);
  }

  /** Takes back an edit that nobody else has seen. */
  restore(entity: Entity, before: ReturnType<Entity["cellsOf"]>, stamp: Stamp): void {
    entity.restore(before, stamp);
    this.changed.add(entity);
  }

  private early(stamp: Stamp): boolean {
    const ahead = this.clock.ahead(stamp);
    if (ahead > REFUSED_MS) throw new Refused("limit", "a stamp more than a day ahead; somebody's clock is wrong");
    return ahead > ASIDE_MS;
  }

  private setAside(kind: string, id: string, state: State): void {
    const key = `${kind}/${id}`;
    const known = this.aside.get(key);
    if ((known === undefined && this.aside.size >= MAX_ASIDE) || (known !== undefined && known.state.stamp > state.stamp)) return;
    this.aside.set(key, { kind, id, state });
  }

  live(kind: string, live: Live, now: number): void {
    const { stamps } = live;
    const one = typeof stamps === "string";
    if (one && this.clock.ahead(stamps) > ASIDE_MS) return;
    const rows = this.rowsOf(kind, live.ids, live.count);
    for (let row = 0; row < live.count; row++) {
      const entity = rows[row];
      const stamp = one ? stamps : stamps[row]!;
      if (entity === undefined || (!one && this.clock.ahead(stamp) > ASIDE_MS)) continue;
      let shown = false;
      for (const [name, column] of live.columns) shown = entity.drag(name, column(row), stamp) || shown;
      if (!shown) continue;
      entity.overlayUntil = now + SILENCE_MS;
      this.dragged.add(entity);
      this.changed.add(entity);
    }
    if (one) this.clock.observe(stamps);
  }

  private rowsOf(kind: string, ids: Uint8Array, count: number): (Entity | undefined)[] {
    const key = `${kind} ${count} ${hexOfBytes(ids, 0, Math.min(16, ids.length))}`;
    const known = this.rows.get(key);
    if (known !== undefined && known.ids.length === ids.length && compareBytes(known.ids, ids) === 0) return known.entities;
    const entities = Array.from({ length: count }, (_, row) => this.get(kind, hexOfBytes(ids, 16 * row, 16 * row + 16)));
    if (this.rows.size >= MAX_ROWS) this.rows.clear();
    this.rows.set(key, { ids, entities });
    return entities;
  }

  // ---- time

  /** Ends drags that fell silent and merges what is no longer early. Call it about once a second. */
  tick(now: number): void {
    for (const entity of this.dragged) {
      if (entity.dragged && entity.overlayUntil > now) continue;
      entity.endDrag();
      this.dragged.delete(entity);
      this.changed.add(entity);
    }
    for (const [key, { kind, id, state }] of this.aside) {
      if (this.early(state.stamp)) continue;
      this.aside.delete(key);
      this.state(kind, id, state);
    }
  }

  get waiting(): number {
    return this.aside.size;
  }

  /** The entities that changed since the last call, each with its `news`; the caller clears these. */
  takeChanged(): Set<Entity> {
    const changed = this.changed;
    if (changed.size > 0) this.changed = new Set();
    return changed;
  }

  get stirred(): boolean {
    return this.changed.size > 0;
  }
}
