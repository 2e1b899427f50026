// SPDX-License-Identifier: Apache-2.0
#include "core/missing.h"

#include "core/blobs.h"
#include "core/dirty.h"
#include "core/plan.h"
#include "core/repair.h"

enum { SS_LOST_MS = 60000, SS_OFFER_AGAIN_MS = 10000, SS_TEXT = 256 };

void ss_missing_begin(struct ss_core *core, struct ss_blob *blob) {
    if (blob->missing_ms != 0)
        return;
    blob->missing_ms = core->now > 0 ? core->now : 1;
    core->blobs.missing++;
    ss_timer_by(core, SS_TIMER_PEER, core->now + SS_PEER_CHANGED_MS);
}

void ss_missing_found(struct ss_core *core, struct ss_blob *blob) {
    if (blob->missing_ms == 0)
        return;
    blob->missing_ms = 0;
    core->blobs.missing--;
    ss_timer_by(core, SS_TIMER_PEER, core->now + SS_PEER_CHANGED_MS);
}

void ss_missing_hope(struct ss_core *core, uint32_t number) {
    struct ss_blob *blob = &core->blobs.all.items[number];
    blob->flags &= ~(uint32_t)SS_BLOB_LOST;
    if (blob->missing_ms != 0)
        blob->missing_ms = core->now > 0 ? core->now : 1;
    ss_blob_fetch(core, number, true);
}

const struct ss_sha256 *ss_missing_list(struct ss_core *core, size_t *count) {
    *count = 0;
    if (core->blobs.missing == 0)
        return NULL;
    struct ss_sha256 *list = ss_scratch_take(&core->scratch, SS_MAX_MISSING * sizeof *list);
    for (size_t i = 0; list != NULL && i < core->blobs.all.count && *count < SS_MAX_MISSING; i++) {
        if (core->blobs.all.items[i].missing_ms != 0)
            list[(*count)++] = core->blobs.all.items[i].sha256;
    }
    return list;
}

// ---- for others ----------------------------------------------------------------------------------------------------------

static void ss_missing_offer(struct ss_core *core, struct ss_blob *blob) {
    if (blob->missing_ms != 0 || blob->offer_ms != 0 || (blob->offered_ms != 0 && blob->offered_ms + SS_OFFER_AGAIN_MS > core->now))
        return;
    struct ss_uuid key;
    memcpy(key.b, blob->sha256.b, sizeof key.b);
    blob->offer_ms = core->now + ss_rank(core, &key) * (uint64_t)core->config.rank_delay_ms;
    blob->offer_ms += blob->offer_ms == 0;
    ss_timer_by(core, SS_TIMER_BLOB, blob->offer_ms);
}

// Only what this scene names is offered: whoever asks for anything else learns nothing.
void ss_missing_asked(struct ss_core *core, const struct ss_ev_peer *said) {
    for (size_t i = 0; i < said->missing_count && i < SS_MAX_MISSING; i++) {
        const uint32_t number = ss_blob_find(core, &said->missing[i]);
        if (number != SS_NONE)
            ss_missing_offer(core, &core->blobs.all.items[number]);
    }
}

// ---- what nobody brings --------------------------------------------------------------------------------------------------

static char *ss_missing_put(char *at, const char *text) {
    const size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

static const char *ss_missing_text(struct ss_core *core, const struct ss_sha256 *sha256) {
    char *text = ss_scratch_take(&core->scratch, SS_TEXT);
    if (text == NULL)
        return "a blob never arrived; hand its file over before the edit that names it";
    char *at = ss_missing_put(text, "blob ");
    for (size_t i = 0; i < sizeof sha256->b; i++) {
        *at++ = "0123456789abcdef"[sha256->b[i] >> 4];
        *at++ = "0123456789abcdef"[sha256->b[i] & 15];
    }
    ss_missing_put(at, " never arrived: neither a client here nor the store nor a peer has it; hand its file over again");
    return text;
}

// Whoever edited is told; the value stays, a placeholder for everybody until somebody brings the blob.
static void ss_missing_refuse(struct ss_core *core, uint32_t number, const char *text) {
    for (size_t i = core->ack_blobs.count; i-- > 0;) {
        const struct ss_ack_blob wait = core->ack_blobs.items[i];
        if (wait.blob != number)
            continue;
        size_t at = 0;
        while (at < core->acks.count && core->acks.items[at].serial != wait.serial)
            at++;
        core->ack_blobs.items[i] = core->ack_blobs.items[--core->ack_blobs.count];
        if (at == core->acks.count)
            continue; // refused for another blob already
        const struct ss_ack ack = core->acks.items[at];
        memmove(core->acks.items + at, core->acks.items + at + 1, (--core->acks.count - at) * sizeof ack);
        ss_fx_refuse(core, ack.client, ack.id, SS_EINVAL, "blob", text);
    }
}

static int ss_missing_release(struct ss_core *core, const struct ss_blob *blob) {
    int error = SS_OK;
    for (size_t i = 0; i < blob->things.count && error == SS_OK; i++) {
        if ((ss_thing_at(core, blob->things.items[i])->flags & SS_THING_HELD) != 0)
            error = ss_blob_release(core, blob->things.items[i]);
    }
    return error == SS_OK ? ss_plan_finish(core) : error;
}

static void ss_missing_lose(struct ss_core *core, uint32_t number) {
    struct ss_blob *blob = &core->blobs.all.items[number];
    ss_plan_begin(core, -1);
    blob->flags |= SS_BLOB_LOST;
    if (!ss_fx_room(core, core->ack_blobs.count + 1 + SS_FX_SPARE) || !ss_clients_room(core) || ss_missing_release(core, blob) != SS_OK ||
        !ss_fx_room(core, core->ack_blobs.count + 1 + SS_FX_SPARE)) {
        ss_plan_abort(core);
        blob->flags &= ~(uint32_t)SS_BLOB_LOST;
        ss_timer_by(core, SS_TIMER_BLOB, core->now + SS_RETRY_MS);
        return;
    }
    ss_plan_commit(core);
    const char *text = ss_missing_text(core, &blob->sha256);
    ss_fx_refuse(core, 0, 0, SS_EINVAL, "blob", text);
    ss_missing_refuse(core, number, text);
    for (size_t i = 0; i < blob->things.count; i++) // those who wait for it look again, and wait no longer
        ss_clients_queue(core, blob->things.items[i], ss_thing_at(core, blob->things.items[i])->waiting);
}

void ss_missing_run(struct ss_core *core, uint32_t number) {
    struct ss_blob *blob = &core->blobs.all.items[number];
    if (blob->offer_ms != 0 && blob->offer_ms > core->now) {
        ss_timer_by(core, SS_TIMER_BLOB, blob->offer_ms);
    } else if (blob->offer_ms != 0) {
        blob->offer_ms = 0;
        blob->offered_ms = core->now > 0 ? core->now : 1;
        blob->flags &= ~(uint32_t)SS_BLOB_UPLOADED;
        ss_blob_upload(core, number);
    }
    if (blob->missing_ms == 0 || (blob->flags & SS_BLOB_LOST) != 0)
        return;
    if (blob->missing_ms + SS_LOST_MS <= core->now)
        ss_missing_lose(core, number);
    else
        ss_timer_by(core, SS_TIMER_BLOB, blob->missing_ms + SS_LOST_MS);
}
