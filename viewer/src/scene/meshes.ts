// SPDX-License-Identifier: Apache-2.0
// Mesh entities as geometries. Until its arrays are here, a mesh is the box of its bounds.

import { Box3, BoxGeometry, BufferAttribute, BufferGeometry, Sphere, Vector3 } from "three";
import type { Entity } from "../model/entity.js";
import type { Replica } from "../model/replica.js";
import type { MeshJob, MeshResult } from "../worker/jobs.js";
import { arraySource, type Assets } from "./assets.js";

export interface Shape {
  geometry: BufferGeometry;
  /** Loose edges of a mesh without faces. */
  lines?: BufferGeometry;
  /** The material slot of each of the geometry's groups. */
  slots: number[];
  state: "waiting" | "ready" | "failed";
  triangles: number;
  problem?: string;
  /** Counts geometries; whoever shows an older one shows it anew. */
  version: number;
}

const NEEDED = ["corner_verts", "face_offsets", "positions"];
const WANTED = ["edges", "corner_edges", "smooth", "sharp_edges", "custom_normals", "material_index"];
/** Fields that change what the arrays look like. */
const SHOWN = /^(at\/|topology$|bounds$|render_uv$|active_uv$|uv_order$|use_auto_smooth$|auto_smooth_angle$|shape_keys)/;
const NOTHING = new BufferGeometry();

export class Meshes {
  private readonly shapes = new Map<string, Shape>();
  private readonly running = new Set<string>();
  private readonly stale = new Set<string>();

  constructor(
    private readonly replica: Replica,
    private readonly assets: Assets,
    /** A mesh looks different. */
    private readonly changed: (id: string) => void,
  ) {}

  get(id: string): Shape {
    let shape = this.shapes.get(id);
    if (shape === undefined) {
      this.shapes.set(id, (shape = { geometry: NOTHING, slots: [0], state: "waiting", triangles: 0, version: 0 }));
      this.load(id);
    }
    return shape;
  }

  /** A mesh entity changed. */
  update(entity: Entity): void {
    if (!this.shapes.has(entity.id)) return;
    for (const name of entity.news) {
      if (SHOWN.test(name)) {
        this.load(entity.id);
        return;
      }
    }
  }

  private load(id: string): void {
    if (this.running.has(id)) {
      this.stale.add(id);
      return;
    }
    const entity = this.replica.get("mesh", id);
    const job = entity && jobOf(entity);
    if (entity === undefined || job === undefined) {
      if (entity !== undefined) this.placeholder(id, entity);
      return;
    }
    if (this.shapes.get(id)!.state === "waiting") this.placeholder(id, entity);
    this.running.add(id);
    this.assets
      .run(job)
      .then(
        (result) => this.put(id, result),
        (error: unknown) => this.fail(id, (error as Error).message),
      )
      .finally(() => {
        this.running.delete(id);
        if (this.stale.delete(id)) this.load(id);
      });
  }

  private replace(id: string, shape: Omit<Shape, "version">): void {
    const old = this.shapes.get(id);
    this.shapes.set(id, { ...shape, version: (old?.version ?? 0) + 1 });
    this.changed(id);
    if (old && old.geometry !== NOTHING) old.geometry.dispose();
    old?.lines?.dispose();
  }

  private put(id: string, result: MeshResult): void {
    const lines = result.lines && geometryOfLines(result.lines);
    const slots = result.groups.map(([, , slot]) => slot);
    this.replace(id, { geometry: geometryOf(result), lines, slots, state: "ready", triangles: result.triangles });
  }

  private fail(id: string, problem: string): void {
    const { geometry, slots } = this.shapes.get(id)!;
    this.shapes.set(id, { ...this.shapes.get(id)!, geometry, slots, state: "failed", problem });
    this.changed(id);
  }

  private placeholder(id: string, entity: Entity): void {
    const bounds = entity.get("bounds");
    if (!Array.isArray(bounds) || bounds.length !== 6) return;
    const box = new Box3(new Vector3(...(bounds.slice(0, 3) as [number, number, number])), new Vector3(...(bounds.slice(3) as [number, number, number])));
    const size = box.getSize(new Vector3());
    const geometry = new BoxGeometry(size.x, size.y, size.z).translate(...box.getCenter(new Vector3()).toArray());
    geometry.clearGroups();
    this.replace(id, { geometry, slots: [0], state: "waiting", triangles: 0 });
  }

