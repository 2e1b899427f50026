// SPDX-License-Identifier: Apache-2.0
// Elements in one expression.

type Child = Node | string | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name === "class") element.className = String(value);
    else if (name.includes("-") || name === "for" || name === "role") element.setAttribute(name, String(value));
    else (element as unknown as Record<string, unknown>)[name] = value;
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

/** Sets text only when it differs, so that nothing is laid out for nothing. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const ICONS: Record<string, string> = {
  MESH: "M8 1.5 14 5v6l-6 3.5L2 11V5zM2 5l6 3.5L14 5M8 8.5v6",
  LIGHT: "M8 2a4 4 0 0 1 2.4 7.2V11H5.6V9.2A4 4 0 0 1 8 2zM6.2 13.5h3.6",
  CAMERA: "M2 5h8v6H2zM10 7.5 14 5v6l-4-2.5",
  EMPTY: "M8 2v12M2 8h12M4 4l8 8",
  COLLECTION: "M2 4h4l1.5 1.5H14V13H2z",
  SCENE: "M8 2l6 11H2z",
  ARMATURE: "M8 2l2.5 3L8 14 5.5 5z",
  IMAGE: "M2 3h12v10H2zM2 11l3.5-3.5L8 10l2.5-3L14 11",
  MASK: "M3 8c0-3 2-5 5-5s5 2 5 5-2 5-5 5-5-2-5-5zM8 3v10",
  MATERIAL: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM4.5 6.5C6 5 10 5 11.5 6.5",
  EYE: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z",
  ARROW: "M6 4l4 4-4 4",
  OTHER: "M3 3h10v10H3z",
};

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name.toLowerCase()}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] ?? ICONS["OTHER"]!);
  svg.append(path);
  return svg;
}
