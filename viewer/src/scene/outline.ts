// SPDX-License-Identifier: Apache-2.0
// Outlines around what is selected, here and by others, each in their colour: the selected are drawn flat into a mask, and the mask's edge
// over the picture.

import {
  Color, DoubleSide, Mesh, MeshBasicMaterial, OrthographicCamera, PlaneGeometry, Scene, ShaderMaterial, Vector2, WebGLRenderTarget, type Camera, type WebGLRenderer,
} from "three";
import type { Drawable } from "./batches.js";

const fragmentShader = `
  uniform sampler2D mask;
  uniform vec2 texel;
  varying vec2 at;
  void main() {
    vec4 here = texture2D(mask, at);
    vec4 most = vec4(0.0);
    float edge = 0.0;
    for (int y = -2; y <= 2; y++) for (int x = -2; x <= 2; x++) {
      vec4 near = texture2D(mask, at + vec2(x, y) * texel);
      float other = near.a * min(1.0, 4.0 * distance(near.rgb * near.a, here.rgb * here.a));
      if (other > edge) { edge = other; most = near; }
    }
    if (edge < 0.01) discard;
    gl_FragColor = vec4(most.rgb, edge);
    #include <colorspace_fragment>
  }`;
const vertexShader = "varying vec2 at; void main() { at = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }";

export class Outline {
  private readonly target = new WebGLRenderTarget(1, 1, { samples: 4 });
  private readonly masked = new Scene();
  private readonly quad: Mesh<PlaneGeometry, ShaderMaterial>;
  private readonly texel = new Vector2();
  private readonly flat = new OrthographicCamera();
  private readonly materials = new Map<string, MeshBasicMaterial>();

  constructor(private readonly camera: () => Camera) {
    const uniforms = { mask: { value: this.target.texture }, texel: { value: this.texel } };
    this.quad = new Mesh(new PlaneGeometry(2, 2), new ShaderMaterial({ vertexShader, fragmentShader, uniforms, transparent: true, depthTest: false, depthWrite: false, toneMapped: false }));
    this.quad.frustumCulled = false;
    this.masked.matrixWorldAutoUpdate = false;
  }

  /** The drawables to be outlined, with their colours; later ones lie above. */
  show(selected: Iterable<[Drawable, string]>): void {
    this.masked.clear();
    for (const [drawable, colour] of selected) {
      const source = drawable.batch?.mesh;
      if (!source) continue;
      const mesh = new Mesh(source.geometry, this.material(colour));
      mesh.matrixAutoUpdate = false;
      mesh.userData["drawable"] = drawable;
      this.masked.add(mesh);
    }
  }

  private material(colour: string): MeshBasicMaterial {
    let material = this.materials.get(colour);
    if (!material) this.materials.set(colour, (material = new MeshBasicMaterial({ color: new Color(colour), side: DoubleSide, toneMapped: false })));
    return material;
  }

  readonly draw = (renderer: WebGLRenderer): void => {
    if (this.masked.children.length === 0) return;
    for (const mesh of this.masked.children) {
      mesh.matrixWorld.fromArray((mesh.userData["drawable"] as Drawable).world);
    }
    const size = renderer.getDrawingBufferSize(new Vector2());
    if (this.target.width !== size.x || this.target.height !== size.y) this.target.setSize(size.x, size.y);
    this.texel.set(1 / size.x, 1 / size.y).multiplyScalar(renderer.getPixelRatio());
    const before = renderer.getClearColor(new Color());
    const alpha = renderer.getClearAlpha();
    renderer.setClearColor(0, 0);
    renderer.setRenderTarget(this.target);
    renderer.clear();
    renderer.render(this.masked, this.camera());
    renderer.setRenderTarget(null);
    renderer.setClearColor(before, alpha);
    renderer.autoClear = false;
    renderer.render(this.quad, this.flat);
    renderer.autoClear = true;
  };
}
