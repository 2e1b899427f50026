// SPDX-License-Identifier: Apache-2.0
// Handles in the view that move, turn or scale an object: three's TransformControls on a stand-in that hangs where the object hangs.

import { Group, Object3D, type Camera, type Scene } from "three";
import { TransformControls } from "three/addons/controls/TransformControls.js";
import type { Node } from "../model/graph.js";
import { locationField, placeOf, rotationFields, scaleField } from "../model/local.js";
import type { Matrix, Quaternion } from "../model/matrix.js";
import type { ValueMap } from "../wire/msgpack.js";

export type Tool = "translate" | "rotate" | "scale";

export interface GizmoCommands {
  /** While it is being dragged, and when it rests. */
  drag(node: Node, fields: ValueMap): void;
  settle(node: Node, fields: ValueMap): void;
  /** The handles look different. */
  changed(): void;
}

const SIZE = 0.75;

export class Gizmo {
  private readonly controls: TransformControls;
  private readonly root = new Group();
  /** What the object hangs on. */
  private readonly base = new Group();
  private readonly stand = new Object3D();
  private node: Node | undefined;
  private moved = false;

  /** Make it before whoever else listens to the canvas: it takes pointers first. */
  constructor(
    scene: Scene,
    canvas: HTMLCanvasElement,
    camera: Camera,
    private readonly commands: GizmoCommands,
  ) {
    this.controls = new TransformControls(camera, canvas);
    this.controls.size = SIZE;
    this.base.matrixAutoUpdate = false;
    this.base.add(this.stand);
    this.root.add(this.base, this.controls.getHelper());
    this.root.visible = false;
    scene.add(this.root);
    this.controls.addEventListener("change", () => commands.changed());
    this.controls.addEventListener("objectChange", () => this.dragged());
    this.controls.addEventListener("mouseUp", () => this.rested());
  }

  /** Whether a pointer holds a handle. */
  get held(): boolean {
    return this.controls.dragging;
  }

  set tool(tool: Tool) {
    this.controls.setMode(tool);
  }

  /** Before a frame: where the handles are now, if anywhere. */
  show(node: Node | undefined, camera: Camera): void {
    const base = node?.base();
    if (!node || !base) this.hide();
    else {
      if (!this.held) this.place(node, base);
      this.controls.camera = camera;
      this.root.visible = true;
      this.root.updateMatrixWorld(true);
    }
  }

  private hide(): void {
    if (this.node) this.controls.detach();
    this.node = undefined;
    this.moved = false;
    this.root.visible = false;
  }

  private place(node: Node, base: Matrix): void {
    const { location, rotation, scale } = placeOf(node.reading, node.transform);
    const [w, x, y, z] = rotation;
    this.base.matrix.fromArray(base);
    this.stand.position.fromArray(location);
    this.stand.quaternion.set(x, y, z, w);
    this.stand.scale.fromArray(scale);
    if (node !== this.node) this.controls.attach(this.stand);
    this.node = node;
  }

  private get fields(): ValueMap {
    const { reading, transform } = this.node!;
    const { position, quaternion, scale } = this.stand;
    if (this.controls.mode === "translate") return locationField(reading, position.toArray());
    if (this.controls.mode === "scale") return scaleField(reading, scale.toArray());
    const [x, y, z, w] = quaternion.toArray();
    return rotationFields(reading, transform, [w, x, y, z] satisfies Quaternion);
  }

  private dragged(): void {
    this.moved = true;
    if (this.node) this.commands.drag(this.node, this.fields);
  }

  private rested(): void {
    if (this.moved && this.node) this.commands.settle(this.node, this.fields);
    this.moved = false;
  }

  /** Puts what is being dragged back where it was, for others too. */
  cancel(): void {
    this.controls.reset();
    const { node, moved, fields } = this;
    this.moved = false;
    this.controls.pointerUp(null);
    if (node && moved) this.commands.settle(node, { ...fields, ...node.transform.settled((name) => name in fields).fields });
  }

  dispose(): void {
    this.controls.dispose();
  }
}
