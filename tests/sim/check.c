// SPDX-License-Identifier: Apache-2.0
// What must hold in the end: all copies equal, every promise kept, every client's mirror equal to its agent's copy.
#include <stdio.h>
#include <stdlib.h>

#include "core/blobs.h"
#include "sim.h"
#include "util/value.h"

enum { SIM_NAME = 160, SIM_CLOCKS_MS = 4000 };

static void sim_dump_field(struct sim_records *dump, const struct ss_entity *entity, const struct ss_field *field) {
    uint8_t key[512];
    memcpy(key, entity->kind.data, entity->kind.len);
    key[entity->kind.len] = 0;
    memcpy(key + entity->kind.len + 1, entity->uuid.b, 16);
    memcpy(key + entity->kind.len + 17, field->name.data, field->name.len);
    sim_record_put(dump, key, entity->kind.len + 17 + field->name.len, field->value.data, field->value.len);
}

static void sim_dump_visit(void *context, const struct ss_entity *entity) {
    for (size_t i = 0; i < entity->field_count; i++)
        sim_dump_field(context, entity, &entity->fields[i]);
}

static struct sim_records sim_dump(struct sim *sim, int agent) {
    struct sim_records dump = {0};
    if (ss_core_each(sim->agent[agent].core, sim_dump_visit, &dump) != SS_OK)
        sim_fail(sim, "no memory for a dump");
    return dump;
}

static const struct sim_record *sim_find(const struct sim_records *records, const uint8_t *key, size_t len) {
    for (size_t i = 0; i < records->count; i++) {
        if (records->items[i].key_len == len && memcmp(records->items[i].key, key, len) == 0)
            return &records->items[i];
    }
    return NULL;
}

static size_t sim_head(const struct sim_record *record) { return strlen((const char *)record->key) + 17; }

// kind, the UUID's beginning, field
static const char *sim_name(const struct sim_record *record, char text[SIM_NAME]) {
    const size_t head = sim_head(record);
    const uint8_t *uuid = record->key + head - 16;
    snprintf(text, SIM_NAME, "%s %02x%02x %.*s", (const char *)record->key, uuid[0], uuid[1], (int)(record->key_len - head),
             (const char *)record->key + head);
    return text;
}

// The rules of visibility once more, written down independently of the core.
static bool sim_shows(const struct sim_records *mirror, const struct sim_record *record) {
    uint8_t key[512];
    const size_t head = sim_head(record);
    memcpy(key, record->key, head);
    memcpy(key + head, "deleted", 7);
    const struct sim_record *deleted = sim_find(mirror, key, head + 7);
    if (ss_value_is_nil(ss_slice_of(record->value, record->value_len)) || (deleted != NULL && deleted->value[0] == 0xc3))
        return false;
    for (size_t len = head + 1; len < record->key_len; len++) {
        if (record->key[len] != '/')
            continue;
        const struct sim_record *parent = sim_find(mirror, record->key, len);
        if (parent != NULL && parent->value[0] == 0xc0)
            return false;
    }
    return true;
}

static struct ss_slice sim_field(const struct sim_record *record) {
    const size_t head = sim_head(record);
    return ss_slice_of(record->key + head, record->key_len - head);
}

static const struct ss_cell *sim_cell(const struct ss_core *core, const struct sim_record *record) {
    struct ss_uuid uuid;
    memcpy(uuid.b, record->key + sim_head(record) - sizeof uuid.b, sizeof uuid.b);
    const uint32_t kind = ss_names_find(&core->names, ss_slice_text((const char *)record->key));
    const uint32_t number = kind == SS_NONE ? SS_NONE : ss_scene_find(&core->scene, kind, &uuid);
    const uint32_t name = ss_names_find(&core->names, sim_field(record));
    if (number == SS_NONE || name == SS_NONE)
        return NULL;
    const struct ss_thing *thing = ss_thing_at(core, number);
    return ss_cells_get(&core->names, thing->cells, thing->count, name);
}

