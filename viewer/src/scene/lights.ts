// SPDX-License-Identifier: Apache-2.0
// Lamps. Blender's watts become three's units so that a white surface is as bright as Cycles makes it: a point or spot of P watts has
// P/4π candela, a sun its irradiance, an area the radiance P/4A.

import { Color, DirectionalLight, LinearSRGBColorSpace, Matrix4, PointLight, RectAreaLight, Sphere, SpotLight, Vector3, type Scene } from "three";
import { RectAreaLightUniformsLib } from "three/addons/lights/RectAreaLightUniformsLib.js";
import type { Entity } from "../model/entity.js";
import { reference } from "../model/graph.js";
import { numbers } from "../model/local.js";
import type { Replica } from "../model/replica.js";
import type { Drawable } from "./batches.js";

type Lamp = PointLight | SpotLight | DirectionalLight | RectAreaLight;

/** Shadow maps take texture units and time; the brightest lamps get them. */
const SHADOWS = 3;
const MAP_SIZE = 2048;

export class Lights {
  private readonly lamps = new Map<Drawable, { lamp: Lamp; type: string }>();
  private shown: Drawable[] = [];
  private bounds = new Sphere(new Vector3(), 10);
  shadows = true;

  constructor(
    private readonly scene: Scene,
    private readonly replica: Replica,
  ) {
    RectAreaLightUniformsLib.init();
  }

  get count(): number {
    return this.lamps.size;
  }

  /** The lamps of exactly these. */
  show(drawables: Drawable[]): void {
    this.shown = drawables;
    const wanted = new Set(drawables);
    for (const [drawable, { lamp }] of this.lamps) if (!wanted.has(drawable)) this.drop(drawable, lamp);
    for (const drawable of drawables) this.dress(drawable);
    this.chooseShadows();
  }

  /** A light entity changed. */
  update(id: string): void {
    for (const drawable of this.shown) if (reference(drawable.node.object.get("data")) === id) this.dress(drawable);
    this.chooseShadows();
    this.fit(undefined);
  }

  moved(drawable: Drawable): void {
    const entry = this.lamps.get(drawable);
    if (entry === undefined) return;
    place(entry.lamp, drawable);
    this.fitOne(entry.lamp);
  }

  private drop(drawable: Drawable, lamp: Lamp): void {
    this.scene.remove(lamp);
    if ("target" in lamp) this.scene.remove(lamp.target);
    lamp.dispose();
    this.lamps.delete(drawable);
  }

  private dress(drawable: Drawable): void {
    const light = this.replica.get("light", reference(drawable.node.object.get("data")));
    const type = light?.deleted === false ? light.text("type") : "";
    const known = this.lamps.get(drawable);
    if (known && known.type !== type) this.drop(drawable, known.lamp);
    if (!light || !type) return;
    const lamp = known?.type === type ? known.lamp : make(type);
    if (lamp !== known?.lamp) {
      this.lamps.set(drawable, { lamp, type });
      this.scene.add(lamp);
      if ("target" in lamp) this.scene.add(lamp.target);
    }
    shine(lamp, light);
    lamp.userData["shadow"] = light.get("use_shadow") !== false;
    place(lamp, drawable);
  }

  private chooseShadows(): void {
    const brightness = ({ lamp }: { lamp: Lamp }) => lamp.intensity * (lamp instanceof DirectionalLight ? 100 : 1);
    const order = [...this.lamps.values()].sort((a, b) => brightness(b) - brightness(a));
    let left = this.shadows ? SHADOWS : 0;
    for (const { lamp } of order) {
      if (lamp instanceof RectAreaLight) continue;
      const wanted = lamp.userData["shadow"] === true && left-- > 0;
      if (lamp.castShadow !== wanted) lamp.castShadow = wanted;
    }
  }

  /** Suns' shadow maps cover the scene; others reach as far as it does. */
  fit(bounds: Sphere | undefined): void {
    if (bounds) this.bounds = bounds;
    for (const { lamp } of this.lamps.values()) this.fitOne(lamp);
  }

  private fitOne(lamp: Lamp): void {
    if (lamp instanceof DirectionalLight) fitSun(lamp, this.bounds);
    else if (lamp instanceof PointLight || lamp instanceof SpotLight) {
      lamp.shadow.camera.far = Math.max(1, lamp.position.distanceTo(this.bounds.center) + this.bounds.radius);
      lamp.shadow.camera.updateProjectionMatrix();
    }
  }

