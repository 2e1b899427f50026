// SPDX-License-Identifier: Apache-2.0
// The MQTT connection: keeps trying, measures its latency, and says plainly what is wrong. The only user of mqtt.js.

import mqtt, { type IClientOptions, type MqttClient } from "mqtt";

export type Link =
  | { state: "connecting"; attempt: number }
  | { state: "online" }
  | { state: "lost"; text: string; attempt: number }
  | { state: "refused"; text: string }
  | { state: "closed" };

/** What became of a message. */
export type Outcome = "done" | "not allowed" | "failed";

export interface ConnectionOptions {
  url: string;
  user: string;
  password: string;
  clientId: string;
  will: { topic: string; payload: string };
  subscriptions: Record<string, { qos: 0 | 1 }>;
  onLink(link: Link): void;
  /** Subscribed, and what is retained will follow. */
  onJoined(): void;
  onMessage(topic: string, payload: Uint8Array, retained: boolean): void;
}

const RETRY_MS = 2000;
const CONNECT_MS = 10_000;
const PING_MS = 2000;
/** MQTT 5 and 3.1.1: bad user name or password, not authorized. */
const REFUSALS = new Set([4, 5, 134, 135]);
const NOT_SPOKEN = new Set([1, 132]);
const NOT_ALLOWED = 135;
const RETAINED_SECONDS = 24 * 3600;

export class Connection {
  private client: MqttClient | undefined;
  private attempt = 0;
  private pinged = 0;
  private pinging: ReturnType<typeof setInterval> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private version: 4 | 5 = 5;
  /** Of the last ping, in ms; undefined before the first. */
  latency: number | undefined;
  received = { messages: 0, bytes: 0 };

  constructor(private readonly options: ConnectionOptions) {}

  get online(): boolean {
    return this.client?.connected === true;
  }

  /** How long a ping has been waiting for its answer, in ms. */
  get waiting(): number {
    return this.pinged === 0 ? 0 : performance.now() - this.pinged;
  }

  open(): void {
    this.options.onLink({ state: "connecting", attempt: this.attempt });
    this.connect();
  }

  private connect(): void {
    const { options } = this;
    const client = mqtt.connect(options.url, this.clientOptions());
    this.client = client;
    client.on("connect", () => this.connected(client));
    client.on("error", (error) => this.failed(client, error));
    client.on("close", () => this.lost(client));
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "pingresp") this.answered();
    });
    client.on("message", (topic, payload, packet) => {
      this.received.messages++;
      this.received.bytes += payload.length;
      // A copy of its own: Buffers share memory, and their slices do not copy.
      options.onMessage(topic, new Uint8Array(payload), packet.retain);
    });
  }

  private clientOptions(): IClientOptions {
    const { options } = this;
    const will = { topic: options.will.topic, payload: options.will.payload, qos: 1 as const, retain: true };
    return {
      protocolVersion: this.version,
      clientId: options.clientId,
      username: options.user || undefined,
      password: options.user ? options.password : undefined,
      clean: true,
      keepalive: 15,
      reconnectPeriod: 0, // see `lost`
      connectTimeout: CONNECT_MS,
      queueQoSZero: false,
      will: this.version === 5 ? { ...will, properties: { messageExpiryInterval: RETAINED_SECONDS } } : will,
    };
  }

  /**
   * Whether the broker lets us publish there: an empty message that is not retained, which means nothing to anybody. On a connection of
   * its own, as brokers may close one on which somebody published what he must not (mosquitto 2.0.11 does, others to MQTT 3.1.1).
   */
  mayPublish(topic: string): Promise<boolean | undefined> {
    const { url, clientId } = this.options;
    const client = mqtt.connect(url, { ...this.clientOptions(), clientId: `${clientId}-ask`, will: undefined });
    return new Promise<boolean | undefined>((resolve) => {
      let asked = false;
      client.on("connect", () => {
        asked = true;
        client.publish(topic, bufferOf(new Uint8Array(0)), { qos: 1 }, (error) => resolve(!error));
      });
      client.on("error", () => resolve(undefined));
      client.on("close", () => resolve(asked ? false : undefined));
    }).finally(() => client.end(true));
  }

  private connected(client: MqttClient): void {
    this.attempt = 0;
    clearInterval(this.pinging);
    this.pinging = setInterval(() => this.ping(), PING_MS);
    client.subscribe(this.options.subscriptions, (error, granted) => {
      if (error || granted?.some((one) => one.qos >= 128)) {
        this.give({ state: "refused", text: "The broker does not let this user read the scene. Ask its owner for an invitation." });
        return;
      }
      this.options.onLink({ state: "online" });
      this.options.onJoined();
      this.ping();
    });
  }

  private failed(client: MqttClient, error: Error & { code?: unknown }): void {
    const code = typeof error.code === "number" ? error.code : undefined;
    if (code !== undefined && REFUSALS.has(code)) {
      const who = this.options.user ? `user “${this.options.user}”: wrong name or password` : "anonymous guests: give a user name and password";
      this.give({ state: "refused", text: `The broker refuses ${who}.` });
    } else if (code !== undefined && NOT_SPOKEN.has(code) && this.version === 5) {
      this.version = 4;
      client.end(true);
      this.connect();
    }
  }

  /** The next attempt is a new client: the old one would send again what was under way, and a broker may have closed the connection because of that. */
  private lost(client: MqttClient): void {
    if (client !== this.client) return;
    this.silence();
    client.end(true);
    this.attempt++;
    this.retry = setTimeout(() => this.connect(), RETRY_MS);
    this.options.onLink({ state: "lost", text: "The broker cannot be reached.", attempt: this.attempt });
  }

  /** No further attempt would end otherwise. */
  private give(link: Link): void {
    this.close();
    this.options.onLink(link);
  }

  private silence(): void {
    clearInterval(this.pinging);
    this.pinged = 0;
    this.latency = undefined;
  }

  close(): void {
    const client = this.client;
    this.client = undefined;
    clearTimeout(this.retry);
    this.silence();
    client?.end();
  }

  // ---- latency

  private ping(): void {
    if (!this.online || this.pinged !== 0) return;
    this.pinged = performance.now();
    this.client!.sendPing();
  }

  private answered(): void {
    if (this.pinged === 0) return;
    this.latency = performance.now() - this.pinged;
    this.pinged = 0;
  }

  // ---- publishing

  /** QoS 0: lost without a word when nobody listens. */
  mention(topic: string, payload: Uint8Array): void {
    if (this.online) this.client!.publish(topic, bufferOf(payload), { qos: 0 });
  }

  /** QoS 1; what became of it. Without MQTT 5 a refusal cannot be told from success. */
  publish(topic: string, payload: Uint8Array, retain: boolean, expires = false): Promise<Outcome> {
    const client = this.client;
    if (!client?.connected) return Promise.resolve("failed");
    const properties = expires && this.version === 5 ? { messageExpiryInterval: RETAINED_SECONDS } : undefined;
    return new Promise((resolve) => {
      client.publish(topic, bufferOf(payload), { qos: 1, retain, properties }, (error) => {
        if (!error) resolve("done");
        else resolve((error as { code?: unknown }).code === NOT_ALLOWED ? "not allowed" : "failed");
      });
    });
  }
}

/** mqtt.js takes any bytes; only its types ask for Node's. */
function bufferOf(payload: Uint8Array): Buffer {
  return payload as Buffer;
}