// What a client was told of and its agent and whoever had edited it died before they had stored, nobody knows of.
static void sim_forget_never_stored(struct sim_agent *at) {
    for (size_t i = at->mirror.count; i-- > 0;) {
        const struct sim_record *record = &at->mirror.items[i];
        uint8_t key[512];
        const size_t len = record->key_len;
        memcpy(key, record->key, len);
        if (sim_cell(at->core, record) == NULL)
            sim_record_put(&at->mirror, key, len, NULL, 0);
    }
}

// Whether a value names a blob that an agent can get from nobody any more: his client is not given it. Others offer only what their scene names.
static bool sim_gone(const struct sim *sim, int agent, const struct sim_record *record) {
    struct ss_sha256 sha256;
    if (record->value_len != SIM_BLOB_VALUE || record->value[0] != 0x82)
        return false;
    memcpy(sha256.b, record->value + 10, sizeof sha256.b);
    bool here = sim_has(sim->store, sim->store_count, &sha256);
    for (int i = 0; i < sim->agents && !here; i++) {
        const struct sim_agent *at = &sim->agent[i];
        here = !at->dead && sim_has(at->cache, at->cache_count, &sha256) && (i == agent || ss_blob_find(at->core, &sha256) != SS_NONE);
    }
    return !here;
}

static void sim_check_mirror(struct sim *sim, int agent) {
    const struct sim_records *mirror = &sim->agent[agent].mirror;
    struct sim_records dump = sim_dump(sim, agent);
    if (sim->agent[agent].again)
        sim_forget_never_stored(&sim->agent[agent]);
    size_t shown = 0;
    for (size_t i = 0; i < mirror->count; i++) {
        const struct sim_record *record = &mirror->items[i];
        const struct sim_record *have = sim_find(&dump, record->key, record->key_len);
        if (!sim_shows(mirror, record) || (have != NULL && sim_gone(sim, agent, have)))
            continue;
        shown++;
        char text[SIM_NAME];
        if (have == NULL)
            sim_fail(sim, "the client of agent %d has %s, the agent has not", agent, sim_name(record, text));
        if (!ss_slice_equal(ss_slice_of(have->value, have->value_len), ss_slice_of(record->value, record->value_len)))
            sim_fail(sim, "the client of agent %d has another %s", agent, sim_name(record, text));
    }
    for (size_t i = 0; i < dump.count && shown != dump.count; i++) {
        if (sim_gone(sim, agent, &dump.items[i]))
            continue;
        const struct sim_record *have = sim_find(mirror, dump.items[i].key, dump.items[i].key_len);
        char text[SIM_NAME];
        if (have == NULL || !sim_shows(mirror, have))
            sim_fail(sim, "the client of agent %d %s %s", agent, have == NULL ? "was never given" : "hides",
                     sim_name(&dump.items[i], text));
    }
    sim_records_clear(&dump);
}

enum sim_kept { SIM_LOST, SIM_KEPT, SIM_KEPT_BY_ANOTHER };

// Of what is deleted only that is the same everywhere; after a month nothing else is kept.
static enum sim_kept sim_keeps(const struct ss_core *core, const struct sim_promise *promise) {
    const uint32_t kind = ss_names_find(&core->names, ss_slice_text(promise->kind));
    const uint32_t number = kind == SS_NONE ? SS_NONE : ss_scene_find(&core->scene, kind, &promise->uuid);
    if (number == SS_NONE)
        return SIM_LOST;
    const struct ss_thing *thing = ss_thing_at(core, number);
    const uint32_t name = ss_names_find(&core->names, ss_slice_text(promise->name));
    const struct ss_cell *cell = name == SS_NONE ? NULL : ss_cells_get(&core->names, thing->cells, thing->count, name);
    if (cell == NULL && strncmp(promise->name, "at/", 3) == 0)
        cell = ss_cells_get(&core->names, thing->cells, thing->count, core->word.topology);
    if (cell != NULL && ss_stamp_compare(&cell->stamp, &promise->stamp) >= 0)
        return SIM_KEPT;
    if ((thing->flags & SS_THING_DELETED) == 0 || strcmp(promise->name, "deleted") == 0)
        return SIM_LOST;
    return (thing->flags & SS_THING_SHRUNK) != 0 ? SIM_KEPT : SIM_KEPT_BY_ANOTHER;
}

