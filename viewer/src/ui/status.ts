// SPDX-License-Identifier: Apache-2.0
// How things are, in one line at the foot: frames, what is drawn, what is on its way, the link. And a notice when the link is not well.

import type { Session } from "../net/session.js";
import type { Assets } from "../scene/assets.js";
import type { Content } from "../scene/content.js";
import type { Stage } from "../scene/stage.js";
import { h, say } from "./dom.js";

const SLOW_MS = 800;

export class Status {
  private readonly frame = h("span", { class: "frame", title: "Time from frame to frame, and of that our own work, over the last frames drawn in a row" });
  private readonly scene = h("span", { class: "drawn" });
  private readonly loading = h("span", { class: "loading" });
  private readonly refused = h("span", { class: "refused" });
  private readonly latency = h("span", { class: "latency" });
  readonly element = h("footer", { class: "status" }, this.frame, this.scene, this.loading, this.refused, this.latency);
  readonly notice = h("div", { class: "notice", role: "status", hidden: true });
  private lastBytes = 0;
  private lastTime = 0;
  private rate = 0;

  update(session: Session, stage: Stage, content: Content, assets: Assets): void {
    this.showFrames(stage);
    say(this.scene, `${count(content.objects)} objects · ${count(content.meshes.triangles)} triangles · ${content.batches.count} batches`);
    this.showLoading(session, assets);
    this.showRefused(session);
    this.showLink(session, assets, stage.recent.at(-1)?.interval ?? 0);
  }

  private showRefused({ refused, replica }: Session): void {
    const parts: string[] = [];
    if (replica.waiting > 0) parts.push(`${replica.waiting} edits of a time to come are held back: somebody's clock is wrong`);
    if (refused.size > 0) parts.push(`${refused.size} kinds of messages not understood`);
    say(this.refused, parts.join(" · "));
    this.refused.title = [...refused].map(([text, times]) => `${text} (${times}×)`).join("\n");
  }

  private showFrames({ recent }: Stage): void {
    const intervals = recent.map((frame) => frame.interval).filter((interval) => interval > 0);
    if (intervals.length < 2) return;
    const work = recent.map((frame) => frame.work);
    say(this.frame, `frame ${median(intervals).toFixed(1)} ms · p95 ${quantile(intervals, 0.95).toFixed(1)} ms · work ${median(work).toFixed(1)} ms`);
  }

  private showLoading(session: Session, assets: Assets): void {
    const now = performance.now();
    const bytes = session.traffic.bytes + assets.received;
    if (now - this.lastTime > 900) {
      this.rate = ((bytes - this.lastBytes) * 1000) / (now - this.lastTime);
      this.lastBytes = bytes;
      this.lastTime = now;
    }
    const parts: string[] = [];
    if (session.link.state === "online" && !session.loaded) parts.push(`receiving the scene, ${count(session.replica.size)} entities`);
    if (assets.underWay > 0) parts.push(`${assets.underWay} files on their way, ${megabytes(assets.received)}`);
    if (parts.length > 0) parts.push(`${megabytes(this.rate)}/s`);
    say(this.loading, parts.join(" · "));
  }

  /** A page that draws for long hears late, which is not the link's fault. */
  private showLink(session: Session, assets: Assets, frame: number): void {
    const latency = Math.max(session.latency ?? 0, session.waiting);
    const slow = latency > SLOW_MS + 2 * frame;
    say(this.latency, session.link.state === "online" ? `${latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms` : "");
    this.latency.classList.toggle("slow", slow);
    const text = noticeOf(session, assets, slow, latency);
    this.notice.hidden = text === undefined;
    say(this.notice, text ?? "");
    this.notice.classList.toggle("bad", session.link.state === "lost" || session.complaint !== undefined);
  }
}

/** What became of our own edit first: that is said for a few seconds only. */
function noticeOf(session: Session, assets: Assets, slow: boolean, latency: number): string | undefined {
  const { link } = session;
  if (session.complaint !== undefined) return session.complaint;
  if (link.state === "connecting" && link.attempt === 0) return "Connecting to the broker …";
  if (link.state === "lost" || link.state === "connecting") return "Connection lost. Trying again every 2 seconds; what you see is how it was.";
  if (slow) return `Slow link: the broker answers after ${(latency / 1000).toFixed(1)} s. What you see is that late.`;
  return assets.trouble;
}

function count(n: number): string {
  return n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : n.toLocaleString("en");
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function quantile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

const median = (values: number[]): number => quantile(values, 0.5);
