// SPDX-License-Identifier: Apache-2.0
// The bar at the top: which scene, how the link is, who is here, and how things are shown.

import type { Link } from "../net/connection.js";
import type { Role } from "../net/session.js";
import type { Person } from "../model/people.js";
import type { Transform } from "../scene/stage.js";
import { h, icon, say } from "./dom.js";

export interface BarCommands {
  leave(): void;
  follow(origin: string | undefined): void;
  frameAll(): void;
  setTransform(transform: Transform): void;
  setLight(studio: boolean | undefined): void;
  setSymbols(shown: boolean): void;
  setShadows(shown: boolean): void;
}

const LINKS: Record<Link["state"], string> = { connecting: "connecting", online: "live", lost: "reconnecting", refused: "refused", closed: "closed" };
const ROLES: Record<Role, string> = { unknown: "", viewer: "view only", editor: "" };

export class Bar {
  private readonly scene = h("strong", {});
  private readonly link = h("span", { class: "link" });
  private readonly role = h("span", { class: "role" });
  private readonly people = h("div", { class: "people", "aria-label": "People here" });
  readonly element: HTMLElement;

  constructor(private readonly commands: BarCommands) {
    this.element = h(
      "header",
      { class: "bar" },
      h("span", { class: "brand" }, "Scenesync"),
      this.scene,
      this.link,
      this.role,
      this.people,
      h("span", { class: "gap" }),
      this.settings(),
      h("button", { class: "quiet", title: "Show everything (Home)", onclick: () => commands.frameAll() }, "Frame all"),
      h("button", { class: "quiet", onclick: () => commands.leave() }, "Leave"),
    );
  }

  private settings(): HTMLElement {
    const choice = (label: string, options: [string, string][], change: (value: string) => void) => {
      const select = h("select", { "aria-label": label, onchange: () => change(select.value) }, ...options.map(([value, text]) => h("option", { value }, text)));
      return h("label", { class: "choice" }, h("span", {}, label), select);
    };
    const tick = (label: string, change: (on: boolean) => void) => {
      const box = h("input", { type: "checkbox", checked: true, onchange: () => change(box.checked) });
      return h("label", { class: "tick" }, box, label);
    };
    return h(
      "div",
      { class: "settings" },
      choice("Light", [["auto", "auto"], ["scene", "scene"], ["studio", "studio"]], (value) => this.commands.setLight(value === "auto" ? undefined : value === "studio")),
      choice("View", [["AgX", "AgX"], ["Standard", "Standard"]], (value) => this.commands.setTransform(value as Transform)),
      tick("Shadows", (on) => this.commands.setShadows(on)),
      tick("Outlines", (on) => this.commands.setSymbols(on)),
    );
  }

  showLink(scene: string, link: Link, role: Role): void {
    say(this.scene, scene);
    say(this.link, LINKS[link.state]);
    this.link.dataset["state"] = link.state;
    say(this.role, ROLES[role]);
  }

  showPeople(people: Person[], followed: string | undefined): void {
    this.people.replaceChildren(
      ...people.map((person) => {
        const following = person.origin === followed;
        const text = following ? `Following ${person.name}; click to stop` : `Follow ${person.name} (${person.app})`;
        const chip = h("button", { class: "person", title: text, "aria-pressed": following, "data-origin": person.origin, onclick: () => this.commands.follow(following ? undefined : person.origin) }, h("i", {}), person.name, following && icon("EYE"));
        chip.style.setProperty("--colour", person.colour);
        chip.disabled = !person.presence.view && !following;
        return chip;
      }),
    );
  }
}
