// SPDX-License-Identifier: Apache-2.0
// Canonical form of random values, judged by msgpack-c: the same value, and the same bytes whatever encoding it came in.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "random_value.h"
#include "wire/canonical.h"

static bool is_number(const msgpack_object *object) {
    return object->type == MSGPACK_OBJECT_POSITIVE_INTEGER || object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
           object->type == MSGPACK_OBJECT_FLOAT32 || object->type == MSGPACK_OBJECT_FLOAT64;
}

static bool same_number(const msgpack_object *a, const msgpack_object *b) {
    bool float_a = a->type == MSGPACK_OBJECT_FLOAT32 || a->type == MSGPACK_OBJECT_FLOAT64;
    bool float_b = b->type == MSGPACK_OBJECT_FLOAT32 || b->type == MSGPACK_OBJECT_FLOAT64;
    if (!float_a && !float_b) {
        return a->type == b->type && a->via.u64 == b->via.u64;
    }
    double x = float_a ? a->via.f64 : a->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? (double)a->via.u64 : (double)a->via.i64;
    double y = float_b ? b->via.f64 : b->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? (double)b->via.u64 : (double)b->via.i64;
    return isnan(x) ? isnan(y) : x == y && signbit(x) == signbit(y);
}

static bool same(const msgpack_object *a, const msgpack_object *b);

static const msgpack_object *find(const msgpack_object_map *map, const msgpack_object *key) {
    for (uint32_t i = 0; i < map->size; i++) {
        if (msgpack_object_equal(map->ptr[i].key, *key)) {
            return &map->ptr[i].val;
        }
    }
    return NULL;
}

static bool same_map(const msgpack_object_map *a, const msgpack_object_map *b) {
    bool equal = a->size == b->size;
    for (uint32_t i = 0; equal && i < a->size; i++) {
        const msgpack_object *other = find(b, &a->ptr[i].key);
        equal = other && same(&a->ptr[i].val, other);
    }
    return equal;
}

static bool same(const msgpack_object *a, const msgpack_object *b) {
    if (is_number(a) && is_number(b)) {
        return same_number(a, b);
    }
    if (a->type != b->type) {
        return false;
    }
    if (a->type == MSGPACK_OBJECT_MAP) {
        return same_map(&a->via.map, &b->via.map);
    }
    bool equal = a->type != MSGPACK_OBJECT_ARRAY || a->via.array.size == b->via.array.size;
    for (uint32_t i = 0; equal && a->type == MSGPACK_OBJECT_ARRAY && i < a->via.array.size; i++) {
        equal = same(&a->via.array.ptr[i], &b->via.array.ptr[i]);
    }
    return a->type == MSGPACK_OBJECT_ARRAY ? equal : msgpack_object_equal(*a, *b);
}

static void assert_same(struct ss_slice a, struct ss_slice b) {
    msgpack_unpacked x, y;
    msgpack_unpacked_init(&x);
    msgpack_unpacked_init(&y);
    assert_int_equal(msgpack_unpack_next(&x, (const char *)a.data, a.len, NULL), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(msgpack_unpack_next(&y, (const char *)b.data, b.len, NULL), MSGPACK_UNPACK_SUCCESS);
    assert_true(same(&x.data, &y.data));
    msgpack_unpacked_destroy(&x);
    msgpack_unpacked_destroy(&y);
}

struct buffers {
    struct ss_buffer in, once, twice;
};

static void test_value_is_kept_and_form_is_final(void **state) {
    struct buffers *b = *state;
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        ss_buffer_clear(&b->in);
        ss_buffer_clear(&b->once);
        ss_buffer_clear(&b->twice);
        put_any_value(&random, &b->in, 0);
        assert_int_equal(ss_canonical(ss_buffer_slice(&b->in), &b->once, NULL), SS_WIRE_OK);
        assert_same(ss_buffer_slice(&b->in), ss_buffer_slice(&b->once));
        assert_true(b->once.len <= 2 * b->in.len); // ss_codec_value relies on it
        assert_int_equal(ss_canonical(ss_buffer_slice(&b->once), &b->twice, NULL), SS_WIRE_OK);
        assert_slices_equal(ss_buffer_slice(&b->once), ss_buffer_slice(&b->twice));
    }
}

static void test_no_number_has_two_forms(void **state) {
    struct buffers *b = *state;
    uint64_t random = 2;
    for (int i = 0; i < 20000; i++) {
        double number = (double)((int64_t)random_next(&random) >> random_below(&random, 64));
        ss_buffer_clear(&b->once);
        ss_buffer_clear(&b->twice);
        ss_pack_f64(&b->once, number);
        if ((double)(float)number == number) {
            ss_pack_f32(&b->twice, (float)number);
            assert_slices_equal(ss_buffer_slice(&b->once), ss_buffer_slice(&b->twice));
        }
        ss_buffer_clear(&b->twice);
        if (fabs(number) < 0x1p63) {
            ss_pack_int(&b->twice, (int64_t)number);
            assert_slices_equal(ss_buffer_slice(&b->once), ss_buffer_slice(&b->twice));
        }
    }
}

static void test_cut_values_are_refused_where_they_are_cut(void **state) {
    struct buffers *b = *state;
    uint64_t random = 3;
    for (int i = 0; i < 2000; i++) {
        ss_buffer_clear(&b->in);
        put_any_value(&random, &b->in, 0);
        for (size_t len = 0; len < b->in.len; len++) {
            ss_buffer_clear(&b->once);
            struct ss_slice cut = {b->in.data, len};
            assert_int_equal(ss_canonical(cut, &b->once, NULL), SS_WIRE_MALFORMED);
            assert_int_equal(b->once.len, 0);
        }
    }
}

static int setup(void **state) {
    struct buffers *b = calloc(1, sizeof *b);
    ss_buffer_init(&b->in, 1 << 20);
    ss_buffer_init(&b->once, 1 << 20);
    ss_buffer_init(&b->twice, 1 << 20);
    *state = b;
    return 0;
}

static int teardown(void **state) {
    struct buffers *b = *state;
    ss_buffer_finish(&b->in);
    ss_buffer_finish(&b->once);
    ss_buffer_finish(&b->twice);
    free(b);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_value_is_kept_and_form_is_final, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_number_has_two_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_values_are_refused_where_they_are_cut, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
