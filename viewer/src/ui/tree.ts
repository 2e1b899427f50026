// SPDX-License-Identifier: Apache-2.0
// The scene as a tree: collections, objects below their parents; with search. Only the rows that can be seen are elements, so ten
// thousand objects scroll like ten.

import type { Graph, Node } from "../model/graph.js";
import type { Person } from "../model/people.js";
import { h, icon } from "./dom.js";

const ROW = 24;
const SPARE = 8;

interface Row {
  id: string;
  label: string;
  type: string;
  depth: number;
  dimmed: boolean;
  open?: boolean;
}

export class Tree {
  readonly element: HTMLElement;
  private readonly search = h("input", { class: "search", type: "search", placeholder: "Search objects", "aria-label": "Search objects", spellcheck: false });
  private readonly list = h("div", { class: "rows", role: "tree" });
  private readonly body: HTMLElement;
  private readonly empty = h("p", { class: "empty", hidden: true });
  private rows: Row[] = [];
  private readonly closed = new Set<string>();
  private version = -1;
  private selected: string | undefined;
  private marks = new Map<string, string>();

  constructor(
    private readonly graph: () => Graph,
    private readonly select: (id: string | undefined, frame: boolean) => void,
    /** Other rows than objects: images with masks. */
    private readonly extras: () => { id: string; label: string; type: string }[],
  ) {
    this.body = h("div", { class: "scroll", onscroll: () => this.draw() }, this.list, this.empty);
    this.element = h("aside", { class: "panel tree" }, h("header", {}, this.search), this.body);
    this.search.addEventListener("input", () => this.rebuild());
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("dblclick", (event) => {
      const id = rowId(event);
      if (id) this.select(id, true);
    });
    new ResizeObserver(() => this.draw()).observe(this.body);
  }

  private clicked(event: MouseEvent): void {
    const id = rowId(event);
    if (!id) return;
    if ((event.target as Element).closest(".twist") || id.startsWith("group:")) {
      if (!this.closed.delete(id)) this.closed.add(id);
      this.rebuild();
    } else this.select(id, false);
  }

  update(force = false): void {
    const graph = this.graph();
    if (!force && graph.version === this.version) return;
    this.version = graph.version;
    this.rebuild();
  }

  mark(selected: string | undefined, people: Person[]): void {
    const marks = new Map<string, string>();
    for (const person of people) for (const id of person.presence.selection ?? []) marks.set(id, person.colour);
    const changed = selected !== this.selected || marks.size !== this.marks.size || [...marks].some(([id, colour]) => this.marks.get(id) !== colour);
    if (!changed) return;
    const reveal = selected !== undefined && selected !== this.selected;
    this.selected = selected;
    this.marks = marks;
    if (reveal) this.reveal(selected);
    this.draw();
  }

  private reveal(id: string): void {
    const at = this.rows.findIndex((row) => row.id === id) * ROW;
    if (at < 0) return;
    if (at < this.body.scrollTop) this.body.scrollTop = at - ROW;
    else if (at + ROW > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = at + 2 * ROW - this.body.clientHeight;
  }

  private rebuild(): void {
    const graph = this.graph();
    const words = this.search.value.trim().toLowerCase();
    this.rows = words ? this.found(graph, words) : this.hierarchy(graph);
    this.empty.hidden = this.rows.length > 0;
    this.empty.textContent = words ? "Nothing is called that." : "The scene is empty.";
    this.list.style.height = `${this.rows.length * ROW}px`;
    this.draw();
  }

  private found(graph: Graph, words: string): Row[] {
    const matches = [...graph.nodes.values()].filter((node) => node.object.name.toLowerCase().includes(words));
    return matches.map((node) => rowOf(node, 0)).sort(byLabel).concat(this.extraRows().filter((row) => row.label.toLowerCase().includes(words)));
  }

  private extraRows(): Row[] {
    return this.extras().map((extra) => ({ ...extra, depth: 0, dimmed: false }));
  }

  private hierarchy(graph: Graph): Row[] {
    const members = new Map<string, Node[]>();
    for (const node of graph.nodes.values()) {
      const inParents = node.parent && node.parent.collections.some((id) => node.collections.includes(id));
      if (inParents) continue;
      for (const id of node.collections) members.set(id, [...(members.get(id) ?? []), node]);
    }
    const rows: Row[] = [];
    this.addGroup(graph, graph.sceneId, 0, members, rows, new Set());
    return rows.concat(this.extraRows());
  }

  private addGroup(graph: Graph, id: string, depth: number, members: Map<string, Node[]>, rows: Row[], seen: Set<string>): void {
    if (seen.has(id)) return;
    seen.add(id);
    const groups = [...graph.groups].filter(([, group]) => group.parents.includes(id));
    for (const [child, { entity, hidden }] of groups.sort(([, a], [, b]) => collator.compare(a.entity.name, b.entity.name))) {
      const key = `group:${child}`;
      const open = !this.closed.has(key);
      rows.push({ id: key, label: entity.name, type: "COLLECTION", depth, dimmed: hidden, open });
      if (open) this.addGroup(graph, child, depth + 1, members, rows, seen);
    }
    for (const node of sorted(members.get(id) ?? [])) this.addNode(node, depth, rows);
  }

  private addNode(node: Node, depth: number, rows: Row[]): void {
    const row = rowOf(node, depth);
    if (node.children.length > 0) row.open = !this.closed.has(node.id);
    rows.push(row);
    if (row.open) for (const child of sorted(node.children)) this.addNode(child, depth + 1, rows);
  }

  private draw(): void {
    const first = Math.max(0, Math.floor(this.body.scrollTop / ROW) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((this.body.scrollTop + this.body.clientHeight) / ROW) + SPARE);
    this.list.replaceChildren(...this.rows.slice(first, last).map((row, i) => this.rowElement(row, first + i)));
  }

  private rowElement(row: Row, index: number): HTMLElement {
    const twist = h("span", { class: row.open === undefined ? "twist none" : row.open ? "twist open" : "twist" }, icon("ARROW"));
    const mark = this.marks.get(row.id);
    const element = h("div", { class: "row", role: "treeitem", title: row.label, "data-id": row.id, "aria-selected": row.id === this.selected }, twist, icon(row.type), h("span", { class: "label" }, row.label));
    if (mark) element.append(h("i", { class: "mark", style: `--colour:${mark}` }));
    element.classList.toggle("dimmed", row.dimmed);
    element.style.transform = `translateY(${index * ROW}px)`;
    element.style.setProperty("--depth", String(row.depth));
    return element;
  }
}

function rowId(event: Event): string | undefined {
  return (event.target as Element).closest<HTMLElement>(".row")?.dataset["id"];
}

function rowOf(node: Node, depth: number): Row {
  return { id: node.id, label: node.object.name || "unnamed", type: node.type, depth, dimmed: !node.visible };
}

function byLabel(a: Row, b: Row): number {
  return collator.compare(a.label, b.label);
}

const collator = new Intl.Collator(undefined, { numeric: true });

function sorted(nodes: Node[]): Node[] {
  return [...nodes].sort((a, b) => collator.compare(a.object.name, b.object.name));
}
