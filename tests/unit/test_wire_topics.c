// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "wire/topics.h"
#include "wire_util.h"

#define ROOT "scenesync/v1/demo/"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static const char *const topics[] = {
    ROOT "state/object/" UUID,        ROOT "state/mesh/" UUID "/0f",      ROOT "live/transform",
    ROOT "peer/ada/a1b2c3d4e5f60718", ROOT "online/ada/a1b2c3d4e5f60718", ROOT "presence/ada_2/a1b2c3d4e5f60718",
    ROOT "frame/ada/main-1",          ROOT "call/a1b2c3d4e5f60718/sync",  ROOT "reply/ada/a1b2c3d4e5f60718",
    ROOT "json/light/" UUID,          ROOT "json/light/" UUID "/set",     ROOT "checkpoint",
};

static void test_every_topic_there_and_back(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        struct ss_topic topic;
        char text[SS_MAX_TOPIC];
        assert_true(ss_topic_parse("scenesync", ss_slice_text(topics[i]), &topic));
        assert_true(ss_topic_build("scenesync", &topic, text));
        assert_string_equal(text, topics[i]);
    }
}

static void test_what_is_no_topic(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "scenesync",
        "scenesync/v1/demo",
        "scenesync/v2/demo/live/object",
        "other/v1/demo/live/object",
        "scenesyncx/v1/demo/live/object",
        "scenesync/v1/Demo/live/object",
        "scenesync/v1/-demo/live/object",
        "scenesync/v1//live/object",
        ROOT "live",
        ROOT "live/",
        ROOT "live/Object",
        ROOT "live/object/",
        ROOT "live/object/more",
        ROOT "state/object",
        ROOT "state/object/01234567-89ab-cdef-0123-456789abcde",
        ROOT "state/object/0123456789abcdef0123456789abcdef",
        ROOT "state/object/" UUID "/",
        ROOT "state/object/" UUID "/0f/0f",
        ROOT "state/object/" UUID "/xx",
        ROOT "json/light/" UUID "/get",
        ROOT "peer/a b/a1b2c3d4e5f60718",
        ROOT "peer/ada/a1b2c3d4e5f6071",
        ROOT "call/a1b2c3d4e5f60718/+",
        ROOT "checkpoint/more",
        ROOT "invention/x",
    };
    struct ss_topic topic;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (ss_topic_parse("scenesync", ss_slice_text(wrong[i]), &topic)) {
            fail_msg("%s was taken for a topic", wrong[i]);
        }
    }
}

static void test_prefix_of_several_levels(void **state) {
    (void)state;
    struct ss_topic topic;
    char text[SS_MAX_TOPIC];
    assert_true(ss_topic_parse("studio/3d", ss_slice_text("studio/3d/v1/demo/live/mesh"), &topic));
    assert_true(ss_topic_build("studio/3d", &topic, text));
    assert_string_equal(text, "studio/3d/v1/demo/live/mesh");
    assert_false(ss_topic_parse("studio", ss_slice_text("studio/3d/v1/demo/live/mesh"), &topic));
    assert_false(ss_topic_build("studio/#", &topic, text));
    assert_false(ss_topic_build("", &topic, text));
}

static void test_levels_that_must_not_be_built(void **state) {
    (void)state;
    char text[SS_MAX_TOPIC];
    struct ss_topic topic = {.type = SS_TOPIC_PEER, .scene = ss_slice_text("demo"), .part = -1};
    assert_false(ss_topic_build("scenesync", &topic, text)); // no user
    topic.user = ss_slice_text("a/b");
    assert_false(ss_topic_build("scenesync", &topic, text));
    topic.user = ss_slice_text("ada");
    assert_true(ss_topic_build("scenesync", &topic, text));
    topic.scene = ss_slice_text("+");
    assert_false(ss_topic_build("scenesync", &topic, text));
}

static void test_filters(void **state) {
    (void)state;
    char text[SS_MAX_TOPIC];
    struct ss_topic topic = {.scene = ss_slice_text("demo"), .user = ss_slice_text("ada"), .origin = {{0xa1}}, .part = -1};
    static const char *const filters[] = {
        [SS_TOPIC_STATE] = ROOT "state/#",
        [SS_TOPIC_LIVE] = ROOT "live/#",
        [SS_TOPIC_CALL] = ROOT "call/a100000000000000/+",
        [SS_TOPIC_REPLY] = ROOT "reply/ada/a100000000000000",
        [SS_TOPIC_CHECKPOINT] = ROOT "checkpoint",
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        topic.type = (enum ss_topic_type)i;
        if (filters[i]) {
            assert_true(ss_topic_filter("scenesync", &topic, text));
            assert_string_equal(text, filters[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_topic_there_and_back),
        cmocka_unit_test(test_what_is_no_topic),
        cmocka_unit_test(test_prefix_of_several_levels),
        cmocka_unit_test(test_levels_that_must_not_be_built),
        cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