  /** All light together, for choosing whether the scene is lit at all. */
  get any(): boolean {
    for (const { lamp } of this.lamps.values()) if (lamp.intensity > 0) return true;
    return false;
  }

  dispose(): void {
    for (const [drawable, { lamp }] of this.lamps) this.drop(drawable, lamp);
  }
}

function make(type: string): Lamp {
  const lamp = type === "SUN" ? new DirectionalLight() : type === "SPOT" ? new SpotLight() : type === "AREA" ? new RectAreaLight() : new PointLight();
  if (!(lamp instanceof RectAreaLight)) {
    lamp.shadow.mapSize.set(MAP_SIZE, MAP_SIZE);
    lamp.shadow.normalBias = 0.03;
    lamp.shadow.bias = -0.0005;
    if (!(lamp instanceof DirectionalLight)) lamp.shadow.camera.near = 0.05;
    if (lamp instanceof PointLight) lamp.shadow.mapSize.set(512, 512);
  }
  return lamp;
}

function shine(lamp: Lamp, light: Entity): void {
  const power = light.number("energy", 10) * 2 ** light.number("exposure", 0);
  const [r = 1, g = 1, b = 1] = numbers(light.get("color"), [1, 1, 1]);
  lamp.color = new Color().setRGB(r, g, b, LinearSRGBColorSpace);
  if (light.get("use_temperature") === true) lamp.color.multiply(blackbody(light.number("temperature", 6500)));
  if (lamp instanceof DirectionalLight) lamp.intensity = power;
  else if (lamp instanceof RectAreaLight) shineArea(lamp, light, power);
  else lamp.intensity = power / (4 * Math.PI);
  if (lamp instanceof SpotLight) {
    lamp.angle = Math.min(Math.PI / 2 - 0.01, light.number("spot_size", Math.PI / 4) / 2);
    lamp.penumbra = Math.min(1, light.number("spot_blend", 0.15));
  }
}

function shineArea(lamp: RectAreaLight, light: Entity, power: number): void {
  const shape = light.text("shape", "SQUARE");
  const width = light.number("size", 0.25);
  const height = shape === "RECTANGLE" || shape === "ELLIPSE" ? light.number("size_y", 0.25) : width;
  const round = shape === "DISK" || shape === "ELLIPSE" ? Math.sqrt(Math.PI) / 2 : 1; // a rectangle of the same area
  lamp.width = Math.max(1e-3, width * round);
  lamp.height = Math.max(1e-3, height * round);
  lamp.intensity = power / (4 * lamp.width * lamp.height);
}

const matrix = new Matrix4();
const forward = new Vector3();

/** Light leaves along the negative z axis. */
function place(lamp: Lamp, drawable: Drawable): void {
  matrix.fromArray(drawable.world);
  lamp.position.setFromMatrixPosition(matrix);
  if (lamp instanceof RectAreaLight) lamp.quaternion.setFromRotationMatrix(matrix.extractRotation(matrix));
  else if (!(lamp instanceof PointLight)) {
    forward.set(-matrix.elements[8], -matrix.elements[9], -matrix.elements[10]);
    lamp.target.position.copy(lamp.position).add(forward);
    lamp.target.updateMatrixWorld();
  }
  lamp.updateMatrixWorld();
}

function fitSun(sun: DirectionalLight, { center, radius }: Sphere): void {
  const direction = sun.target.position.clone().sub(sun.position).normalize();
  sun.position.copy(center).addScaledVector(direction, -2 * radius);
  sun.target.position.copy(center);
  sun.target.updateMatrixWorld();
  sun.updateMatrixWorld();
  const camera = sun.shadow.camera;
  camera.left = camera.bottom = -radius;
  camera.right = camera.top = radius;
  camera.near = 0.1 * radius;
  camera.far = 3.5 * radius;
  camera.updateProjectionMatrix();
}

/** Colour of a black body, linear, of luminance about one (after Krystek, as renderers do). */
function blackbody(kelvin: number): Color {
  const t = Math.min(12000, Math.max(1000, kelvin));
  const u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t);
  const v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t);
  const x = (3 * u) / (2 * u - 8 * v + 4);
  const y = (2 * v) / (2 * u - 8 * v + 4);
  const X = x / y;
  const Z = (1 - x - y) / y;
  const clamp = (value: number) => Math.max(0, value);
  return new Color(clamp(3.2406 * X - 1.5372 - 0.4986 * Z), clamp(-0.9689 * X + 1.8758 + 0.0415 * Z), clamp(0.0557 * X - 0.204 + 1.057 * Z));
}
