// SPDX-License-Identifier: Apache-2.0
// One visit to one scene: ties session, scene and panels together.

import { Sphere, Vector3 } from "three";
import type { Link } from "./net/connection.js";
import { Session } from "./net/session.js";
import type { Settings } from "./net/settings.js";
import type { Entity } from "./model/entity.js";
import { reference, type Node } from "./model/graph.js";
import { toRows } from "./model/matrix.js";
import { Assets } from "./scene/assets.js";
import { lensOf, pictureAspect, type Lens } from "./scene/camera.js";
import { Content } from "./scene/content.js";
import { Gizmo } from "./scene/gizmo.js";
import { Navigate } from "./scene/navigate.js";
import { Others } from "./scene/others.js";
import { Outline } from "./scene/outline.js";
import { Pick } from "./scene/pick.js";
import { Stage } from "./scene/stage.js";
import { Bar } from "./ui/bar.js";
import { h } from "./ui/dom.js";
import { Picture } from "./ui/picture.js";
import { MaskPreview } from "./ui/preview.js";
import { Properties } from "./ui/properties.js";
import { Status } from "./ui/status.js";
import { Tools } from "./ui/tools.js";
import { Tree } from "./ui/tree.js";

const OWN = "#ffb454";
const STATUS_MS = 250;
/** While a scene arrives, every new lamp makes all materials new programs; so the first frame waits for all, but not longer. */
const FIRST_FRAME_MS = 3000;

export class App {
  readonly element = h("main", { class: "app" });
  readonly session: Session;
  readonly stage: Stage;
  readonly content: Content;
  private readonly assets: Assets;
  private readonly canvas = h("canvas", { tabIndex: 0, "aria-label": "Scene" });
  private readonly labels = h("div", { class: "labels" });
  private readonly picture = new Picture();
  private readonly others: Others;
  private readonly outline: Outline;
  private readonly pick: Pick;
  private readonly gizmo: Gizmo;
  private readonly tools: Tools;
  private readonly navigate: Navigate;
  private readonly bar: Bar;
  private readonly tree: Tree;
  private readonly properties: Properties;
  private readonly status = new Status();
  private selected: string | undefined;
  private through: string | undefined;
  private followed: string | undefined;
  private framed = false;
  private peopleState = "";
  private nextStatus = 0;
  private last = performance.now();
  private readonly began = performance.now();
  private arrived = false;

