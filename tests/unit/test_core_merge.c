// SPDX-License-Identifier: Apache-2.0
// The merge rule: random histories in random orders, with repetitions and restarts, give identical copies.
#include "core_util.h"

enum { MESSAGES = 60, ORDERS = 40 };

struct history {
    struct ss_field fields[MESSAGES][2];
    struct ss_entity messages[MESSAGES];
    uint8_t values[MESSAGES][2][40];
};

static const char *const names[] = {"a", "a/b", "a/b/c", "at/t0/uv", "at/t1/uv", "topology", "deleted", "z"};

static uint64_t draw(uint64_t *random, uint64_t below) {
    *random += 0x9e3779b97f4a7c15U;
    return ss_mix(*random) % below;
}

static struct ss_slice draw_value(uint64_t *random, const char *name, uint8_t *bytes) {
    static const uint8_t small[] = {0xc0, 0xc2, 0xc3, 1, 2, 3};
    bytes[0] = small[draw(random, sizeof small)];
    if (strcmp(name, "topology") == 0) {
        memcpy(bytes, "\xa2t", 2);
        bytes[2] = (uint8_t)('0' + draw(random, 2));
        return ss_slice_of(bytes, 3);
    }
    if (draw(random, 3) > 0)
        return ss_slice_of(bytes, 1);
    bytes[0] = 0xd9;
    bytes[1] = 38;
    memset(bytes + 2, 'a' + (int)draw(random, 26), 38);
    return ss_slice_of(bytes, 40);
}

// Few entities, few names and few stamps, so that all kinds of clashes happen; one entity's fields in a message have names in order.
static void draw_history(uint64_t *random, struct history *history) {
    for (size_t m = 0; m < MESSAGES; m++) {
        const uint64_t first = draw(random, 7);
        const uint64_t second = first + 1 + draw(random, 7 - first);
        for (size_t f = 0; f < 2; f++) {
            const char *name = names[f == 0 ? first : second];
            history->fields[m][f] = (struct ss_field){ss_slice_text(name), draw_value(random, name, history->values[m][f]), {{0}}};
            ss_store_be(history->fields[m][f].stamp.b, 6, 1700000000000U);
            ss_store_be(history->fields[m][f].stamp.b + 6, 2, draw(random, 20));
        }
        history->messages[m] =
            (struct ss_entity){ss_slice_text("mesh"), {{(uint8_t)draw(random, 3)}}, 1 + draw(random, 2), history->fields[m]};
    }
}

static void give(struct desk *desk, const struct history *history, size_t m) { desk_give(desk, history->messages[m], 9, m + 1); }

static struct ss_sha256 play(const struct history *history, uint64_t *random, bool shuffle) {
    struct desk desk = {0};
    size_t order[MESSAGES];
    for (size_t i = 0; i < MESSAGES; i++)
        order[i] = i;
    for (size_t i = MESSAGES; shuffle && i > 1; i--) {
        const size_t other = draw(random, i);
        const size_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    desk_start(&desk);
    for (size_t i = 0; i < MESSAGES; i++) {
        give(&desk, history, order[i]);
        if (shuffle && draw(random, 4) == 0)
            give(&desk, history, order[draw(random, i + 1)]);
    }
    const struct ss_sha256 result = desk_digest(&desk);
    desk_close(&desk);
    return result;
}

static void any_order_gives_the_same(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= ORDERS; seed++) {
        uint64_t random = seed;
        struct history *history = calloc(1, sizeof *history);
        draw_history(&random, history);
        const struct ss_sha256 straight = play(history, &random, false);
        for (int i = 0; i < 10; i++) {
            const struct ss_sha256 shuffled = play(history, &random, true);
            if (memcmp(straight.b, shuffled.b, sizeof straight.b) != 0)
                fail_msg("seed %llu: another order gives another copy", (unsigned long long)seed);
        }
        free(history);
    }
}

static const struct ss_cell *cell_of(struct desk *desk, uint8_t entity, const char *name) {
    struct ss_core *core = desk->core;
    const uint32_t number = ss_scene_find(&core->scene, ss_names_find(&core->names, ss_slice_text("object")), &(struct ss_uuid){{entity}});
    struct ss_thing *thing = ss_thing_at(core, number);
    return ss_cells_get(&core->names, thing->cells, thing->count, ss_names_find(&core->names, ss_slice_text(name)));
}

static void give_field(struct desk *desk, const char *name, struct ss_slice value, uint16_t counter) {
    struct ss_field field = {ss_slice_text(name), value, {{0}}};
    ss_store_be(field.stamp.b, 6, 1700000000000U);
    ss_store_be(field.stamp.b + 6, 2, counter);
    desk_give(desk, (struct ss_entity){ss_slice_text("object"), {{1}}, 1, &field}, 9, ++desk->core->serial);
}

static void the_later_stamp_wins_then_the_greater_value(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    give_field(&desk, "x", DESK_BYTES(5), 2);
    give_field(&desk, "x", DESK_BYTES(9), 1);
    assert_int_equal(cell_of(&desk, 1, "x")->value[0], 5);
    give_field(&desk, "x", DESK_BYTES(4), 2);
    assert_int_equal(cell_of(&desk, 1, "x")->value[0], 5);
    give_field(&desk, "x", DESK_BYTES(6), 2);
    assert_int_equal(cell_of(&desk, 1, "x")->value[0], 6);
    desk_close(&desk);
}

static void arrays_older_than_the_topology_are_dropped(void **state) {
    (void)state;
    struct desk desk = {0};
    desk_start(&desk);
    give_field(&desk, "at/t1/uv", DESK_BYTES(1), 1);
    give_field(&desk, "at/t2/uv", DESK_BYTES(2), 7);
    assert_non_null(cell_of(&desk, 1, "at/t1/uv"));
    give_field(&desk, "topology", DESK_BYTES(0xa2, 't', '1'), 5);
    assert_null(cell_of(&desk, 1, "at/t1/uv"));
    assert_non_null(cell_of(&desk, 1, "at/t2/uv"));
    give_field(&desk, "at/t1/uv", DESK_BYTES(1), 4);
    assert_null(cell_of(&desk, 1, "at/t1/uv"));
    desk_close(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_gives_the_same),
        cmocka_unit_test(the_later_stamp_wins_then_the_greater_value),
        cmocka_unit_test(arrays_older_than_the_topology_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