static void sim_check_promise(struct sim *sim, const struct sim_promise *promise) {
    enum sim_kept kept = sim_keeps(sim->agent[0].core, promise);
    for (int i = 1; i < sim->agents && kept == SIM_KEPT_BY_ANOTHER; i++) {
        if (!sim->agent[i].dead && sim_keeps(sim->agent[i].core, promise) == SIM_KEPT)
            return;
    }
    if (kept != SIM_KEPT)
        sim_fail(sim, "an acknowledged edit of %s %02x%02x %s is lost", promise->kind, promise->uuid.b[0], promise->uuid.b[1],
                 promise->name);
}

static struct ss_sha256 sim_digest(struct sim *sim, int agent) {
    struct ss_event event = sim_event_of(sim, agent, SS_EV_DIGEST_WANTED);
    struct ss_effects effects;
    if (ss_core_step(sim->agent[agent].core, &event, &effects) != SS_OK)
        sim_fail(sim, "no digest");
    struct ss_sha256 digest = {{0}};
    for (size_t i = 0; i < effects.count; i++) {
        if (effects.items[i].type == SS_FX_DIGEST)
            digest = effects.items[i].digest.digest;
    }
    sim_effects(sim, agent, &effects);
    return digest;
}

static bool sim_equal(struct sim *sim) {
    const struct ss_sha256 first = sim_digest(sim, 0);
    for (int i = 0; i < sim->agents; i++) {
        if (sim->agent[i].dead)
            continue;
        const struct ss_core *core = sim->agent[i].core;
        const struct ss_sha256 digest = sim_digest(sim, i);
        const bool differs = i == sim->watcher ? sim_watcher_lacks(sim) : memcmp(digest.b, first.b, sizeof first.b) != 0;
        if (differs || core->outbox.head != core->outbox.entries.count || core->settling.count > 0 || core->scene.held > 0 ||
            core->overlays.count > 0)
            return false;
    }
    return true;
}

static void sim_explain(struct sim *sim) {
    for (int i = 0; i < sim->agents; i++) {
        if (sim->agent[i].dead)
            continue;
        const struct ss_core *core = sim->agent[i].core;
        const struct ss_sha256 digest = sim_digest(sim, i);
        fprintf(stderr,
                "agent %d: digest %02x%02x%02x%02x things %llu outbox %zu settling %zu held %llu overlays %zu known %d connected %d\n", i,
                digest.b[0], digest.b[1], digest.b[2], digest.b[3], (unsigned long long)core->scene.present,
                core->outbox.entries.count - core->outbox.head, core->settling.count, (unsigned long long)core->scene.held,
                core->overlays.count, core->known, core->connected);
    }
}

static bool sim_by_tool(const struct sim_record *record) {
    const struct ss_slice name = sim_field(record);
    return strcmp((const char *)record->key, "object") == 0 &&
           (ss_slice_equal(name, ss_slice_text("location")) || ss_slice_equal(name, ss_slice_text("power")));
}

static bool sim_by_the_lost(const struct sim *sim, const struct ss_core *core, const struct sim_record *record) {
    const struct ss_cell *cell = sim_cell(core, record);
    bool lost = false;
    for (size_t i = 0; i < sim->lost_count && cell != NULL; i++)
        lost = lost || memcmp(cell->stamp.b + 8, sim->lost[i].b, sizeof sim->lost[i].b) == 0;
    return lost;
}

