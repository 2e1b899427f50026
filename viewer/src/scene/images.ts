// SPDX-License-Identifier: Apache-2.0
// Image entities as textures: files, painted pixels, and what Blender generates.

import {
  ClampToEdgeWrapping, DataTexture, EquirectangularReflectionMapping, FloatType, LinearFilter, LinearMipmapLinearFilter, NoColorSpace,
  RepeatWrapping, RGBAFormat, SRGBColorSpace, Texture,
} from "three";
import { EXRLoader } from "three/addons/loaders/EXRLoader.js";
import { HDRLoader } from "three/addons/loaders/HDRLoader.js";
import type { Entity } from "../model/entity.js";
import { numbers } from "../model/local.js";
import type { Replica } from "../model/replica.js";
import { hexOfBytes } from "../wire/hex.js";
import { typedArray } from "../wire/typed.js";
import { arraySource, blobSource, sourceKey, type Assets } from "./assets.js";

interface Picture {
  texture: Texture;
  /** What the texture was made of. */
  key: string;
  /** The picture itself, where a page can show it. */
  bitmap?: ImageBitmap;
}

export class Images {
  private readonly pictures = new Map<string, Picture>();

  constructor(
    private readonly replica: Replica,
    private readonly assets: Assets,
    /** An image looks different. */
    private readonly changed: (id: string) => void,
  ) {}

  /** Its texture; empty until its content is here. */
  texture(id: string): Texture {
    return this.get(id).texture;
  }

  bitmap(id: string): ImageBitmap | undefined {
    return this.get(id).bitmap;
  }

  private get(id: string): Picture {
    let picture = this.pictures.get(id);
    if (picture === undefined) {
      this.pictures.set(id, (picture = { texture: settled(new Texture(), "sRGB"), key: "" }));
      this.load(id, picture);
    }
    return picture;
  }

  update(entity: Entity): void {
    const picture = this.pictures.get(entity.id);
    if (picture !== undefined) this.load(entity.id, picture);
  }

  private load(id: string, picture: Picture): void {
    const entity = this.replica.get("image", id);
    if (entity === undefined || entity.deleted) return;
    const space = entity.text("color_space", "sRGB");
    const painted = [...entity.members("pixels/")].find((size) => entity.get(`pixels/${size}`) !== undefined);
    if (painted !== undefined) this.paint(id, picture, entity, painted, space);
    else if (entity.get("source") === "GENERATED") this.generate(id, picture, entity, space);
    else this.open(id, picture, entity, space);
  }

  private put(id: string, picture: Picture, texture: Texture, space: string): void {
    picture.texture.dispose();
    picture.texture = settled(texture, space);
    picture.bitmap = texture.image instanceof ImageBitmap ? texture.image : undefined;
    this.changed(id);
  }

  private open(id: string, picture: Picture, entity: Entity, space: string): void {
    const source = blobSource(entity.get("file"));
    if (source === undefined) return;
    const key = space + ("name" in source ? source.name : hexOfBytes(source.data));
    if (key === picture.key) return;
    picture.key = key;
    this.assets.run({ type: "image", source, media: entity.text("filepath") }).then(
      (result) => {
        if (picture.key !== key) return;
        const texture = "bitmap" in result ? new Texture(result.bitmap) : decodeFile(result.file);
        if (texture) this.put(id, picture, texture, space);
      },
      () => undefined, // the status bar says what is wrong with the store
    );
  }

  private paint(id: string, picture: Picture, entity: Entity, size: string, space: string): void {
    const source = arraySource(entity.get(`pixels/${size}`));
    const [width = 0, height = 0, channels = 0] = size.split("x").map(Number);
    if (source === undefined) return;
    const key = space + size + sourceKey(source);
    if (key === picture.key) return;
    picture.key = key;
    this.assets.run({ type: "pixels", source }).then(
      ({ data, ext }) => {
        const values = typedArray(ext, data);
        if (picture.key !== key || values === undefined || values.length !== width * height * channels) return;
        this.put(id, picture, textureOfPixels(values as ArrayLike<number>, width, height, channels, ext === 4), space);
      },
      () => undefined,
    );
  }

  private generate(id: string, picture: Picture, entity: Entity, space: string): void {
    const type = entity.text("generated_type", "BLANK");
    const colour = numbers(entity.get("generated_color"), [0, 0, 0, 1]);
    const key = [space, type, ...colour].join();
    if (key === picture.key) return;
    picture.key = key;
    this.put(id, picture, type === "BLANK" ? textureOfPixels(colour, 1, 1, 4, false) : gridTexture(type === "COLOR_GRID"), type === "BLANK" ? "Linear" : space);
  }

  dispose(): void {
    for (const { texture } of this.pictures.values()) texture.dispose();
  }
}

function settled(texture: Texture, space: string): Texture {
  const linear = texture.type === FloatType || !/sRGB/i.test(space);
  texture.colorSpace = linear ? NoColorSpace : SRGBColorSpace;
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  texture.generateMipmaps = true;
  texture.anisotropy = 4;
  texture.flipY = false;
  texture.needsUpdate = texture.image !== null && texture.image !== undefined;
  return texture;
}

/** HDR and EXR, which browsers do not read. */
function decodeFile(file: Uint8Array): Texture | undefined {
  try {
    const buffer = file.buffer as ArrayBuffer;
    const exr = file[0] === 0x76 && file[1] === 0x2f;
    const loader = exr ? new EXRLoader().setDataType(FloatType) : new HDRLoader().setDataType(FloatType);
    const { data, width, height } = loader.parse(buffer) as { data: Float32Array; width: number; height: number };
    const texture = new DataTexture(exr ? data : flipped(data, width * 4), width, height, RGBAFormat, FloatType);
    texture.mapping = EquirectangularReflectionMapping;
    texture.wrapT = ClampToEdgeWrapping;
    return texture;
  } catch {
    return undefined;
  }
}

/** Rows from the bottom up instead of from the top down. */
function flipped(data: Float32Array, row: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += row) result.set(data.subarray(at, at + row), data.length - row - at);
  return result;
}

/** Rows from the bottom, as the wire has them and as textures do. */
function textureOfPixels(values: ArrayLike<number>, width: number, height: number, channels: number, bytes: boolean): Texture {
  const pixels = width * height;
  const full = bytes ? 255 : 1;
  const data = bytes ? new Uint8Array(4 * pixels) : new Float32Array(4 * pixels);
  for (let i = 0; i < pixels; i++) {
    const grey = channels < 3;
    for (let k = 0; k < 3; k++) data[4 * i + k] = values[i * channels + (grey ? 0 : k)]!;
    data[4 * i + 3] = channels === 4 ? values[4 * i + 3]! : full;
  }
  return bytes ? new DataTexture(data, width, height) : new DataTexture(data, width, height, RGBAFormat, FloatType);
}

/** Blender's test grids, simply. */
function gridTexture(coloured: boolean): Texture {
  const canvas = new OffscreenCanvas(512, 512);
  const draw = canvas.getContext("2d")!;
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const light = (x + y) % 2 === 0;
      draw.fillStyle = coloured ? `hsl(${(x / 8) * 360} 60% ${light ? 62 - 4 * y : 48 - 4 * y}%)` : light ? "#888" : "#444";
      draw.fillRect(64 * x, 64 * y, 64, 64);
    }
  }
  return new Texture(canvas.transferToImageBitmap());
}
