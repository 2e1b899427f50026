// SPDX-License-Identifier: Apache-2.0
// Materials from their summary (schemas/kinds/material.yaml): numbers and images of a physically based surface.

import { DoubleSide, FrontSide, LinearSRGBColorSpace, MeshStandardMaterial, type Texture, Vector2 } from "three";
import { reference } from "../model/graph.js";
import { numbers } from "../model/local.js";
import type { Entity } from "../model/entity.js";
import type { Replica } from "../model/replica.js";
import type { Images } from "./images.js";

type Channel = "r" | "g" | "b" | "a";

/** What a compiled program depends on besides three's own defines. */
interface Channels {
  metallic: Channel;
  roughness: Channel;
  alpha: Channel;
}

interface Made {
  material: MeshStandardMaterial;
  channels: Channels;
  images: Set<string>;
}

/** Blender's grey, for what has no material. */
const GREY = [0.8, 0.8, 0.8];
const SHOWN =
  /^(base_color|metallic|roughness|emission|emission_strength|alpha|normal|blend_method|surface_render_method|alpha_threshold|use_backface_culling$|deleted|display\/)/;

export class Materials {
  private readonly made = new Map<string, Made>();
  private readonly users = new Map<string, Set<string>>();
  readonly none = new MeshStandardMaterial({ side: DoubleSide, roughness: 0.5, metalness: 0 });

  constructor(
    private readonly replica: Replica,
    private readonly images: Images,
  ) {
    this.none.color.setRGB(...(GREY as [number, number, number]), LinearSRGBColorSpace);
  }

  get(id: string | undefined): MeshStandardMaterial {
    if (id === undefined) return this.none;
    let made = this.made.get(id);
    if (made === undefined) {
      made = { material: new MeshStandardMaterial(), channels: { metallic: "r", roughness: "r", alpha: "r" }, images: new Set() };
      this.made.set(id, made);
      swizzle(made);
      this.dress(id, made);
    }
    return made.material;
  }

  update(entity: Entity): void {
    const made = this.made.get(entity.id);
    if (made === undefined) return;
    for (const name of entity.news) {
      if (SHOWN.test(name)) {
        this.dress(entity.id, made);
        return;
      }
    }
  }

  /** An image looks different. */
  imageChanged(id: string): void {
    for (const user of this.users.get(id) ?? []) {
      const made = this.made.get(user);
      if (made) this.dress(user, made);
    }
  }

  private dress(id: string, made: Made): void {
    const entity = this.replica.get("material", id);
    if (entity === undefined) return;
    const { material, channels } = made;
    const map = (name: string) => this.map(id, made, entity, name);
    const had = signature(material);
    channels.metallic = channel(entity, "metallic");
    channels.roughness = channel(entity, "roughness");
    channels.alpha = channel(entity, "alpha");
    material.map = map("base_color");
    material.metalnessMap = map("metallic");
    material.roughnessMap = map("roughness");
    material.normalMap = map("normal");
    const strength = entity.number("normal_strength", 1);
    material.normalScale = new Vector2(strength, strength);
    colour(material.color, entity, "base_color", material.map ? [1, 1, 1] : displayColour(entity));
    material.metalness = entity.number("metallic", material.metalnessMap ? 1 : entity.number("display/metallic", 0));
    material.roughness = entity.number("roughness", material.roughnessMap ? 1 : 0.5);
    material.emissiveMap = map("emission");
    colour(material.emissive, entity, "emission", material.emissiveMap ? [1, 1, 1] : [0, 0, 0]);
    material.emissiveIntensity = entity.number("emission_strength", 0);
    this.blend(entity, made, map("alpha"), entity.number("alpha", 1), entity.number("alpha_threshold", 0.5));
    material.side = entity.get("use_backface_culling") === true ? FrontSide : DoubleSide;
    material.name = entity.name;
    if (signature(material) !== had + JSON.stringify(channels)) material.needsUpdate = true;
  }

  private blend(entity: Entity, { material, channels }: Made, alphaMap: Texture | null, alpha: number, threshold: number): void {
    const method = entity.get("blend_method");
    const own = alphaMap !== null && alphaMap === material.map && channels.alpha === "a"; // then the map's own alpha does it
    material.alphaMap = own ? null : alphaMap;
    material.opacity = alpha;
    material.alphaTest = alphaMap && method === "CLIP" ? threshold : 0;
    material.alphaHash = alphaMap !== null && method === "HASHED";
    material.transparent = (alpha < 1 || alphaMap !== null) && !material.alphaTest && !material.alphaHash;
    material.depthWrite = !material.transparent;
  }

  private map(id: string, made: Made, entity: Entity, name: string): Texture | null {
    const image = reference(entity.get(`${name}_image`));
    if (image === undefined) return null;
    let users = this.users.get(image);
    if (users === undefined) this.users.set(image, (users = new Set()));
    users.add(id);
    made.images.add(image);
    const texture = this.images.texture(image);
    return texture.image ? texture : null;
  }

  dispose(): void {
    for (const { material } of this.made.values()) material.dispose();
    this.none.dispose();
  }
}

function channel(entity: Entity, name: string): Channel {
  const value = entity.get(`${name}_channel`);
  return typeof value === "string" && /^[RGBA]$/.test(value) ? (value.toLowerCase() as Channel) : "r";
}

function displayColour(entity: Entity): readonly number[] {
  return numbers(entity.get("display/diffuse_color"), [...GREY, 1]);
}

function colour(target: MeshStandardMaterial["color"], entity: Entity, name: string, fallback: readonly number[]): void {
  const [r = 0, g = 0, b = 0] = numbers(entity.get(name), fallback.slice(0, 3));
  target.setRGB(r, g, b, LinearSRGBColorSpace);
}

/** What makes three compile another program. */
function signature(m: MeshStandardMaterial): string {
  const maps = [m.map, m.metalnessMap, m.roughnessMap, m.normalMap, m.emissiveMap, m.alphaMap];
  return [...maps.map((map) => map?.uuid ?? "-"), m.alphaTest > 0, m.alphaHash, m.transparent, m.side].join();
}

/** three reads metalness from blue and roughness and alpha from green; Blender's materials say which channel. */
function swizzle(made: Made): void {
  made.material.onBeforeCompile = (shader) => {
    const { metallic, roughness, alpha } = made.channels;
    shader.fragmentShader = shader.fragmentShader
      .replace("#include <roughnessmap_fragment>", `float roughnessFactor = roughness;\n#ifdef USE_ROUGHNESSMAP\nroughnessFactor *= texture2D(roughnessMap, vRoughnessMapUv).${roughness};\n#endif`)
      .replace("#include <metalnessmap_fragment>", `float metalnessFactor = metalness;\n#ifdef USE_METALNESSMAP\nmetalnessFactor *= texture2D(metalnessMap, vMetalnessMapUv).${metallic};\n#endif`)
      .replace("#include <alphamap_fragment>", `#ifdef USE_ALPHAMAP\ndiffuseColor.a *= texture2D(alphaMap, vAlphaMapUv).${alpha};\n#endif`);
  };
  made.material.customProgramCacheKey = () => Object.values(made.channels).join("");
}
