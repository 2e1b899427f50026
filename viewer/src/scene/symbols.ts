// SPDX-License-Identifier: Apache-2.0
// Outlines of what has no surface: lamps, cameras and empties. All of them are one call.

import { BufferAttribute, BufferGeometry, Color, DynamicDrawUsage, LineBasicMaterial, LineSegments, type Scene } from "three";
import type { Entity } from "../model/entity.js";
import { reference, type Node } from "../model/graph.js";
import type { Matrix } from "../model/matrix.js";
import type { Replica } from "../model/replica.js";
import { cameraFrame } from "./camera.js";

const PLAIN = new Color(0x8d99a8);
const LAMP = new Color(0xe8c268);
const CAMERA = new Color(0x7fa7d9);
const LAMP_SIZE = 0.25;

interface Span {
  node: Node;
  start: number;
  shape: number[];
}

export class Symbols {
  readonly lines = new LineSegments(new BufferGeometry(), new LineBasicMaterial({ vertexColors: true, transparent: true, opacity: 0.9, toneMapped: false }));
  private readonly spans = new Map<Node, Span>();

  constructor(
    scene: Scene,
    private readonly replica: Replica,
  ) {
    this.lines.frustumCulled = false;
    scene.add(this.lines);
  }

  /** The outlines of exactly these. */
  show(nodes: Node[]): void {
    this.spans.clear();
    let length = 0;
    for (const node of nodes) {
      const shape = this.shapeOf(node);
      if (shape.length === 0) continue;
      this.spans.set(node, { node, start: length, shape });
      length += shape.length;
    }
    const geometry = new BufferGeometry();
    const positions = new BufferAttribute(new Float32Array(length), 3);
    positions.setUsage(DynamicDrawUsage);
    const colours = new Float32Array(length);
    for (const { node, start, shape } of this.spans.values()) {
      const colour = node.type === "LIGHT" ? LAMP : node.type === "CAMERA" ? CAMERA : PLAIN;
      for (let i = 0; i < shape.length; i += 3) colours.set([colour.r, colour.g, colour.b], start + i);
    }
    geometry.setAttribute("position", positions);
    geometry.setAttribute("color", new BufferAttribute(colours, 3));
    this.lines.geometry.dispose();
    this.lines.geometry = geometry;
    for (const node of this.spans.keys()) this.moved(node);
  }

  moved(node: Node): void {
    const span = this.spans.get(node);
    if (span === undefined) return;
    const attribute = this.lines.geometry.getAttribute("position") as BufferAttribute;
    transformed(span.shape, node.world, attribute.array as Float32Array, span.start);
    attribute.needsUpdate = true;
  }

  get nodes(): Iterable<Node> {
    return this.spans.keys();
  }

  private shapeOf(node: Node): number[] {
    const data = reference(node.object.get("data"));
    if (node.type === "LIGHT") return lampShape(this.replica.get("light", data));
    if (node.type === "CAMERA") return cameraFrame(this.replica.get("camera", data));
    if (node.type === "EMPTY") return emptyShape(node.object.text("empty_display_type", "PLAIN_AXES"), node.object.number("empty_display_size", 1));
    return node.type === "MESH" ? [] : emptyShape("PLAIN_AXES", 0.5);
  }
}

function transformed(shape: number[], m: Matrix, to: Float32Array, at: number): void {
  for (let i = 0; i < shape.length; i += 3) {
    const x = shape[i]!, y = shape[i + 1]!, z = shape[i + 2]!;
    for (let k = 0; k < 3; k++) to[at + i + k] = m[k]! * x + m[4 + k]! * y + m[8 + k]! * z + m[12 + k]!;
  }
}

function circle(radius: number, axis: number, z = 0, steps = 24): number[] {
  const shape: number[] = [];
  const point = (step: number) => {
    const turn = (2 * Math.PI * step) / steps;
    const p = [0, 0, 0];
    p[(axis + 1) % 3] = radius * Math.cos(turn);
    p[(axis + 2) % 3] = radius * Math.sin(turn);
    p[axis] = z;
    return p;
  };
  for (let step = 0; step < steps; step++) shape.push(...point(step), ...point(step + 1));
  return shape;
}

function emptyShape(type: string, size: number): number[] {
  if (type === "CUBE") return box(size);
  if (type === "SPHERE") return [0, 1, 2].flatMap((axis) => circle(size, axis));
  if (type === "CIRCLE") return circle(size, 1);
  if (type === "CONE") return [...circle(size, 1), ...[0, 1, 2, 3].flatMap((i) => [size * Math.cos((i * Math.PI) / 2), 0, size * Math.sin((i * Math.PI) / 2), 0, 2 * size, 0])];
  if (type === "SINGLE_ARROW") return [0, 0, 0, 0, 0, size, 0, 0, size, size / 12, 0, size * 0.8, 0, 0, size, -size / 12, 0, size * 0.8];
  const reach = type === "ARROWS" ? 0 : -size;
  return [reach, 0, 0, size, 0, 0, 0, reach, 0, 0, size, 0, 0, 0, reach, 0, 0, size];
}

function box(half: number): number[] {
  const shape: number[] = [];
  for (let corner = 0; corner < 8; corner++) {
    for (const bit of [1, 2, 4]) {
      if (corner & bit) continue;
      for (const c of [corner, corner | bit]) shape.push(c & 1 ? half : -half, c & 2 ? half : -half, c & 4 ? half : -half);
    }
  }
  return shape;
}

function lampShape(light: Entity | undefined): number[] {
  const type = light?.text("type");
  const down = [0, 0, 0, 0, 0, -1];
  const number = (name: string, fallback: number) => light?.number(name, fallback) ?? fallback;
  if (type === "SUN") return [...circle(LAMP_SIZE, 2), ...down];
  if (type === "SPOT") {
    const radius = Math.tan(Math.min(1.5, number("spot_size", 0.785) / 2));
    const sides = [0, 1, 2, 3].flatMap((i) => [0, 0, 0, radius * Math.cos((i * Math.PI) / 2), radius * Math.sin((i * Math.PI) / 2), -1]);
    return [...circle(radius, 2, -1), ...sides];
  }
  if (type === "AREA") {
    const shape = light?.text("shape");
    const x = number("size", 0.25) / 2;
    const y = shape === "RECTANGLE" || shape === "ELLIPSE" ? number("size_y", 0.25) / 2 : x;
    return [-x, -y, 0, x, -y, 0, x, -y, 0, x, y, 0, x, y, 0, -x, y, 0, -x, y, 0, -x, -y, 0, ...down];
  }
  return [0, 1, 2].flatMap((axis) => circle(LAMP_SIZE / 2, axis, 0, 16));
}
