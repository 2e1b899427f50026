// SPDX-License-Identifier: Apache-2.0
// What is selected: its transform and basic values to be changed, everything else to be read.

import { reference } from "../model/graph.js";
import type { Entity } from "../model/entity.js";
import { numbers, rotationField, rotationMode } from "../model/local.js";
import { cssOf, linearOf } from "../model/people.js";
import type { Replica } from "../model/replica.js";
import { toJson } from "../wire/json.js";
import { dashed } from "../wire/hex.js";
import { Ext, isMap, type Value, type ValueMap } from "../wire/msgpack.js";
import { h, icon, say } from "./dom.js";
import { NumberInput } from "./number.js";

/** What is read and edited: the session. */
export interface Editing {
  readonly replica: Replica;
  /** Why nothing can be edited now. */
  readonly locked: string | undefined;
  drag(entity: Entity, fields: ValueMap): void;
  edit(entity: Entity, fields: ValueMap): unknown;
}

const DEGREE = { text: "°", factor: Math.PI / 180 };
const METRE = { text: "m", factor: 1 };

interface NumberField {
  field: string;
  label: string;
  step: number;
  min?: number;
  max?: number;
  fallback: number;
  unit?: { text: string; factor: number };
}

const MATERIAL: NumberField[] = [
  { field: "metallic", label: "Metallic", step: 0.005, min: 0, max: 1, fallback: 0 },
  { field: "roughness", label: "Roughness", step: 0.005, min: 0, max: 1, fallback: 0.5 },
  { field: "alpha", label: "Alpha", step: 0.005, min: 0, max: 1, fallback: 1 },
  { field: "ior", label: "IOR", step: 0.005, min: 1, max: 3, fallback: 1.45 },
  { field: "emission_strength", label: "Emission strength", step: 0.02, min: 0, fallback: 0 },
];
const LIGHT: NumberField[] = [{ field: "energy", label: "Power", step: 1, min: 0, fallback: 10, unit: { text: "W", factor: 1 } }];
const SUN: NumberField[] = [{ field: "energy", label: "Strength", step: 0.02, min: 0, fallback: 1 }];
const CAMERA: NumberField[] = [{ field: "lens", label: "Lens", step: 0.2, min: 1, max: 5000, fallback: 50, unit: { text: "mm", factor: 1 } }];

/** A part of the panel that knows how to show its entity's values anew. */
type Refresh = () => void;

export class Properties {
  readonly element = h("aside", { class: "panel properties", hidden: true });
  private refreshers: Refresh[] = [];
  private watched = new Set<Entity>();
  private shape = "";

  constructor(
    private readonly session: () => Editing,
    private readonly lookThrough: (id: string) => void,
    /** A picture of an entity that is best seen as one, and what shows it anew. */
    private readonly preview: (entity: Entity) => { element: HTMLElement; update: Refresh } | undefined,
  ) {}

  private get editing(): Editing {
    return this.session();
  }

  /** Shows an entity; built anew only when its parts are others than before. */
  show(id: string | undefined): void {
    const entity = id === undefined ? undefined : this.editing.replica.find(id);
    if (!entity || entity.deleted) {
      this.element.hidden = true;
      this.shape = "";
      return;
    }
    const related = relatedTo(entity, this.editing.replica);
    const shape = [this.editing.locked, rotationMode(entity), ...related.map((one) => one.kind + one.id)].join();
    if (shape !== this.shape) this.build(entity, related);
    this.shape = shape;
    this.element.hidden = false;
    for (const refresh of this.refreshers) refresh();
  }

  /** Shows values anew when one of the entities shown is among these. */
  update(changed: Set<Entity>, id: string | undefined): void {
    for (const entity of changed) {
      if (!this.watched.has(entity) && entity.id !== id) continue;
      this.show(id);
      return;
    }
  }