  constructor(
    settings: Settings,
    /** The visit is over; why, when it did not end by choice. */
    private readonly ended: (message?: string) => void,
  ) {
    this.bar = new Bar({
      leave: () => this.leave(),
      follow: (origin) => this.follow(origin),
      frameAll: () => this.frameAll(),
      setTransform: (transform) => (this.stage.transform = transform),
      setLight: (studio) => this.restyle(() => (this.content.studio = studio)),
      setSymbols: (shown) => this.restyle(() => (this.content.showSymbols = shown)),
      setShadows: (shown) => this.restyle(() => (this.content.lights.shadows = shown)),
    });
    this.tree = new Tree(
      () => this.content.graph,
      (id, frame) => this.select(id, frame),
      () => this.masks(),
    );
    this.properties = new Properties(
      () => this.session,
      (id) => this.lookThrough(id),
      (entity) => (entity.kind === "mask" ? new MaskPreview(entity, this.session.replica, this.content) : undefined),
    );
    this.tools = new Tools((tool) => {
      if (tool) this.gizmo.tool = tool;
      this.stage.invalidate();
    });
    const view = h("div", { class: "view" }, this.canvas, this.picture.element, this.labels, this.tools.element, this.status.notice);
    this.element.append(this.bar.element, this.tree.element, view, this.properties.element, this.status.element);
    document.body.append(this.element);
    this.session = new Session(settings, (link) => this.linked(link));
    const authorization = settings.user ? "Basic " + btoa(`${settings.user}:${settings.password}`) : "";
    this.assets = new Assets({ url: settings.store, authorization });
    this.stage = new Stage(this.canvas, (now) => this.prepare(now));
    const { scene, eye, renderer } = this.stage;
    this.content = new Content(scene, this.session.replica, this.assets);
    this.others = new Others(scene, this.labels);
    this.outline = new Outline(() => eye.camera);
    this.stage.overlays.push(this.outline.draw);
    this.pick = new Pick(renderer, scene, this.content.batches, this.content.symbols);
    this.gizmo = new Gizmo(scene, this.canvas, eye.camera, {
      drag: (node, fields) => this.session.drag(node.transform, fields),
      settle: (node, fields) => void this.session.edit(node.transform, fields),
      changed: () => this.stage.invalidate(),
    });
    this.navigate = new Navigate(this.canvas, eye, {
      click: (x, y) => this.select(this.pick.at(x, y, eye.camera)?.id, false),
      moved: () => this.moved(),
      taken: () => this.gizmo.held,
    });
    window.addEventListener("keydown", this.key);
    window.addEventListener("pagehide", this.leaving);
    void this.session.join();
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey) return;
    if (this.navigate.flying || this.tools.key(event.code)) return;
    if (event.code === "KeyF" && this.selected !== undefined) this.frame(this.selected);
    else if (event.code === "KeyF" || event.code === "Home") this.frameAll();
    else if (event.code === "Escape" && this.gizmo.held) this.gizmo.cancel();
    else if (event.code === "Escape") this.select(undefined, false);
    else if (event.code === "Digit0" || event.code === "Numpad0") this.lookThroughActive();
    else if (event.code === "KeyH") {
      this.element.classList.toggle("bare");
      this.stage.eye.margin = this.element.classList.contains("bare") ? 1 : 1.08;
    }
  };

  private readonly leaving = (): void => this.session.leave();

  private linked(link: Link): void {
    if (link.state === "refused") this.leave(link.text);
    else {
      this.bar.showLink(this.session.settings.scene, link, this.session.role);
      this.nextStatus = 0;
    }
  }

  // ---- a frame

  private prepare(now: number): boolean | undefined {
    const seconds = (now - this.last) / 1000;
    this.last = now;
    this.navigate.step(seconds);
    const { changed, shadows } = this.content.update(now);
    if (shadows) this.stage.invalidate(true);
    if (changed) this.showChanges();
    const people = this.showPeople(now);
    this.frameOnce();
    this.showView();
    this.showGizmo();
    if (now >= this.nextStatus) this.showStatus(now);
    this.others.face(this.stage.eye.camera, this.canvas.clientWidth, this.canvas.clientHeight);
    this.arrived ||= this.session.loaded || now - this.began > FIRST_FRAME_MS;
    return this.arrived ? changed || people : undefined;
  }

  private showChanges(): void {
    const { news } = this.content;
    this.picture.update(this.session.replica, news);
    this.tree.update(anyBut(news, "transform"));
    this.properties.update(news, this.selected);
    this.showOutline();
  }

  /** A scene that is all here is shown whole, once. */
  private frameOnce(): void {
    if (this.framed || this.content.batches.count === 0 || !this.session.loaded) return;
    this.framed = true;
    if (!this.stage.eye.looksThrough) this.frameAll();
  }

  private showGizmo(): void {
    const node = this.session.locked === undefined ? this.selectedNode : undefined;
    this.tools.element.hidden = node?.base() === undefined;
    this.gizmo.show(this.tools.chosen === undefined || this.selected === this.through ? undefined : node, this.stage.eye.camera);
  }

  private get selectedNode(): Node | undefined {
    const node = this.selected === undefined ? undefined : this.content.graph.nodes.get(this.selected);
    return node?.visible ? node : undefined;
  }

  /** Whether anybody came, went, moved or was followed. */
  private showPeople(now: number): boolean {
    const { people } = this.session;
    const present = people.present(now);
    const state = `${people.version} ${present.length} ${this.followed}`; // people go silent without a word
    if (state === this.peopleState) return false;
    this.peopleState = state;
    this.bar.showPeople(present, this.followed);
    this.others.show(present, this.followed);
    this.tree.mark(this.selected, present);
    this.showOutline();
    return true;
  }

  private showStatus(now: number): void {
    this.nextStatus = now + STATUS_MS;
    this.status.update(this.session, this.stage, this.content, this.assets);
    this.bar.showLink(this.session.settings.scene, this.session.link, this.session.role);
    this.properties.show(this.selected);
    if (this.selected !== undefined && !this.session.replica.find(this.selected)) this.select(undefined, false);
  }

  private showOutline(): void {
    const { people } = this.session;
    const marked = people.present(performance.now()).flatMap(({ colour, presence }) => (presence.selection ?? []).map((id) => [id, colour] as const));
    if (this.selected !== undefined) marked.push([this.selected, OWN]);
    this.outline.show(marked.flatMap(([id, colour]) => [...this.content.appearances(id)].map((drawable) => [drawable, colour] as [(typeof drawable), string])));
  }

  // ---- the view

  /** The view of the camera or the person that is looked through, which may have moved. */
  private showView(): void {
    const { eye } = this.stage;
    const view = this.borrowedView();
    if (!view) {
      this.picture.place({ width: 0, height: 0 }, undefined);
      return;
    }
    eye.look(view.world, view.lens);
    const size = { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
    this.picture.place(size, this.through === undefined ? undefined : eye.pictureIn(view.lens));
  }

  private borrowedView(): { world: ArrayLike<number>; lens: Lens } | undefined {
    const node = this.through === undefined ? undefined : this.content.graph.nodes.get(this.through);
    if (node) {
      const aspect = pictureAspect(this.session.replica);
      return { world: node.world, lens: lensOf(this.session.replica.get("camera", reference(node.object.get("data"))), aspect) };
    }
    const person = this.session.people.present(performance.now()).find((one) => one.origin === this.followed);
    if (!person?.presence.view) return undefined;
    const half = Math.tan((person.presence.fov ?? this.stage.eye.fov) / 2);
    const lens = { orthographic: false, halfX: half * this.stage.eye.aspect, halfY: half, shiftX: 0, shiftY: 0, near: 0.05, far: 5000 };
    return { world: columns(person.presence.view), lens };
  }

  private moved(): void {
    if (this.through !== undefined || this.followed !== undefined) this.borrow(undefined, undefined);
    this.stage.invalidate();
    this.lookAround();
  }

  /** Tells the others where we are. */
  private lookAround(): void {
    const { camera, fov } = this.stage.eye;
    this.session.look({ view: toRows(camera.matrixWorld.elements).map(Math.fround), fov: Math.fround(fov), selection: this.selected ? [this.selected] : [], ...(this.selected ? { active: this.selected } : {}) });
  }

  lookThrough(id: string): void {
    this.borrow(this.through === id ? undefined : id, undefined);
  }

  private lookThroughActive(): void {
    const camera = reference(this.session.replica.scene?.get("camera")) ?? [...this.content.graph.nodes.values()].find((node) => node.type === "CAMERA")?.id;
    if (camera !== undefined) this.lookThrough(camera);
  }

  private follow(origin: string | undefined): void {
    this.borrow(undefined, origin);
  }

  /** Takes the view of a camera or of a person; of neither: keeps the place where the view is. */
  private borrow(camera: string | undefined, person: string | undefined): void {
    if (camera === undefined && person === undefined) this.stage.eye.orbit(0, 0);
    if (camera !== this.through) this.content.hideSymbol(camera);
    this.through = camera;
    this.followed = person;
    this.stage.invalidate();
  }

  frameAll(): void {
    this.stage.eye.frame(this.content.batches.bounds() ?? new Sphere(new Vector3(), 3));
    this.moved();
  }

  private frame(id: string): void {
    const bounds = this.content.bounds(id);
    if (!bounds) return;
    this.stage.eye.frame(bounds);
    this.moved();
  }

  private restyle(change: () => void): void {
    change();
    this.content.restyle();
    this.stage.invalidate(true);
  }

  // ---- selection

  select(id: string | undefined, frame: boolean): void {
    this.selected = id;
    this.properties.show(id);
    this.tree.mark(id, this.session.people.present(performance.now()));
    this.showOutline();
    this.lookAround();
    this.stage.invalidate();
    if (frame && id !== undefined) this.frame(id);
  }

  private masks(): { id: string; label: string; type: string }[] {
    return [...this.session.replica.of("mask")].filter((mask) => !mask.deleted).map((mask) => ({ id: mask.id, label: mask.name, type: "MASK" }));
  }

  // ---- the end

  leave(message?: string): void {
    window.removeEventListener("keydown", this.key);
    window.removeEventListener("pagehide", this.leaving);
    this.session.leave();
    this.gizmo.dispose();
    this.stage.dispose();
    this.content.dispose();
    this.assets.close();
    this.element.remove();
    this.ended(message);
  }
}

function anyBut(entities: Iterable<Entity>, kind: string): boolean {
  for (const entity of entities) if (entity.kind !== kind) return true;
  return false;
}

function columns(rows: number[]): number[] {
  return Array.from({ length: 16 }, (_, i) => rows[(i % 4) * 4 + (i >> 2)]!);
}
