// SPDX-License-Identifier: Apache-2.0
#include "core/entity.h"

#include "util/value.h"

static int ss_each_compare(const struct ss_core *core, uint32_t a, uint32_t b) {
    const struct ss_thing *left = ss_thing_at(core, a);
    const struct ss_thing *right = ss_thing_at(core, b);
    int order = ss_names_compare(&core->names, left->kind, right->kind);
    return order != 0 ? order : memcmp(left->uuid.b, right->uuid.b, sizeof left->uuid.b);
}

static void ss_each_sift(const struct ss_core *core, uint32_t *order, size_t root, size_t count) {
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && ss_each_compare(core, order[child], order[child + 1]) < 0)
            child++;
        if (ss_each_compare(core, order[root], order[child]) >= 0)
            return;
        const uint32_t kept = order[root];
        order[root] = order[child];
        order[child] = kept;
        root = child;
    }
}

static void ss_each_sort(const struct ss_core *core, uint32_t *order, size_t count) {
    for (size_t i = count / 2; i-- > 0;)
        ss_each_sift(core, order, i, count);
    for (size_t end = count; end-- > 1;) {
        const uint32_t kept = order[end];
        order[end] = order[0];
        order[0] = kept;
        ss_each_sift(core, order, 0, end);
    }
}

static size_t ss_each_fields(const struct ss_core *core, const struct ss_thing *thing, struct ss_field *fields) {
    size_t count = 0;
    for (uint32_t i = 0; i < thing->count; i++) {
        const struct ss_cell *cell = &thing->cells[i];
        if (!ss_value_is_nil(ss_cell_value(cell)) && ss_cell_visible(&core->names, thing->cells, thing->count, core->word.topology, cell))
            fields[count++] = ss_field_of(core, cell);
    }
    return count;
}

int ss_core_each(const struct ss_core *core, void (*visit)(void *context, const struct ss_entity *entity), void *context) {
    const struct ss_alloc *alloc = ss_memory(core);
    size_t count = 0;
    size_t most = 0;
    uint32_t *order = ss_alloc_take(alloc, (core->scene.things.count + 1) * sizeof *order);
    for (uint32_t i = 0; order != NULL && i < core->scene.things.count; i++) {
        const struct ss_thing *thing = ss_thing_at(core, i);
        if (thing->count == 0 || (thing->flags & SS_THING_DELETED) != 0)
            continue;
        order[count++] = i;
        most = thing->count > most ? thing->count : most;
    }
    struct ss_field *fields = ss_alloc_take(alloc, (most + 1) * sizeof *fields);
    if (order != NULL && fields != NULL) {
        ss_each_sort(core, order, count);
        for (size_t i = 0; i < count; i++) {
            const struct ss_thing *thing = ss_thing_at(core, order[i]);
            const size_t n = ss_each_fields(core, thing, fields);
            const struct ss_entity entity = {ss_names_text(&core->names, thing->kind), thing->uuid, n, fields};
            visit(context, &entity);
        }
    }
    const int error = order != NULL && fields != NULL ? SS_OK : SS_ENOMEM;
    ss_alloc_free(alloc, order);
    ss_alloc_free(alloc, fields);
    return error;
}