  private build(entity: Entity, related: Entity[]): void {
    this.refreshers = [];
    this.watched = new Set(related);
    const sections = related.flatMap((one) => this.section(entity, one) ?? []);
    const preview = this.preview(entity);
    if (preview) this.refreshers.push(() => preview.update());
    const locked = this.editing.locked !== undefined && h("p", { class: "locked" }, this.editing.locked);
    this.element.replaceChildren(this.title(entity), ...(locked ? [locked] : []), ...(preview ? [preview.element] : []), ...sections, ...related.map((one) => this.everything(one)));
  }

  private title(entity: Entity): HTMLElement {
    const name = h("h2", {});
    const type = entity.kind === "object" ? entity.text("type") : entity.kind.toUpperCase();
    this.refreshers.push(() => say(name, entity.name || "unnamed"));
    const look = type === "CAMERA" && h("button", { class: "small", title: "Look through this camera (0)", onclick: () => this.lookThrough(entity.id) }, icon("EYE"), "Look through");
    return h("header", {}, icon(type), name, look);
  }

  private section(object: Entity, entity: Entity): HTMLElement | undefined {
    if (entity.kind === "transform") return this.transform(object, entity);
    if (entity.kind === "material") return this.material(entity);
    if (entity.kind === "light") return this.light(entity);
    if (entity.kind === "camera") return group("Camera", entity.name, this.rows(entity, CAMERA));
    if (entity.kind === "mesh") return this.mesh(entity);
    return undefined;
  }

  // ---- parts

  private transform(object: Entity, transform: Entity): HTMLElement {
    const mode = rotationMode(object);
    const rotation = rotationField(mode);
    const turned = rotation === "rotation_euler" ? this.vector(transform, rotation, "Rotation", ["X", "Y", "Z"], [0, 0, 0], 0.5, DEGREE) : this.vector(transform, rotation, "Rotation", ["W", "X", "Y", "Z"], rotation === "rotation_quaternion" ? [1, 0, 0, 0] : [0, 0, 1, 0], 0.005);
    return group("Transform", "", [
      this.vector(transform, "location", "Location", ["X", "Y", "Z"], [0, 0, 0], 0.01, METRE),
      turned,
      this.vector(transform, "scale", "Scale", ["X", "Y", "Z"], [1, 1, 1], 0.01),
    ]);
  }

  private vector(entity: Entity, field: string, label: string, axes: string[], fallback: number[], step: number, unit?: { text: string; factor: number }): HTMLElement {
    const changed = (i: number, value: number) => {
      const next = [...numbers(entity.get(field), fallback)];
      next[i] = Math.fround(value);
      return { [field]: next };
    };
    const inputs = axes.map((axis, i) => {
      const input = new NumberInput({ label: axis, step, unit, onDrag: (value) => this.editing.drag(entity, changed(i, value)), onSettle: (value) => this.editing.edit(entity, changed(i, value)) });
      input.disabled = this.editing.locked !== undefined;
      return input;
    });
    this.refreshers.push(() => numbers(entity.get(field), fallback).forEach((value, i) => inputs[i]!.show(value)));
    return h("div", { class: "vector", "data-field": field }, h("span", { class: "name" }, label), ...inputs.map((input) => input.element));
  }

  private rows(entity: Entity, fields: NumberField[]): HTMLElement[] {
    return fields.map(({ field, label, fallback, ...rest }) => {
      const input = new NumberInput({
        ...rest,
        label,
        onDrag: (value) => this.editing.drag(entity, { [field]: Math.fround(value) }),
        onSettle: (value) => this.editing.edit(entity, { [field]: Math.fround(value) }),
      });
      const driven = h("span", { class: "driven" }, "image");
      const row = h("div", { class: "single", "data-field": field }, input.element, driven);
      this.refreshers.push(() => {
        const image = entity.get(`${field}_image`) !== undefined;
        driven.hidden = !image;
        input.disabled = this.editing.locked !== undefined || image;
        input.show(entity.number(field, fallback));
      });
      return row;
    });
  }

