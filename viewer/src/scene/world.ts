// SPDX-License-Identifier: Apache-2.0
// What surrounds the scene: the world's colour or picture, as light and as background; or a studio, where a scene brings no light.

import { Color, DataTexture, EquirectangularReflectionMapping, Euler, FloatType, LinearSRGBColorSpace, RGBAFormat, type Scene, type Texture } from "three";
import type { Entity } from "../model/entity.js";
import { reference } from "../model/graph.js";
import { numbers } from "../model/local.js";
import type { Replica } from "../model/replica.js";
import type { Images } from "./images.js";

export interface Surroundings {
  colour: readonly number[];
  strength: number;
  image?: string;
}

/** Pictures have y up, the scene z. */
const UPRIGHT = new Euler(Math.PI / 2, 0, 0);

export class World {
  private made = "";
  private light: Texture | undefined;
  studio = false;
  transparent = false;

  constructor(
    private readonly scene: Scene,
    private readonly replica: Replica,
    private readonly images: Images,
  ) {
    scene.environmentRotation.copy(UPRIGHT);
    scene.backgroundRotation.copy(UPRIGHT);
  }

  /** The world of the scene as it is now; undefined when there is none. */
  surroundings(): Surroundings | undefined {
    const world = this.replica.get("world", reference(this.replica.scene?.get("world")));
    return world && !world.deleted ? read(world) : undefined;
  }

  show(): void {
    const found = this.studio ? undefined : this.surroundings();
    const texture = found?.image === undefined ? undefined : this.images.texture(found.image);
    const picture = texture?.image ? texture : undefined;
    const key = JSON.stringify([this.studio, found, picture?.uuid]);
    if (key === this.made) return;
    this.made = key;
    this.light?.dispose();
    this.light = undefined;
    if (this.studio) this.showStudio();
    else if (picture) this.showPicture(picture, found!.strength);
    else this.showColour((found?.colour ?? [0, 0, 0]).map((value) => value * (found?.strength ?? 1)));
  }

  private showStudio(): void {
    this.light = studioLight();
    this.scene.environment = this.light;
    this.scene.environmentIntensity = 1;
    this.scene.background = new Color(0x16191f);
  }

  private showPicture(picture: Texture, strength: number): void {
    picture.mapping = EquirectangularReflectionMapping;
    this.scene.environment = this.scene.background = picture;
    this.scene.environmentIntensity = this.scene.backgroundIntensity = strength;
  }

  private showColour(colour: readonly number[]): void {
    const [r = 0, g = 0, b = 0] = colour;
    this.light = uniform(r, g, b);
    this.scene.environment = this.light;
    this.scene.environmentIntensity = 1;
    this.scene.backgroundIntensity = 1;
    this.scene.background = new Color().setRGB(r, g, b, LinearSRGBColorSpace);
  }

  dispose(): void {
    this.light?.dispose();
  }
}

/** The background node that feeds the world, as far as a viewer can tell. */
function read(world: Entity): Surroundings {
  const plain = { colour: numbers(world.get("color"), [0.05, 0.05, 0.05]), strength: 1 };
  if (world.get("use_nodes") === false) return plain;
  const node = [...world.members("nodes/")].find((id) => world.get(`nodes/${id}`) === "ShaderNodeBackground");
  if (node === undefined) return plain;
  return {
    colour: numbers(world.get(`nodes/${node}/inputs/Color`), [0.05, 0.05, 0.05, 1]).slice(0, 3),
    strength: world.number(`nodes/${node}/inputs/Strength`, 1),
    image: imageBehind(world, node),
  };
}

function imageBehind(world: Entity, background: string): string | undefined {
  for (const link of world.members("links/")) {
    const { to_node, to_socket, from_node } = (world.get(`links/${link}`) ?? {}) as Record<string, unknown>;
    if (to_node === background && to_socket === "Color" && typeof from_node === "string") return reference(world.get(`nodes/${from_node}/props/image`));
  }
  return undefined;
}

function equirect(width: number, height: number, pixel: (u: number, v: number) => number[]): Texture {
  const data = new Float32Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([...pixel((x + 0.5) / width, (y + 0.5) / height), 1], 4 * (y * width + x));
  }
  const texture = new DataTexture(data, width, height, RGBAFormat, FloatType);
  texture.mapping = EquirectangularReflectionMapping;
  texture.needsUpdate = true;
  return texture;
}

const uniform = (r: number, g: number, b: number): Texture => equirect(8, 4, () => [r, g, b]);

/** A soft overhead light and two at the sides. */
function studioLight(): Texture {
  const lobe = (distance: number, size: number) => Math.exp(-((distance / size) ** 2));
  return equirect(128, 64, (u, v) => {
    const key = 5 * lobe(Math.hypot((u - 0.2) * 2, v - 0.78), 0.16);
    const fill = 2 * lobe(Math.hypot((u - 0.72) * 2, v - 0.66), 0.2);
    const base = 0.25 + 0.5 * v;
    return [base + key + fill * 0.85, base + key * 0.97 + fill * 0.95, base * 1.06 + key * 0.92 + fill * 1.1];
  });
}
