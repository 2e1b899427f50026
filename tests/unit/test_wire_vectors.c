// SPDX-License-Identifier: Apache-2.0
// The vectors of schemas/vectors: what is valid decodes and encodes to the same bytes, what is not is refused with the cause it names.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "wire/canonical.h"
#include "wire/codec_state.h"
#include "wire/link.h"
#include "wire/messages.h"
#include "wire/topics.h"
#include "wire_util.h"

struct reading {
    struct ss_codec *codec;
    struct ss_codec *encoder; // a second one: encoding ends the life of what the first has decoded
    struct ss_buffer in;
    struct ss_buffer out;
};

static const struct ss_uuid some_uuid = {{1, 2, 3}};
static const char *folder;

static cJSON *load(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct ss_buffer text;
    ss_buffer_init(&text, 64 << 20);
    for (size_t len = 1; len > 0;) {
        uint8_t *room = ss_buffer_reserve(&text, 65536);
        assert_non_null(room);
        len = fread(room, 1, 65536, file);
        text.len += len;
    }
    fclose(file);
    cJSON *list = cJSON_ParseWithLength((const char *)text.data, text.len);
    ss_buffer_finish(&text);
    assert_true(cJSON_IsArray(list) && cJSON_GetArraySize(list) > 0);
    return list;
}

static const char *text_of(const cJSON *entry, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static void append_hex(struct ss_buffer *out, const char *hex, int times) {
    size_t len = strlen(hex) / 2;
    for (int i = 0; i < times; i++) {
        uint8_t *room = ss_buffer_reserve(out, len + 1);
        assert_non_null(room);
        assert_true(ss_hex_parse(ss_slice_text(hex), room, len));
        out->len += len;
    }
}

// Hex, or a list of hex and of [hex, times].
static struct ss_slice bytes_of(struct ss_buffer *out, const cJSON *item) {
    ss_buffer_clear(out);
    if (cJSON_IsString(item)) {
        append_hex(out, item->valuestring, 1);
        return ss_buffer_slice(out);
    }
    for (const cJSON *piece = item->child; piece; piece = piece->next) {
        const cJSON *hex = cJSON_IsArray(piece) ? piece->child : piece;
        append_hex(out, hex->valuestring, cJSON_IsArray(piece) ? hex->next->valueint : 1);
    }
    return ss_buffer_slice(out);
}

// ---- One reader and writer per message --------------------------------------------------------------------------------------------------

static int keep(void *out, struct ss_slice payload) {
    return ss_buffer_append(out, payload.data, payload.len) ? SS_WIRE_OK : SS_WIRE_MEMORY;
}

static int again_state(struct reading *r, struct ss_slice in) {
    struct ss_state_message message;
    int error = ss_state_decode(r->codec, ss_slice_text("object"), &some_uuid, in, &message);
    return error ? error : ss_state_encode(r->encoder, &message, &r->out);
}

static int again_live(struct reading *r, struct ss_slice in) {
    struct ss_ev_live live;
    int error = ss_live_decode(r->codec, ss_slice_text("object"), in, &live);
    return error ? error : ss_live_encode(r->encoder, &live.from, &live.batch, live.stamps, keep, &r->out);
}

static int again_peer(struct reading *r, struct ss_slice in) {
    struct ss_peer_message message;
    int error = ss_peer_decode(r->codec, in, &message);
    return error ? error : ss_peer_encode(r->encoder, &message, &r->out);
}

static int again_online(struct reading *r, struct ss_slice in) {
    bool online;
    int error = ss_online_decode(r->codec, in, &online);
    return error ? error : keep(&r->out, ss_online_encode(online));
}

static int again_presence(struct reading *r, struct ss_slice in) {
    struct ss_slice fields;
    int error = ss_presence_decode(r->codec, in, &fields);
    return error ? error : ss_presence_encode(r->encoder, fields, &r->out);
}

static int again_call(struct reading *r, struct ss_slice in) {
    struct ss_call call;
    int error = ss_call_decode(r->codec, in, &call);
    return error ? error : ss_call_encode(r->encoder, &call, &r->out);
}

static int again_reply(struct reading *r, struct ss_slice in) {
    struct ss_reply reply;
    int error = ss_reply_decode(r->codec, in, &reply);
    return error ? error : ss_reply_encode(r->encoder, &reply, &r->out);
}

static int again_checkpoint(struct reading *r, struct ss_slice in) {
    struct ss_ev_checkpoint checkpoint;
    int error = ss_checkpoint_decode(r->codec, in, &checkpoint);
    return error ? error : ss_checkpoint_encode(r->encoder, &checkpoint, &r->out);
}

static int again_value(struct reading *r, struct ss_slice in) { return ss_canonical(in, &r->out, NULL); }

static int again_request(struct reading *r, struct ss_slice in) {
    struct ss_request request;
    int error = ss_request_decode(r->codec, in, &request);
    return error ? error : ss_request_encode(r->encoder, &request, &r->out);
}

static int again_notice(struct reading *r, struct ss_slice in) {
    struct ss_notice notice;
    int error = ss_notice_decode(r->codec, in, &notice);
    return error ? error : ss_notice_encode(r->encoder, &notice, &r->out);
}

static int again(struct reading *r, const char *channel, const char *message, struct ss_slice in) {
    static const struct {
        const char *name;
        int (*run)(struct reading *r, struct ss_slice in);
    } messages[] = {{"state", again_state},   {"live", again_live},         {"peer", again_peer},
                    {"online", again_online}, {"presence", again_presence}, {"call", again_call},
                    {"reply", again_reply},   {"value", again_value},       {"checkpoint", again_checkpoint}};
    ss_buffer_clear(&r->out);
    if (strcmp(channel, "client") == 0) {
        return again_request(r, in);
    }
    if (strcmp(channel, "agent") == 0) {
        return again_notice(r, in);
    }
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (strcmp(messages[i].name, message) == 0) {
            return messages[i].run(r, in);
        }
    }
    fail_msg("no reader for %s", message);
    return 0;
}