  get triangles(): number {
    let sum = 0;
    for (const shape of this.shapes.values()) sum += shape.triangles;
    return sum;
  }

  dispose(): void {
    for (const shape of this.shapes.values()) shape.geometry.dispose();
  }
}

function text(entity: Entity, name: string): string | undefined {
  const value = entity.get(name);
  return typeof value === "string" ? value : undefined;
}

/** What the worker needs to make the mesh; undefined while arrays are missing. */
function jobOf(entity: Entity): MeshJob | undefined {
  const at = `at/${text(entity, "topology")}/`;
  const counts = entity.get(at + "counts");
  if (!Array.isArray(counts)) return undefined;
  const arrays: MeshJob["arrays"] = {};
  const take = (name: string) => {
    const source = arraySource(entity.get(at + name));
    if (source) arrays[name] = source;
    return source !== undefined;
  };
  if (!NEEDED.map(take).every(Boolean)) return undefined;
  const bare = counts[3] === 0;
  for (const name of WANTED) {
    if ((name === "edges") === bare) take(name);
  }
  const uv = uvOf(entity, at);
  if (uv !== undefined) take(`uv/${uv}`);
  const keys = keysOf(entity).filter((key) => take(key.array) && take(key.relativeTo));
  const auto = entity.get("use_auto_smooth");
  const autoSmooth = typeof auto === "boolean" ? { on: auto, angle: entity.number("auto_smooth_angle", Math.PI / 6) } : undefined;
  if (!("sharp_edges" in arrays) && !("smooth" in arrays)) delete arrays["corner_edges"];
  return { type: "mesh", counts: counts as number[], arrays, uv, autoSmooth, keys };
}

function uvOf(entity: Entity, at: string): string | undefined {
  const named = text(entity, "render_uv") ?? text(entity, "active_uv");
  if (named !== undefined && entity.get(`${at}uv/${encodeLevel(named)}`) !== undefined) return encodeLevel(named);
  return [...entity.members(at + "uv/")].sort()[0];
}

/** A level of a field's name: what would end it is percent-encoded. */
function encodeLevel(name: string): string {
  return name.replace(/[%/\u0000-\u001f\u007f]/g, (character) => "%" + character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"));
}

function keysOf(entity: Entity): MeshJob["keys"] {
  if (entity.get("shape_keys_relative") !== true) return [];
  const keys = [...entity.members("shape_keys/")].map((id) => ({ id, order: text(entity, `shape_keys/${id}/order`) ?? "" }));
  const basis = keys.sort((a, b) => (a.order < b.order ? -1 : 1))[0]?.id;
  return keys.flatMap(({ id }) => {
    const value = entity.get(`shape_keys/${id}/value`);
    if (id === basis || typeof value !== "number" || value === 0 || entity.get(`shape_keys/${id}/mute`) === true) return [];
    return [{ array: `shape_keys/${id}`, relativeTo: `shape_keys/${text(entity, `shape_keys/${id}/relative_to`) ?? basis}`, value }];
  });
}

function geometryOf(result: MeshResult): BufferGeometry {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(result.positions, 3));
  geometry.setAttribute("normal", new BufferAttribute(result.normals, 3));
  if (result.uv) geometry.setAttribute("uv", new BufferAttribute(result.uv, 2));
  geometry.setIndex(new BufferAttribute(result.index, 1));
  if (result.groups.length > 1) result.groups.forEach(([start, count], i) => geometry.addGroup(start, count, i));
  bound(geometry, result);
  return geometry;
}

function geometryOfLines(positions: Float32Array): BufferGeometry {
  return new BufferGeometry().setAttribute("position", new BufferAttribute(positions, 3));
}

function bound(geometry: BufferGeometry, { bounds }: MeshResult): void {
  geometry.boundingBox = new Box3(new Vector3(...bounds.min), new Vector3(...bounds.max));
  geometry.boundingSphere = geometry.boundingBox.getBoundingSphere(new Sphere());
}
