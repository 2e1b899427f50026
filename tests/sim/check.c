// SPDX-License-Identifier: Apache-2.0
// What must hold in the end: all copies equal, every promise kept, every client's mirror equal to its agent's copy.
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"
#include "util/value.h"

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

static void sim_check_mirror(struct sim *sim, int agent) {
    const struct sim_records *mirror = &sim->agent[agent].mirror;
    struct sim_records dump = sim_dump(sim, agent);
    size_t shown = 0;
    for (size_t i = 0; i < mirror->count; i++) {
        const struct sim_record *record = &mirror->items[i];
        if (!sim_shows(mirror, record))
            continue;
        shown++;
        const struct sim_record *have = sim_find(&dump, record->key, record->key_len);
        const char *name = (const char *)record->key + sim_head(record);
        const int name_len = (int)(record->key_len - sim_head(record));
        if (have == NULL)
            sim_fail(sim, "the client of agent %d has %s %.*s, the agent has not", agent, (const char *)record->key, name_len, name);
        if (!ss_slice_equal(ss_slice_of(have->value, have->value_len), ss_slice_of(record->value, record->value_len)))
            sim_fail(sim, "the client of agent %d has another %s %.*s", agent, (const char *)record->key, name_len, name);
    }
    for (size_t i = 0; i < dump.count && shown != dump.count; i++) {
        const struct sim_record *have = sim_find(mirror, dump.items[i].key, dump.items[i].key_len);
        if (have == NULL || !sim_shows(mirror, have))
            sim_fail(sim, "the client of agent %d has %zu fields, the agent %zu: it %s %s %02x%02x %.*s", agent, shown, dump.count,
                     have == NULL ? "was never given" : "hides", (const char *)dump.items[i].key,
                     dump.items[i].key[strlen((const char *)dump.items[i].key) + 1],
                     dump.items[i].key[strlen((const char *)dump.items[i].key) + 2],
                     (int)(dump.items[i].key_len - sim_head(&dump.items[i])), (const char *)dump.items[i].key + sim_head(&dump.items[i]));
    }
    sim_records_clear(&dump);
}

static void sim_check_promise(struct sim *sim, const struct sim_promise *promise) {
    struct ss_core *core = sim->agent[0].core;
    const uint32_t kind = ss_names_find(&core->names, ss_slice_text(promise->kind));
    const uint32_t number = kind == SS_NONE ? SS_NONE : ss_scene_find(&core->scene, kind, &promise->uuid);
    if (number == SS_NONE)
        sim_fail(sim, "an acknowledged %s is gone", promise->kind);
    const struct ss_thing *thing = ss_thing_at(core, number);
    const uint32_t name = ss_names_find(&core->names, ss_slice_text(promise->name));
    const struct ss_cell *cell = name == SS_NONE ? NULL : ss_cells_get(&core->names, thing->cells, thing->count, name);
    if (cell == NULL && strncmp(promise->name, "at/", 3) == 0)
        cell = ss_cells_get(&core->names, thing->cells, thing->count, core->word.topology);
    if (cell == NULL || ss_stamp_compare(&cell->stamp, &promise->stamp) < 0)
        sim_fail(sim, "an acknowledged edit of %s %s is lost", promise->kind, promise->name);
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
        const struct ss_core *core = sim->agent[i].core;
        const struct ss_sha256 digest = sim_digest(sim, i);
        if (memcmp(digest.b, first.b, sizeof first.b) != 0 || core->outbox.head != core->outbox.entries.count || core->settling.count > 0 ||
            core->scene.held > 0 || core->overlays.count > 0)
            return false;
    }
    return true;
}

static void sim_explain(struct sim *sim) {
    for (int i = 0; i < sim->agents; i++) {
        const struct ss_core *core = sim->agent[i].core;
        const struct ss_sha256 digest = sim_digest(sim, i);
        fprintf(stderr,
                "agent %d: digest %02x%02x%02x%02x things %llu outbox %zu settling %zu held %llu overlays %zu known %d connected %d\n", i,
                digest.b[0], digest.b[1], digest.b[2], digest.b[3], (unsigned long long)core->scene.present,
                core->outbox.entries.count - core->outbox.head, core->settling.count, (unsigned long long)core->scene.held,
                core->overlays.count, core->known, core->connected);
    }
}

// A newcomer with an empty disk must end with the same. (Among peers it may bring them something: a tool's message that a lossy replay
// kept from all of them so far.)
static void sim_check_newcomer(struct sim *sim, bool alone) {
    struct sim_records before = sim_dump(sim, 0);
    const int last = sim->agents - 1;
    for (int i = alone ? 0 : last; i <= last; i++)
        sim_agent_kill(sim, i);
    sim_run(sim, sim->now + 5000);
    sim_agent_start(sim, last, true);
    sim_run(sim, sim->now + 60000);
    struct sim_records after = sim_dump(sim, last);
    if (!alone) {
        sim_records_clear(&before);
        before = sim_dump(sim, 0);
    }
    bool same = before.count == after.count;
    for (size_t i = 0; i < before.count && same; i++)
        same = ss_slice_equal(ss_slice_of(before.items[i].key, before.items[i].key_len),
                              ss_slice_of(after.items[i].key, after.items[i].key_len)) &&
               ss_slice_equal(ss_slice_of(before.items[i].value, before.items[i].value_len),
                              ss_slice_of(after.items[i].value, after.items[i].value_len));
    if (!same)
        sim_fail(sim, "a newcomer %s has %zu fields instead of %zu, or others", alone ? "alone" : "among peers", after.count, before.count);
    if (!sim->agent[last].joined)
        sim_fail(sim, "a newcomer's client was never told that it has joined");
    sim_check_mirror(sim, last);
    sim_records_clear(&before);
    sim_records_clear(&after);
}

void sim_check(struct sim *sim) {
    const uint64_t end = sim->now + 1200000;
    while (sim->now < end && !sim_equal(sim))
        sim_run(sim, sim->now + 5000);
    if (!sim_equal(sim)) {
        sim_explain(sim);
        sim_fail(sim, "the copies differ");
    }
    sim_run(sim, sim->now + 30000);
    for (int i = 0; i < sim->agents; i++) {
        const struct sim_agent *at = &sim->agent[i];
        for (size_t p = 0; p < at->promise_count; p++) {
            if (at->promises[p].acked)
                sim_check_promise(sim, &at->promises[p]);
        }
        sim_check_mirror(sim, i);
    }
    sim_check_newcomer(sim, false);
    if (!sim->lossy && !sim->forgets) // alone it could not get what the store has lost
        sim_check_newcomer(sim, true);
}
