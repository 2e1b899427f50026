// SPDX-License-Identifier: Apache-2.0
// Where others look from: a small pyramid in their colour with their name beside it.

import { BufferAttribute, BufferGeometry, Group, LineBasicMaterial, LineSegments, Matrix4, Vector3, type Camera, type Scene } from "three";
import type { Person } from "../model/people.js";
import { fromRows } from "../model/matrix.js";

/** Of the distance to the eye, so that nobody is too small to be seen or fills the view. */
const SIZE = 0.035;

interface Avatar {
  lines: LineSegments<BufferGeometry, LineBasicMaterial>;
  label: HTMLElement;
  at: Vector3;
}

export class Others {
  private readonly group = new Group();
  private readonly avatars = new Map<string, Avatar>();

  constructor(
    scene: Scene,
    private readonly labels: HTMLElement,
  ) {
    this.group.matrixAutoUpdate = false;
    scene.add(this.group);
  }

  show(people: Person[], followed: string | undefined): void {
    const seen = new Set<string>();
    for (const person of people) {
      if (!person.presence.view || person.origin === followed) continue;
      seen.add(person.origin);
      this.place(person, person.presence.view);
    }
    for (const [origin, avatar] of this.avatars) if (!seen.has(origin)) this.drop(origin, avatar);
  }

  private place(person: Person, view: number[]): void {
    let avatar = this.avatars.get(person.origin);
    if (!avatar) {
      const lines = new LineSegments(PYRAMID, new LineBasicMaterial({ toneMapped: false, linewidth: 2 }));
      lines.matrixAutoUpdate = false;
      lines.frustumCulled = false;
      avatar = { lines, label: document.createElement("div"), at: new Vector3() };
      avatar.label.className = "avatar";
      this.labels.append(avatar.label);
      this.group.add(lines);
      this.avatars.set(person.origin, avatar);
    }
    avatar.lines.material.color.set(person.colour);
    avatar.lines.matrix.fromArray(fromRows(view));
    avatar.at.setFromMatrixPosition(avatar.lines.matrix);
    avatar.label.textContent = person.name;
    avatar.label.style.setProperty("--colour", person.colour);
  }

  private drop(origin: string, avatar: Avatar): void {
    this.group.remove(avatar.lines);
    avatar.label.remove();
    avatar.lines.material.dispose();
    this.avatars.delete(origin);
  }

  /** Sizes and labels for the eye's place, before a frame. */
  face(camera: Camera, width: number, height: number): void {
    const eye = new Vector3().setFromMatrixPosition(camera.matrixWorld);
    const scale = new Matrix4();
    for (const { lines, label, at } of this.avatars.values()) {
      const size = SIZE * eye.distanceTo(at);
      lines.matrixWorld.multiplyMatrices(lines.matrix, scale.makeScale(size, size, size));
      const point = at.clone().project(camera);
      const shown = point.z < 1 && size > 1e-6;
      label.hidden = !shown;
      label.style.transform = `translate(${((point.x + 1) / 2) * width}px, ${((1 - point.y) / 2) * height}px)`;
    }
  }

  dispose(): void {
    for (const [origin, avatar] of this.avatars) this.drop(origin, avatar);
  }
}

/** What an eye at the origin sees along −z. */
const PYRAMID = new BufferGeometry().setAttribute(
  "position",
  new BufferAttribute(
    Float32Array.from(
      [[-1, -0.6], [1, -0.6], [1, 0.6], [-1, 0.6]].flatMap(([x, y], i, corners) => {
        const [nx, ny] = corners[(i + 1) % 4]!;
        return [0, 0, 0, x!, y!, -1.4, x!, y!, -1.4, nx!, ny!, -1.4];
      }),
    ),
    3,
  ),
);
