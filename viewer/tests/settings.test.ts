// SPDX-License-Identifier: Apache-2.0
// Where the page connects when its address does not say so.

import { afterEach, expect, it, vi } from "vitest";
import { initialSettings } from "../src/net/settings.js";

function opened(address: string, remembered: object | null = null) {
  const { protocol, host, hostname, origin, search, hash, pathname } = new URL(address);
  vi.stubGlobal("location", { protocol, host, hostname, origin, search, hash, pathname });
  vi.stubGlobal("history", { replaceState: () => undefined });
  vi.stubGlobal("localStorage", { getItem: () => JSON.stringify(remembered) });
  return initialSettings();
}

afterEach(() => vi.unstubAllGlobals());

it("goes to the server of docker/ that gave it the page, whatever its port", () => {
  const { settings, complete } = opened("https://server.example:4443/#scene=main&user=ada&password=secret");
  expect(complete).toBe(true);
  expect(settings).toMatchObject({ broker: "wss://server.example:4443/mqtt", store: "https://server.example:4443", user: "ada", password: "secret" });
});

it("goes to the broker and the store of broker-config/ on the same host without TLS", () => {
  expect(opened("http://localhost:8000/").settings).toMatchObject({ broker: "ws://localhost:9001", store: "http://localhost:8080" });
});

it("goes where its address says", () => {
  const { settings } = opened("https://pages.example/#broker=wss://host:9443&store=https://host:8443");
  expect(settings).toMatchObject({ broker: "wss://host:9443", store: "https://host:8443" });
});

const ELSEWHERE = { broker: "wss://elsewhere:9443", store: "https://elsewhere:8443", scene: "old", user: "ben", name: "Ben" };

it("goes to the server of an invitation with what that says, wherever it went last time", () => {
  const { settings, complete } = opened("https://server.example/#scene=main&user=ada&password=secret", ELSEWHERE);
  expect(complete).toBe(true);
  expect(settings).toEqual({ broker: "wss://server.example/mqtt", store: "https://server.example", scene: "main", user: "ada", password: "secret", name: "Ben" });
});

it("offers what was there last time where its address names no scene", () => {
  expect(opened("https://server.example/", ELSEWHERE)).toEqual({ settings: { ...ELSEWHERE, password: "" }, complete: false });
});