// ---- Tests ------------------------------------------------------------------------------------------------------------------------------

static void test_values(void **state) {
    struct reading *r = *state;
    cJSON *list = load("values.json");
    for (const cJSON *entry = list->child; entry; entry = entry->next) {
        print_message("%s\n", text_of(entry, "name"));
        struct ss_buffer expected;
        ss_buffer_init(&expected, 1 << 20);
        struct ss_slice out = bytes_of(&expected, cJSON_GetObjectItemCaseSensitive(entry, "out"));
        assert_int_equal(again(r, "", "value", bytes_of(&r->in, cJSON_GetObjectItemCaseSensitive(entry, "in"))), SS_WIRE_OK);
        assert_slices_equal(ss_buffer_slice(&r->out), out);
        assert_int_equal(again(r, "", "value", out), SS_WIRE_OK);
        assert_slices_equal(ss_buffer_slice(&r->out), out);
        ss_buffer_finish(&expected);
    }
    cJSON_Delete(list);
}

// A large message comes back compressed; then its plain bytes are what counts, and those are seen by reading it again.
static void test_messages(void **state) {
    struct reading *r = *state;
    cJSON *list = load("messages.json");
    for (const cJSON *entry = list->child; entry; entry = entry->next) {
        const char *channel = text_of(entry, "channel"), *message = text_of(entry, "message");
        print_message("%s %s: %s\n", channel, message, text_of(entry, "name"));
        struct ss_slice in = bytes_of(&r->in, cJSON_GetObjectItemCaseSensitive(entry, "hex"));
        int error = again(r, channel, message, in);
        if (error) {
            fail_msg("%s", ss_codec_problem(r->codec));
        }
        struct ss_slice out = ss_buffer_slice(&r->out);
        size_t head = strcmp(channel, "mqtt") == 0 ? 0 : 4;
        struct ss_slice plain = {out.data + head, out.len - head};
        if (head == 0 && out.len >= 4 && memcmp(out.data, "\x28\xb5\x2f\xfd", 4) == 0) {
            assert_true(out.len < in.len);
            ss_codec_begin(r->encoder);
            assert_int_equal(ss_codec_open(r->encoder, out, &plain), SS_WIRE_OK);
        }
        assert_slices_equal(plain, in);
    }
    cJSON_Delete(list);
}

static void test_refused(void **state) {
    struct reading *r = *state;
    cJSON *list = load("refused.json");
    for (const cJSON *entry = list->child; entry; entry = entry->next) {
        const char *as = text_of(entry, "as");
        print_message("%s: %s\n", as, text_of(entry, "name"));
        int error = again(r, "", as, bytes_of(&r->in, cJSON_GetObjectItemCaseSensitive(entry, "in")));
        assert_string_equal(ss_wire_cause(error), text_of(entry, "cause"));
    }
    cJSON_Delete(list);
}

static int setup(void **state) {
    struct reading *r = calloc(1, sizeof *r);
    r->codec = ss_codec_create();
    r->encoder = ss_codec_create();
    ss_buffer_init(&r->in, 64 << 20);
    ss_buffer_init(&r->out, 64 << 20);
    *state = r;
    return 0;
}

static int teardown(void **state) {
    struct reading *r = *state;
    ss_codec_destroy(r->codec);
    ss_codec_destroy(r->encoder);
    ss_buffer_finish(&r->in);
    ss_buffer_finish(&r->out);
    free(r);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-VECTORS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
