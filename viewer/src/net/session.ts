// SPDX-License-Identifier: Apache-2.0
// Taking part in one scene: what arrives goes into the replica, what is edited here goes out, and others learn where we are.

import { Clock } from "../model/clock.js";
import type { Entity } from "../model/entity.js";
import { People } from "../model/people.js";
import { Replica } from "../model/replica.js";
import { bytesOfHex, hexOfBytes } from "../wire/hex.js";
import * as messages from "../wire/messages.js";
import type { Presence } from "../wire/messages.js";
import { Refused, type ValueMap } from "../wire/msgpack.js";
import { partOf, Topics } from "../wire/topics.js";
import { Connection, type Link, type Outcome } from "./connection.js";
import type { Settings } from "./settings.js";
import { storeAhead } from "./time.js";

export type Role = "unknown" | "viewer" | "editor";

const PEER_MS = 10_000;
const PRESENCE_MS = 80;
const LIVE_MS = 33;
const QUIET_MS = 300;
const COMPLAIN_MS = 8000;
/** How long we wait for the store to say the time before we join. */
const TIME_MS = 1000;
const LOOK_ONLY = "You may look at this scene, but not change it. Its owner can invite you as an editor.";
const NO_LONGER = "You may no longer change this scene, only look at it. Its owner can invite you as an editor.";
const COMPLAINTS: Record<Outcome, string | undefined> = {
  done: undefined,
  "not allowed": `Your edit was refused and taken back. ${LOOK_ONLY}`,
  failed: "Your edit was taken back: the connection was lost before the broker confirmed it.",
};

export class Session {
  readonly origin = hexOfBytes(crypto.getRandomValues(new Uint8Array(8)));
  readonly clock = new Clock(bytesOfHex(this.origin));
  readonly replica: Replica;
  readonly people = new People(this.origin);
  private readonly topics: Topics;
  private readonly user: string;
  private readonly connection: Connection;
  private readonly timers: ReturnType<typeof setInterval>[];
  link: Link = { state: "connecting", attempt: 0 };
  role: Role = "unknown";
  /** Whether all that is retained has been received. */
  loaded = false;
  /** What became of the last edit, when it did not go well. */
  complaint: string | undefined;
  private complainUntil = 0;
  /** Whether the store says what time it is; else the others do. */
  private timeKnown = false;
  private quietSince = Infinity;
  /** Messages that were not believed, by cause. */
  readonly refused = new Map<string, number>();
  private presence: Presence = {};
  private presenceDue = false;
  private lastPresence = 0;
  private lastLive = 0;
  private dragging: { id: string; kind: string; fields: ValueMap } | undefined;

  constructor(
    readonly settings: Settings,
    private readonly onLink: (link: Link) => void,
  ) {
    this.replica = new Replica(this.clock, settings.scene);
    this.topics = new Topics(settings.scene);
    this.user = settings.user || "anonymous";
    this.connection = new Connection({
      url: settings.broker,
      user: settings.user,
      password: settings.password,
      clientId: `scenesync-viewer-${this.origin}`,
      will: { topic: this.own("online"), payload: "0" },
      subscriptions: this.topics.subscriptions(),
      onLink: (link) => this.linked(link),
      onJoined: () => this.joined(),
      onMessage: (topic, payload, retained) => this.received(topic, payload, retained),
    });
    this.timers = [setInterval(() => this.announce(), PEER_MS), setInterval(() => this.tick(), 20)];
  }

  get latency(): number | undefined {
    return this.connection.latency;
  }

  async join(): Promise<void> {
    await Promise.race([this.askTime(), new Promise((resolve) => setTimeout(resolve, TIME_MS))]);
    if (this.link.state !== "closed") this.connection.open();
  }

  /** Edits of a time to come are not shown, so a browser whose clock is slow would show nothing. */
  private async askTime(): Promise<void> {
    const ahead = await storeAhead(this.settings.store);
    if (ahead === undefined) return;
    this.timeKnown = true;
    this.clock.adjust(ahead);
  }

  /** How long the broker has owed an answer, in ms. */
  get waiting(): number {
    return this.connection.waiting;
  }

  get traffic(): { messages: number; bytes: number } {
    return this.connection.received;
  }

  private own(type: "peer" | "online" | "presence"): string {
    return this.topics.own(type, this.user, this.origin);
  }

  private linked(link: Link): void {
    this.link = link;
    if (link.state !== "online") this.loaded = false;
    this.onLink(link);
  }

  private joined(): void {
    this.quietSince = performance.now();
    void this.connection.publish(this.own("online"), new TextEncoder().encode("1"), true, true);
    this.announce();
    void this.askRole();
  }

  private announce(): void {
    if (this.link.state !== "online") return;
    const name = this.settings.name || this.settings.user || "Viewer";
    void this.connection.publish(this.own("peer"), messages.writePeer({ name, app: "viewer", app_version: "0.1" }), true, true);
  }

  private async askRole(): Promise<void> {
    const may = await this.connection.mayPublish(this.topics.state("transform", "0".repeat(32)));
    // The edit that showed it may have cost the connection; what became of it is still to be read.
    if (may === false && this.role === "editor") this.complain(this.complaint === undefined ? NO_LONGER : `${this.complaint} ${NO_LONGER}`);
    if (may !== undefined) this.role = may ? "editor" : "viewer";
    this.onLink(this.link);
  }

