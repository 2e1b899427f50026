// SPDX-License-Identifier: Apache-2.0
// What is under the pointer: the scene is drawn once more into one pixel, every instance in a colour that is its number. As fast for a
// million triangles as for ten. Lamps, cameras and empties are found by how near their origin is on the screen.

import { Color, DoubleSide, GLSL3, Group, Line, Mesh, ShaderMaterial, Vector3, WebGLRenderTarget, type Camera, type Object3D, type Scene, type WebGLRenderer } from "three";
import type { Node } from "../model/graph.js";
import type { Batch, Batches, Drawable } from "./batches.js";
import type { Symbols } from "./symbols.js";

const NEAR_PIXELS = 14;

const vertexShader = `
  uniform int first;
  flat out int number;
  void main() {
    number = first + gl_InstanceID;
    gl_Position = projectionMatrix * modelViewMatrix * instanceMatrix * vec4(position, 1.0);
  }`;
const fragmentShader = `
  flat in int number;
  out vec4 colour;
  void main() { colour = vec4(float(number & 255), float((number >> 8) & 255), float((number >> 16) & 255), 255.0) / 255.0; }`;

export class Pick {
  private readonly target = new WebGLRenderTarget(1, 1);
  private readonly material = new ShaderMaterial({ vertexShader, fragmentShader, glslVersion: GLSL3, side: DoubleSide, uniforms: { first: { value: 1 } } });

  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly scene: Scene,
    private readonly batches: Batches,
    private readonly symbols: Symbols,
  ) {}

  /** The object at a point of the canvas, in CSS pixels from its upper left. */
  at(x: number, y: number, camera: Camera): Node | undefined {
    return this.symbolAt(x, y, camera) ?? this.drawableAt(x, y, camera)?.owner;
  }

  private symbolAt(x: number, y: number, camera: Camera): Node | undefined {
    const { clientWidth: width, clientHeight: height } = this.renderer.domElement;
    const point = new Vector3();
    let nearest: Node | undefined;
    let least = NEAR_PIXELS;
    for (const node of this.symbols.nodes) {
      point.fromArray(node.world, 12).project(camera);
      if (point.z > 1 || point.z < -1) continue;
      const distance = Math.hypot(((point.x + 1) / 2) * width - x, ((1 - point.y) / 2) * height - y);
      if (distance < least) [nearest, least] = [node, distance];
    }
    return nearest;
  }

  private drawableAt(x: number, y: number, camera: Camera): Drawable | undefined {
    const batches: Batch[] = [];
    const hidden = this.hideOthers(batches);
    const firsts = number(batches);
    const before = this.renderer.getClearColor(new Color());
    const alpha = this.renderer.getClearAlpha();
    const [background, environment] = [this.scene.background, this.scene.environment];
    const shadows = this.renderer.shadowMap.needsUpdate;
    this.scene.background = null;
    this.scene.environment = null;
    this.scene.overrideMaterial = this.material;
    this.renderer.shadowMap.needsUpdate = false;
    this.renderer.setClearColor(0, 0);
    this.renderer.setRenderTarget(this.target);
    this.renderer.clear();
    this.onePixel(camera, x, y, () => this.renderer.render(this.scene, camera));
    const pixel = new Uint8Array(4);
    this.renderer.readRenderTargetPixels(this.target, 0, 0, 1, 1, pixel);
    this.renderer.setRenderTarget(null);
    this.renderer.setClearColor(before, alpha);
    this.renderer.shadowMap.needsUpdate = shadows;
    this.scene.overrideMaterial = null;
    this.scene.background = background;
    this.scene.environment = environment;
    for (const object of hidden) object.visible = true;
    return found(batches, firsts, pixel[0]! + 256 * pixel[1]! + 65536 * pixel[2]!);
  }

  /** Leaves only batches to be drawn; each tells the shader its first number. */
  private hideOthers(batches: Batch[]): { visible: boolean }[] {
    for (const batch of this.batches.all()) batches.push(batch);
    const meshes = new Set<unknown>(batches.map((batch) => batch.mesh));
    const drawn = (child: Object3D) => child instanceof Mesh || child instanceof Line || child instanceof Group;
    const hidden = this.scene.children.filter((child) => child.visible && !meshes.has(child) && drawn(child));
    for (const object of hidden) object.visible = false;
    let first = 1;
    for (const batch of batches) {
      const own = first;
      batch.mesh.onBeforeRender = () => {
        this.material.uniforms["first"]!.value = own;
        this.material.uniformsNeedUpdate = true;
      };
      first += batch.drawables.length;
    }
    return hidden;
  }

  /** Draws with only one pixel of the view in the picture. */
  private onePixel(camera: Camera, x: number, y: number, draw: () => void): void {
    const { clientWidth: width, clientHeight: height } = this.renderer.domElement;
    const before = camera.projectionMatrix.clone();
    const zoom = before.clone().identity().makeScale(width, height, 1);
    zoom.setPosition(width - 2 * x - 1, 2 * y + 1 - height, 0);
    camera.projectionMatrix.premultiply(zoom);
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    draw();
    camera.projectionMatrix.copy(before);
    camera.projectionMatrixInverse.copy(before).invert();
  }
}

function number(batches: Batch[]): number[] {
  let first = 1;
  return batches.map((batch) => {
    const own = first;
    first += batch.drawables.length;
    return own;
  });
}

function found(batches: Batch[], firsts: number[], wanted: number): Drawable | undefined {
  if (wanted === 0) return undefined;
  const at = firsts.findLastIndex((first) => first <= wanted);
  return batches[at]?.drawables[wanted - firsts[at]!];
}