static bool sim_deleted_by_the_lost(const struct sim *sim, const struct ss_core *core, const struct sim_record *record) {
    uint8_t key[512];
    const size_t head = sim_head(record);
    memcpy(key, record->key, head);
    memcpy(key + head, "deleted", 7);
    return sim_by_the_lost(sim, core, &(struct sim_record){.key = key, .key_len = head + 7});
}

// A broker that does not replay everything may retain what nobody was told: of a plain tool, or of an agent whose disk is lost. A newcomer
// alone can be the first who is.
static bool sim_untold(const struct sim *sim, const struct sim_record *record) {
    const struct ss_core *core = sim->agent[sim->agents - 1].core;
    const bool alone = !sim->agent[0].up;
    return sim->replay != SIM_WHOLE &&
           (sim_by_tool(record) || (alone && (sim_by_the_lost(sim, core, record) || sim_deleted_by_the_lost(sim, core, record))));
}

static bool sim_lacks_nothing(struct sim *sim, const struct sim_records *all, const struct sim_records *some, const char *otherwise) {
    bool same = true;
    for (size_t i = 0; i < all->count; i++) {
        const struct sim_record *record = &all->items[i];
        const struct sim_record *have = sim_find(some, record->key, record->key_len);
        const struct ss_slice value = ss_slice_of(record->value, record->value_len);
        char text[SIM_NAME];
        if (sim_untold(sim, record) || (have != NULL && ss_slice_equal(value, ss_slice_of(have->value, have->value_len))))
            continue;
        same = false;
        sim_tell(sim, sim->agents - 1, "%s %s", otherwise, sim_name(record, text));
    }
    return same;
}

static void sim_until_equal(struct sim *sim) {
    const uint64_t end = sim->now + 1200000;
    while (sim->now < end && !sim_equal(sim))
        sim_run(sim, sim->now + 5000);
    if (!sim_equal(sim)) {
        sim_explain(sim);
        sim_fail(sim, "the copies differ");
    }
}

// A newcomer with an empty disk must end with the same. (Among peers it may bring them something: a tool's message that a lossy replay
// kept from all of them so far.)
static void sim_check_newcomer(struct sim *sim, bool alone) {
    struct sim_records before = sim_dump(sim, 0);
    const int last = sim->agents - 1;
    if (alone)
        sim_run(sim, sim->now + 60000); // for a checkpoint to be written
    for (int i = alone ? 0 : last; i <= last; i++)
        sim_agent_kill(sim, i);
    sim_run(sim, sim->now + 5000);
    sim_agent_start(sim, last, true);
    sim_run(sim, sim->now + 60000 + SIM_WRONG_MS); // what the others stamped by clocks that are ahead of its own waits until it is due
    struct sim_records after = sim_dump(sim, last);
    if (!alone) {
        sim_records_clear(&before);
        before = sim_dump(sim, 0);
    }
    const bool same = sim_lacks_nothing(sim, &before, &after, "lacks") && sim_lacks_nothing(sim, &after, &before, "should not have");
    if (!same)
        sim_fail(sim, "a newcomer %s has %zu fields instead of %zu, or others", alone ? "alone" : "among peers", after.count, before.count);
    if (!sim->agent[last].joined)
        sim_fail(sim, "a newcomer's client was never told that it has joined");
    sim_check_mirror(sim, last);
    sim_records_clear(&before);
    sim_records_clear(&after);
}

static bool sim_is_copied(const struct sim *sim, int agent) {
    for (int i = 0; i < sim->agents; i++) {
        if (i != agent && !sim->agent[i].dead && ss_origin_equal(&sim->agent[i].origin, &sim->agent[agent].origin))
            return true;
    }
    return false;
}

