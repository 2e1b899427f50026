// SPDX-License-Identifier: Apache-2.0
// The eye: where it is, where it looks, and the three.js camera of that. Orbiting and flying change the same few numbers.

import { Matrix4, OrthographicCamera, PerspectiveCamera, Sphere, Vector3, type Camera } from "three";
import type { Lens } from "./camera.js";

const FOV = (45 * Math.PI) / 180;
const LIMIT = Math.PI / 2 - 0.001;

export class Eye {
  private readonly perspective = new PerspectiveCamera((FOV * 180) / Math.PI, 1, 0.05, 5000);
  private readonly orthographic = new OrthographicCamera();
  /** What is turned around, how far it is, and from where: yaw about z from −y, pitch up. */
  readonly target = new Vector3(0, 0, 0.5);
  distance = 9;
  yaw = 0.7;
  pitch = 0.42;
  aspect = 1;
  /** The camera that is looked through, instead of all that. */
  private through: Lens | undefined;
  /** Empty border around the picture of a camera, as a factor. */
  margin = 1.08;

  constructor() {
    this.perspective.up.set(0, 0, 1);
    this.perspective.matrixAutoUpdate = this.orthographic.matrixAutoUpdate = false;
    this.apply();
  }

  get camera(): Camera {
    return this.through?.orthographic ? this.orthographic : this.perspective;
  }

  get looksThrough(): boolean {
    return this.through !== undefined;
  }

  get fov(): number {
    return FOV;
  }

  resize(aspect: number): void {
    this.aspect = aspect;
    this.apply();
  }

  private position(): Vector3 {
    const flat = Math.cos(this.pitch) * this.distance;
    return new Vector3(Math.sin(this.yaw) * flat, -Math.cos(this.yaw) * flat, Math.sin(this.pitch) * this.distance).add(this.target);
  }

  /** To be called after any change of the numbers. */
  apply(): void {
    this.through = undefined;
    this.pitch = Math.min(LIMIT, Math.max(-LIMIT, this.pitch));
    this.distance = Math.min(1e5, Math.max(1e-3, this.distance));
    const camera = this.perspective;
    camera.aspect = this.aspect;
    camera.fov = (FOV * 180) / Math.PI;
    camera.near = Math.min(0.1, this.distance / 100);
    camera.far = Math.max(2000, this.distance * 50);
    camera.updateProjectionMatrix();
    camera.position.copy(this.position());
    settle(camera); // lookAt looks from where the matrix says
    camera.lookAt(this.target);
    settle(camera);
  }

  // ---- free movement

  orbit(dx: number, dy: number): void {
    this.release();
    this.yaw -= dx;
    this.pitch += dy;
    this.apply();
  }

  /** By parts of the view's height. */
  pan(dx: number, dy: number): void {
    this.release();
    const size = 2 * this.distance * Math.tan(FOV / 2);
    const e = this.perspective.matrix.elements;
    this.target.addScaledVector(new Vector3(e[0], e[1], e[2]), -dx * size).addScaledVector(new Vector3(e[4], e[5], e[6]), dy * size);
    this.apply();
  }

  zoom(factor: number): void {
    this.release();
    this.distance *= factor;
    this.apply();
  }

  /** Turns the head. */
  turn(dx: number, dy: number): void {
    this.release();
    const at = this.position();
    this.yaw -= dx;
    this.pitch += dy;
    this.pitch = Math.min(LIMIT, Math.max(-LIMIT, this.pitch));
    this.target.add(at).sub(this.position());
    this.apply();
  }

  /** Moves right, ahead and up, in metres. */
  fly(right: number, ahead: number, up: number): void {
    this.release();
    const e = this.perspective.matrix.elements;
    this.target.addScaledVector(new Vector3(e[0], e[1], e[2]), right).addScaledVector(new Vector3(e[8], e[9], e[10]), -ahead);
    this.target.z += up;
    this.apply();
  }

  frame({ center, radius }: Sphere): void {
    this.target.copy(center);
    this.distance = Math.max(0.02, radius) / Math.sin((FOV / 2) * Math.min(1, this.aspect)) + Math.max(0.02, radius) * 0.1;
    this.apply();
  }

  /** Keeps the place when somebody else's view is left. */
  private release(): void {
    if (this.through !== undefined) this.adopt(new Matrix4().copy(this.camera.matrix));
  }

  // ---- others' views

  /** Takes over a view as one's own. */
  adopt(matrix: Matrix4): void {
    const position = new Vector3().setFromMatrixPosition(matrix);
    const ahead = new Vector3(-matrix.elements[8], -matrix.elements[9], -matrix.elements[10]).normalize();
    this.pitch = Math.asin(Math.min(1, Math.max(-1, -ahead.z)));
    this.yaw = Math.atan2(-ahead.x, ahead.y);
    this.target.copy(position).addScaledVector(ahead, this.distance);
    this.apply();
  }

  /** Looks from somewhere as somebody else does, roll included. */
  look(world: ArrayLike<number>, lens: Lens): void {
    const { halfX, halfY } = this.fitted(lens);
    this.through = lens;
    this.perspective.fov = (2 * Math.atan(halfY) * 180) / Math.PI; // the projection is made below; this is for whoever asks
    const camera = this.camera as PerspectiveCamera | OrthographicCamera;
    const scale = new Vector3();
    const matrix = new Matrix4().fromArray(world);
    matrix.decompose(camera.position, camera.quaternion, scale);
    camera.matrix.compose(camera.position, camera.quaternion, new Vector3(1, 1, 1));
    camera.near = lens.near;
    camera.far = lens.far;
    const near = lens.orthographic ? 1 : lens.near;
    const [left, right] = [(lens.shiftX - halfX) * near, (lens.shiftX + halfX) * near];
    const [bottom, top] = [(lens.shiftY - halfY) * near, (lens.shiftY + halfY) * near];
    if (lens.orthographic) camera.projectionMatrix.makeOrthographic(left, right, top, bottom, lens.near, lens.far);
    else camera.projectionMatrix.makePerspective(left, right, top, bottom, lens.near, lens.far);
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    camera.matrixWorld.copy(camera.matrix);
    camera.matrixWorldInverse.copy(camera.matrix).invert();
  }

  /** Half the view so that the whole picture is in it. */
  private fitted({ halfX, halfY }: Lens): { halfX: number; halfY: number } {
    const wide = this.aspect > halfX / halfY;
    return wide ? { halfX: halfY * this.margin * this.aspect, halfY: halfY * this.margin } : { halfX: halfX * this.margin, halfY: (halfX * this.margin) / this.aspect };
  }

  /** Width and height of the picture as parts of the view. */
  pictureIn(lens: Lens): { width: number; height: number } {
    const { halfX, halfY } = this.fitted(lens);
    return { width: lens.halfX / halfX, height: lens.halfY / halfY };
  }
}

function settle(camera: PerspectiveCamera): void {
  camera.updateMatrix();
  camera.matrixWorld.copy(camera.matrix);
  camera.matrixWorldInverse.copy(camera.matrix).invert();
}
