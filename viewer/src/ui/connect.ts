// SPDX-License-Identifier: Apache-2.0
// The form that asks where to go, and says why it could not get there.

import { problem, type Settings } from "../net/settings.js";
import { h, say } from "./dom.js";

const FIELDS: { key: keyof Settings; label: string; hint: string; type?: string; autocomplete?: string }[] = [
  { key: "scene", label: "Scene", hint: "demo" },
  { key: "name", label: "Your name", hint: "What others see", autocomplete: "name" },
  { key: "user", label: "User", hint: "Empty where nobody logs in", autocomplete: "username" },
  { key: "password", label: "Password", hint: "", type: "password", autocomplete: "current-password" },
  { key: "broker", label: "Broker", hint: "ws://host:9001" },
  { key: "store", label: "Asset store", hint: "http://host:8080" },
];

export class ConnectForm {
  readonly element: HTMLElement;
  private readonly inputs = new Map<keyof Settings, HTMLInputElement>();
  private readonly message = h("p", { class: "message", role: "alert", hidden: true });
  private readonly button = h("button", { type: "submit", class: "primary" }, "Join");

  constructor(join: (settings: Settings) => void) {
    const row = ({ key, label, hint, type, autocomplete }: (typeof FIELDS)[number]) => {
      const input = h("input", { name: key, placeholder: hint, type: type ?? "text", autocomplete: autocomplete ?? "off", spellcheck: false });
      this.inputs.set(key, input);
      return h("label", { class: `field field-${key}` }, h("span", {}, label), input);
    };
    const form = h(
      "form",
      {
        class: "card",
        onsubmit: (event: Event) => {
          event.preventDefault();
          const settings = this.values();
          const wrong = problem(settings);
          if (wrong) {
            this.say(wrong.text);
            this.inputs.get(wrong.key)!.focus();
          } else join(settings);
        },
      },
      h("h1", {}, "Scenesync"),
      h("p", { class: "lead" }, "Look at a shared scene, live."),
      this.message,
      h("div", { class: "fields" }, ...FIELDS.map(row)),
      this.button,
    );
    this.element = h("div", { class: "connect", hidden: true }, form);
  }

  private values(): Settings {
    return Object.fromEntries([...this.inputs].map(([key, input]) => [key, key === "password" ? input.value : input.value.trim()])) as unknown as Settings;
  }

  open(settings: Settings, message?: string): void {
    for (const [key, input] of this.inputs) input.value = settings[key];
    this.say(message);
    this.element.hidden = false;
    const first = message?.includes("password") ? "password" : settings.scene ? "name" : "scene";
    this.inputs.get(first)!.focus();
  }

  close(): void {
    this.element.hidden = true;
  }

  private say(message: string | undefined): void {
    this.message.hidden = message === undefined;
    say(this.message, message ?? "");
  }
}