  private colour(entity: Entity, field: string, label: string, fallback: number[]): HTMLElement {
    const input = h("input", { type: "color", "aria-label": label, disabled: this.editing.locked !== undefined });
    const value = h("span", { class: "value" });
    input.addEventListener("input", () => this.editing.drag(entity, { [field]: linearOf(input.value) }));
    input.addEventListener("change", () => this.editing.edit(entity, { [field]: linearOf(input.value) }));
    this.refreshers.push(() => {
      const image = entity.get(`${field}_image`) !== undefined;
      const css = cssOf(numbers(entity.get(field), fallback));
      input.disabled = this.editing.locked !== undefined || image;
      if (document.activeElement !== input) input.value = css;
      say(value, image ? "image" : css);
    });
    return h("label", { class: "colour", "data-field": field }, h("span", { class: "name" }, label), value, input);
  }

  private material(entity: Entity): HTMLElement {
    return group("Material", entity.name, [this.colour(entity, "base_color", "Base colour", [0.8, 0.8, 0.8]), ...this.rows(entity, MATERIAL), this.colour(entity, "emission", "Emission", [0, 0, 0])]);
  }

  private light(entity: Entity): HTMLElement {
    const type = entity.text("type");
    return group("Light", type.toLowerCase(), [this.colour(entity, "color", "Colour", [1, 1, 1]), ...this.rows(entity, type === "SUN" ? SUN : LIGHT)]);
  }

  private mesh(entity: Entity): HTMLElement {
    const counts = ["Vertices", "Edges", "Corners", "Faces"];
    const values = counts.map(() => h("b", {}));
    this.refreshers.push(() => {
      const found = entity.get(`at/${entity.text("topology")}/counts`);
      values.forEach((value, i) => say(value, Array.isArray(found) && typeof found[i] === "number" ? found[i].toLocaleString("en") : "–"));
    });
    return group("Mesh", entity.name, [h("div", { class: "counts" }, ...counts.map((label, i) => h("span", {}, values[i], label)))]);
  }

  /** Every field as it is, for whoever wants to know. */
  private everything(entity: Entity): HTMLElement {
    const list = h("dl", {});
    const details = h("details", { class: "everything" }, h("summary", {}, `${entity.kind} fields`), list);
    const fill = () => {
      if (!details.open) return;
      const names = [...entity.names()].sort();
      list.replaceChildren(h("dt", {}, "uuid"), h("dd", {}, dashed(entity.id)), ...names.slice(0, 400).flatMap((name) => [h("dt", { title: name }, name), h("dd", {}, brief(entity.get(name)!))]));
    };
    details.addEventListener("toggle", fill);
    this.refreshers.push(fill);
    return details;
  }
}

function group(title: string, detail: string, rows: HTMLElement[]): HTMLElement {
  return h("section", {}, h("h3", {}, title, h("span", {}, detail)), ...rows);
}

/** The entity, and of an object its transform, its data and the materials that it shows. */
function relatedTo(entity: Entity, replica: Replica): Entity[] {
  if (entity.kind !== "object") return [entity];
  const transform = replica.get("transform", entity.id);
  const data = reference(entity.get("data"));
  const shown = data === undefined ? undefined : replica.find(data);
  const materials = new Set<string>();
  for (const [holder, prefix] of [[entity, "slots/"], [shown, "materials/"]] as const) {
    for (const slot of holder?.members(prefix) ?? []) materials.add(reference(holder!.get(prefix + slot)) ?? "");
  }
  const found = [...materials].map((id) => replica.get("material", id));
  return [transform, shown, ...found, entity].filter((one) => one !== undefined);
}

function brief(value: Value): string {
  if (value instanceof Ext) return `array, ${value.data.length.toLocaleString("en")} bytes`;
  if (value instanceof Uint8Array) return value.length === 16 ? "→ " + dashed(reference(value)!) : `${value.length} bytes`;
  if (isMap(value) && typeof value["size"] === "number" && ("pages" in value || "sha256" in value)) return `blob, ${value["size"].toLocaleString("en")} bytes`;
  const text = JSON.stringify(toJson(value), (_, item: unknown) => (typeof item === "number" ? Number(item.toPrecision(7)) : typeof item === "bigint" ? String(item) : item));
  return text.length > 160 ? text.slice(0, 160) + "…" : text;
}
