// SPDX-License-Identifier: Apache-2.0
#include "core/digest.h"

#include "core/merge.h"

struct ss_feed {
    struct ss_sha256_state *state;
    size_t used;
    uint8_t bytes[1024];
};

static void ss_feed_flush(struct ss_feed *feed) {
    ss_sha256_add(feed->state, feed->bytes, feed->used);
    feed->used = 0;
}

static void ss_feed(struct ss_feed *feed, const void *data, size_t len) {
    if (len > sizeof feed->bytes - feed->used)
        ss_feed_flush(feed);
    if (len > sizeof feed->bytes) {
        ss_sha256_add(feed->state, data, len);
    } else if (len > 0) {
        memcpy(feed->bytes + feed->used, data, len);
        feed->used += len;
    }
}

static void ss_feed_sized(struct ss_feed *feed, struct ss_slice bytes) {
    uint8_t len[4];
    ss_store_be(len, sizeof len, bytes.len);
    ss_feed(feed, len, sizeof len);
    ss_feed(feed, bytes.data, bytes.len);
}

// A deleted entity counts as UUID and stamp, so that shrinking it does not make copies differ.
static void ss_digest_thing(struct ss_core *core, struct ss_thing *thing) {
    struct ss_feed feed = {.state = core->hasher};
    ss_sha256_begin(core->hasher);
    ss_feed_sized(&feed, ss_names_text(&core->names, thing->kind));
    ss_feed(&feed, thing->uuid.b, sizeof thing->uuid.b);
    for (uint32_t i = 0; i < thing->count; i++) {
        const struct ss_cell *cell = &thing->cells[i];
        if ((thing->flags & SS_THING_DELETED) != 0 && cell->name != core->word.deleted)
            continue;
        ss_feed_sized(&feed, ss_names_text(&core->names, cell->name));
        ss_feed_sized(&feed, ss_cell_value(cell));
        ss_feed(&feed, cell->stamp.b, sizeof cell->stamp.b);
    }
    ss_feed_flush(&feed);
    ss_sha256_end(core->hasher, &thing->digest);
}

size_t ss_digest_bucket(const struct ss_thing *thing) { return (size_t)thing->uuid.b[0] * SS_BUCKET_SIZE; }

static void ss_digest_toggle(struct ss_core *core, const struct ss_thing *thing) {
    for (size_t i = 0; i < sizeof core->digest.b; i++)
        core->digest.b[i] ^= thing->digest.b[i];
    uint8_t *bucket = core->buckets + ss_digest_bucket(thing);
    for (size_t i = 0; i < SS_BUCKET_SIZE; i++)
        bucket[i] ^= thing->digest.b[i];
}

void ss_digest_stale(struct ss_core *core, uint32_t number) {
    struct ss_thing *thing = ss_thing_at(core, number);
    if ((thing->flags & SS_THING_STALE) != 0)
        return;
    ss_digest_toggle(core, thing);
    thing->digest = (struct ss_sha256){0};
    thing->flags |= SS_THING_STALE;
    ss_array_push(&core->stale, number);
}

void ss_digest_update(struct ss_core *core) {
    for (size_t i = 0; i < core->stale.count; i++) {
        struct ss_thing *thing = ss_thing_at(core, core->stale.items[i]);
        thing->flags &= ~(uint32_t)SS_THING_STALE;
        if (thing->count == 0)
            continue;
        ss_digest_thing(core, thing);
        ss_digest_toggle(core, thing);
    }
    core->stale.count = 0;
}
