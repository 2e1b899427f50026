// SPDX-License-Identifier: Apache-2.0
// What time it is: the asset store's Date header against this browser's clock.

/** By how many ms the store's clock is ahead of ours; undefined where it does not say. */
export async function storeAhead(store: string): Promise<number | undefined> {
  const asked = Date.now();
  try {
    // A name as assets have it, as only these answer pages of other origins; OPTIONS, as there may be no such asset.
    const { headers } = await fetch(`${store.replace(/\/$/, "")}/00/${"0".repeat(64)}`, { method: "OPTIONS", cache: "no-store" });
    const now = Date.now();
    const ahead = Date.parse(headers.get("Date") ?? "") + 500 - now; // the header has whole seconds
    return Number.isNaN(ahead) ? undefined : Math.abs(ahead) < now - asked ? 0 : ahead;
  } catch {
    return undefined;
  }
}
