// SPDX-License-Identifier: Apache-2.0
// Which handles what is selected shows in the view; they are for whoever may edit.

import type { Tool } from "../scene/gizmo.js";
import { h } from "./dom.js";

const TOOLS: { tool: Tool; label: string; code: string }[] = [
  { tool: "translate", label: "Move", code: "KeyG" },
  { tool: "rotate", label: "Rotate", code: "KeyR" },
  { tool: "scale", label: "Scale", code: "KeyS" },
];

export class Tools {
  private readonly buttons = TOOLS.map(({ tool, label, code }) => {
    const title = `${label} what is selected (${code.slice(3)}); again: no handles`;
    return h("button", { class: "tool", title, "data-tool": tool, onclick: () => this.choose(tool) }, label);
  });
  readonly element = h("div", { class: "tools", role: "toolbar", "aria-label": "Tools", hidden: true }, ...this.buttons);
  /** undefined: no handles. */
  chosen: Tool | undefined = "translate";

  constructor(private readonly changed: (tool: Tool | undefined) => void) {
    this.mark();
  }

  private choose(tool: Tool): void {
    this.chosen = this.chosen === tool ? undefined : tool;
    this.mark();
    this.changed(this.chosen);
  }

  private mark(): void {
    TOOLS.forEach(({ tool }, i) => this.buttons[i]!.setAttribute("aria-pressed", String(tool === this.chosen)));
  }

  /** Whether it was a key of ours. */
  key(code: string): boolean {
    const found = TOOLS.find((one) => one.code === code);
    if (found && !this.element.hidden) this.choose(found.tool);
    return found !== undefined;
  }
}