  leave(): void {
    this.timers.forEach(clearInterval);
    void this.connection.publish(this.own("online"), new TextEncoder().encode("0"), true, true);
    void this.connection.publish(this.own("peer"), new Uint8Array(0), true);
    this.connection.close();
    this.linked({ state: "closed" });
  }

  // ---- what arrives

  private received(name: string, payload: Uint8Array, retained: boolean): void {
    const topic = this.topics.parse(name);
    if (topic === undefined) return;
    try {
      if (topic.type === "state") {
        if (retained) this.quietSince = performance.now();
        if (payload.length > 0) this.replica.state(topic.kind, topic.id, messages.readState(payload));
      } else if (topic.type === "live") {
        const live = messages.readLive(payload);
        if (live.from !== this.origin) this.replica.live(topic.kind, live, performance.now());
      } else this.person(topic.type, topic.user, topic.origin, payload, retained);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refused.set(error.message, (this.refused.get(error.message) ?? 0) + 1);
    }
  }

  private person(type: "peer" | "online" | "presence", user: string, origin: string, payload: Uint8Array, retained: boolean): void {
    const now = performance.now();
    if (payload.length === 0) this.people.gone(origin);
    else if (type === "online") this.people.online(origin, user, messages.readOnline(payload));
    else if (type === "peer") {
      this.people.peer(origin, user, messages.readPeer(payload), retained, now);
      if (!this.timeKnown) this.clock.adjust(this.people.timeAhead(now) ?? 0);
    } else this.people.presence(origin, user, messages.readPresence(payload), now);
  }

  private tick(): void {
    const now = performance.now();
    if (!this.loaded && now - this.quietSince > QUIET_MS) {
      this.loaded = true;
      this.onLink(this.link);
    }
    if (now > this.complainUntil) this.complaint = undefined;
    this.replica.tick(now);
    this.sendPresence(now);
    this.sendDrag(now, false);
  }

  // ---- what others see of us

  look(presence: Presence): void {
    this.presence = presence;
    this.presenceDue = true;
  }

  private sendPresence(now: number): void {
    if (!this.presenceDue || now - this.lastPresence < PRESENCE_MS || this.link.state !== "online") return;
    this.lastPresence = now;
    this.presenceDue = false;
    this.connection.mention(this.own("presence"), messages.writePresence(this.presence));
  }

  // ---- edits

  /** Why nothing can be edited now; undefined when it can. */
  get locked(): string | undefined {
    if (this.role === "viewer") return LOOK_ONLY;
    return this.link.state === "online" ? undefined : "Nothing can be changed while there is no connection.";
  }

  /** Shows values at once, here and elsewhere, while they are being dragged. */
  drag(entity: Entity, fields: ValueMap): void {
    this.dragging = { id: entity.id, kind: entity.kind, fields };
    this.sendDrag(performance.now(), false);
  }

  private sendDrag(now: number, force: boolean): void {
    const drag = this.dragging;
    if (drag === undefined || (!force && now - this.lastLive < LIVE_MS)) return;
    this.dragging = undefined;
    this.lastLive = now;
    const stamp = this.clock.next();
    const payload = messages.writeLive(this.origin, stamp, drag.id, drag.fields);
    this.replica.live(drag.kind, messages.readLive(payload), now);
    this.connection.mention(this.topics.live(drag.kind), payload);
  }

  /**
   * Settles values. The message carries all of the entity's settled fields, each with its own stamp, so that what is retained stays
   * whole even while no agent is there to complete it. What does not reach the broker, or is refused there, is taken back.
   */
  async edit(entity: Entity, fields: ValueMap): Promise<void> {
    this.dragging = undefined;
    const before = entity.cellsOf(Object.keys(fields));
    const stamp = this.clock.next();
    this.replica.state(entity.kind, entity.id, { stamp, fields, stamps: {}, parts: false });
    const outcomes = await Promise.all(this.messagesOf(entity, fields).map(([topic, payload]) => this.connection.publish(topic, payload, true)));
    const outcome = outcomes.find((one) => one !== "done") ?? "done";
    this.complain(COMPLAINTS[outcome]);
    if (outcome !== "done") this.replica.restore(entity, before, stamp);
    if (outcome === "not allowed") this.role = "viewer";
    this.onLink(this.link);
  }

  private complain(text: string | undefined): void {
    this.complaint = text;
    this.complainUntil = performance.now() + COMPLAIN_MS;
  }

  private messagesOf(entity: Entity, fields: ValueMap): [string, Uint8Array][] {
    if (!entity.parts) return [[this.topics.state(entity.kind, entity.id), stateOf(entity, () => true)]];
    const parts = new Set(Object.keys(fields).map(partOf));
    return [...parts].map((part) => [this.topics.state(entity.kind, entity.id, part), stateOf(entity, (name) => partOf(name) === part)]);
  }
}

function stateOf(entity: Entity, chosen: (name: string) => boolean): Uint8Array {
  const { fields, stamps } = entity.settled(chosen);
  const newest = Object.values(stamps).reduce((a, b) => (a > b ? a : b));
  const others = Object.fromEntries(Object.entries(stamps).filter(([, stamp]) => stamp !== newest));
  return messages.writeState({ stamp: newest, fields, stamps: others, parts: false });
}
