// SPDX-License-Identifier: Apache-2.0
// Where to connect and as whom: from the address (#broker=…&scene=…, or ?…), else as last time, else the servers of this host:
// with TLS those of docker/, at the page's own address; without, those of broker-config/. An address that names a scene leads to the
// same servers for everybody: those of last time shall not be given an invitation's password.

import { isScene, isUser } from "../wire/topics.js";

export interface Settings {
  /** The broker's WebSocket listener, ws:// or wss://. */
  broker: string;
  /** The asset store, http:// or https://. */
  store: string;
  scene: string;
  /** What the broker and the store know this person as; empty where nobody has to log in. */
  user: string;
  password: string;
  /** What others see. */
  name: string;
}

const KEYS = ["broker", "store", "scene", "user", "name"] as const;
const REMEMBERED = "scenesync";

function defaults(): Settings {
  const secure = location.protocol === "https:";
  const host = location.hostname || "localhost";
  return {
    broker: secure ? `wss://${location.host}/mqtt` : `ws://${host}:9001`,
    store: secure ? location.origin : `http://${host}:8080`,
    scene: "",
    user: "",
    password: "",
    name: "",
  };
}

export function initialSettings(): { settings: Settings; complete: boolean } {
  const given = { ...Object.fromEntries(new URLSearchParams(location.search)), ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
  let remembered: Partial<Settings> = {};
  try {
    remembered = { ...(JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") as Partial<Settings>) };
  } catch {
    // what is stored is somebody else's, or storage is forbidden
  }
  if (given["scene"] !== undefined) {
    delete remembered.broker;
    delete remembered.store;
  }
  const settings = { ...defaults(), ...remembered, password: "" };
  for (const key of [...KEYS, "password"] as const) {
    if (given[key] !== undefined) settings[key] = given[key];
  }
  if (given["password"] !== undefined) showSettings(settings); // it shall not stay in the address bar
  return { settings, complete: given["scene"] !== undefined && problem(settings) === undefined };
}

/** Puts the settings into the address, so that it can be shared; the password stays out. */
export function showSettings(settings: Settings): void {
  const shown = new URLSearchParams(KEYS.filter((key) => settings[key] !== "").map((key) => [key, settings[key]]));
  history.replaceState(null, "", `${location.pathname}#${shown.toString()}`);
}

export function remember(settings: Settings): void {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(Object.fromEntries(KEYS.map((key) => [key, settings[key]]))));
  } catch {
    // storage is forbidden: the address has it all
  }
}

/** What is wrong with the settings, and where. */
export function problem(settings: Settings): { key: keyof Settings; text: string } | undefined {
  if (!isScene(settings.scene)) return { key: "scene", text: "A scene is named in a-z, 0-9, - and _." };
  if (!isUrl(settings.broker, ["ws:", "wss:"])) return { key: "broker", text: "The broker's address begins with ws:// or wss://." };
  if (!isUrl(settings.store, ["http:", "https:"])) return { key: "store", text: "The asset store's address begins with http:// or https://." };
  if (settings.user !== "" && !isUser(settings.user)) return { key: "user", text: "A user's name is made of letters, digits, - and _." };
  return undefined;
}

function isUrl(text: string, protocols: string[]): boolean {
  try {
    return protocols.includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