// Agents with one origin are one to all others and do not hear each other, until one of them numbers an edit.
static void sim_part_copies(struct sim *sim) {
    enum { ROUNDS = 10 }; // an edit may say what is there already
    for (int round = 0; round < ROUNDS; round++) {
        int copied = 0;
        while (copied < sim->agents && (sim->agent[copied].dead || !sim_is_copied(sim, copied)))
            copied++;
        if (copied == sim->agents)
            return;
        sim_client_edit(sim, copied);
        sim_until_equal(sim);
        sim_run(sim, sim->now + 5000);
    }
    sim_fail(sim, "two agents keep one origin");
}

// Those whom no store tells the time go by the same one.
static void sim_check_clocks(struct sim *sim) {
    int64_t first = 0, last = 0;
    for (int i = 0; i < sim->agents; i++) {
        const struct sim_agent *at = &sim->agent[i];
        if (at->dead || !at->connected || at->core->clock.of_store)
            continue;
        const int64_t now = (int64_t)sim_event_of(sim, i, SS_EV_TIME).wall_ms + at->core->clock.offset_ms;
        first = first == 0 || now < first ? now : first;
        last = now > last ? now : last;
    }
    if (last - first > SIM_CLOCKS_MS)
        sim_fail(sim, "the clocks are %lld ms apart", (long long)(last - first));
}

// What nobody has numbered is in every answer.
static uint64_t sim_unnumbered(const struct ss_core *core) {
    uint64_t count = 0;
    for (size_t i = 0; i < core->scene.things.count; i++)
        count += ss_thing_at(core, (uint32_t)i)->touch_count == 0;
    return count;
}

// What somebody takes for the future differs until it is due, and is compared for.
static bool sim_sets_aside(const struct sim *sim) {
    bool aside = false;
    for (int i = 0; i < sim->agents; i++)
        aside = aside || (sim->agent[i].up && sim->agent[i].core->aside.count > 0);
    return aside;
}

// Who returns takes what has changed, not the scene. (Where MQTT 3.1.1 replays at every connection it costs that.)
static void sim_check_return(struct sim *sim) {
    enum { EDITS = 3, EACH = 2 }; // what is told meanwhile may come from a peer, too
    const int away = sim->agents - 1;
    struct sim_agent *at = &sim->agent[away];
    const uint64_t before = sim->told;
    sim_agent_kill(sim, away);
    sim_run(sim, sim->now + 5000);
    for (int i = 0; i < EDITS; i++)
        sim_client_edit(sim, 0);
    sim_run(sim, sim->now + 30000);
    at->received = 0;
    const bool aside = sim_sets_aside(sim);
    sim_agent_start(sim, away, false);
    sim_run(sim, sim->now + 60000);
    const uint64_t most = (sim->told - before) * EACH + sim_unnumbered(at->core); // some may have been published again
    const bool blobs = sim->snapshot_bytes < SS_PART_SIZE; // one large entity may be half of the scene, and a checkpoint the answer
    if (!sim->echo && !aside && sim->lost_count == 0 && !blobs && at->received > most)
        sim_fail(sim, "%llu messages while it was away cost an agent %llu entities", (unsigned long long)(sim->told - before),
                 (unsigned long long)at->received);
    sim_until_equal(sim);
}

void sim_check(struct sim *sim) {
    sim_until_equal(sim);
    sim_part_copies(sim);
    sim_run(sim, sim->now + 90000); // blobs that died with their agents are given up
    sim_check_clocks(sim);
    for (int i = 0; i < sim->agents; i++) {
        const struct sim_agent *at = &sim->agent[i];
        for (size_t p = at->promises_gone; p < at->promise_count; p++) {
            if (at->promises[p].acked)
                sim_check_promise(sim, &at->promises[p]);
        }
        if (!at->dead)
            sim_check_mirror(sim, i);
    }
    sim_check_return(sim);
    sim_check_newcomer(sim, false);
    if (!sim->forgets) // alone it could not get what the store has lost
        sim_check_newcomer(sim, true);
}
