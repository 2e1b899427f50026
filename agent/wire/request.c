// SPDX-License-Identifier: Apache-2.0
// Frames from the client.
#include <stddef.h>

#include "wire/canonical.h"
#include "wire/frame.h"
#include "wire/link.h"
#include "wire/topics.h"

#define AT(field) offsetof(struct ss_request, field)

static const char *const roles[] = {"editor", "viewer", "tool", NULL};

static const struct ss_key hello_keys[] = {
    {SS_MUST("app", SS_TEXT, AT(hello.app)), .size = 64},
    {SS_MAY("app_version", SS_TEXT, AT(hello.app_version)), .size = 64},
    {SS_MAY("colour", SS_COLOUR, AT(hello.colour)), .present = AT(hello.has_colour)},
    {SS_MAY("name", SS_TEXT, AT(hello.name)), .size = 255},
    {SS_MAY("role", SS_WORD, AT(hello.role)), .details = roles},
    {SS_MUST("t", SS_TAG, 0), .text = "hello"},
    {SS_MAY("token", SS_TEXT, AT(hello.token)), .size = 256},
    {SS_MUST("v", SS_VERSION, 0)},
};
static const struct ss_key join_keys[] = {
    {SS_MAY("again", SS_BOOL, AT(join.again))},
    {SS_MAY("changes", SS_BOOL_ON, AT(join.changes))},
    {SS_MAY("kinds", SS_TEXTS, AT(join.kind_count)), .size = SS_MAX_KIND},
    {SS_MUST("scene", SS_TEXT, AT(join.scene)), .size = SS_MAX_SCENE},
    {SS_MUST("t", SS_TAG, 0), .text = "join"},
};
static const struct ss_key leave_keys[] = {{SS_MUST("t", SS_TAG, 0), .text = "leave"}};
static const struct ss_key edit_keys[] = {
    {SS_MUST("batches", SS_BATCHES, AT(edit.batch_count))},
    {SS_MUST("id", SS_UINT, AT(edit.id))},
    {SS_MAY("live", SS_BOOL, AT(edit.live))},
    {SS_MUST("t", SS_TAG, 0), .text = "edit"},
};
static const struct ss_key blob_keys[] = {
    {SS_MUST("path", SS_TEXT, AT(blob.path)), .size = 4096},
    {SS_MUST("sha256", SS_BYTES, AT(blob.sha256)), .size = sizeof(struct ss_sha256)},
    {SS_MUST("size", SS_UINT, AT(blob.size))},
    {SS_MUST("t", SS_TAG, 0), .text = "blob"},
    {SS_MAY("type", SS_TEXT, AT(blob.type)), .size = 127},
};
static const struct ss_key want_keys[] = {
    {SS_MUST("sha256", SS_BYTES, AT(want)), .size = sizeof(struct ss_sha256)},
    {SS_MUST("t", SS_TAG, 0), .text = "want"},
};
static const struct ss_key sync_keys[] = {{SS_MUST("id", SS_UINT, AT(id))}, {SS_MUST("t", SS_TAG, 0), .text = "sync"}};
static const struct ss_key presence_keys[] = {{SS_MUST("fields", SS_VALUE, AT(presence))}, {SS_MUST("t", SS_TAG, 0), .text = "presence"}};
static const struct ss_key scenes_keys[] = {{SS_MUST("id", SS_UINT, AT(id))}, {SS_MUST("t", SS_TAG, 0), .text = "scenes"}};
static const struct ss_key status_keys[] = {{SS_MUST("t", SS_TAG, 0), .text = "status"}};
static const struct ss_key digest_keys[] = {{SS_MUST("id", SS_UINT, AT(id))}, {SS_MUST("t", SS_TAG, 0), .text = "digest"}};

#define FORM(word) \
    { #word, SS_MAP(word##_keys, struct ss_request) }
static const struct ss_frame_form forms[] = {
    [SS_REQUEST_HELLO] = FORM(hello),   [SS_REQUEST_JOIN] = FORM(join),         [SS_REQUEST_LEAVE] = FORM(leave),
    [SS_REQUEST_EDIT] = FORM(edit),     [SS_REQUEST_BLOB] = FORM(blob),         [SS_REQUEST_WANT] = FORM(want),
    [SS_REQUEST_SYNC] = FORM(sync),     [SS_REQUEST_PRESENCE] = FORM(presence), [SS_REQUEST_SCENES] = FORM(scenes),
    [SS_REQUEST_DIGEST] = FORM(digest), [SS_REQUEST_STATUS] = FORM(status),
};
enum { FORM_COUNT = sizeof forms / sizeof *forms };

int ss_request_encode(struct ss_codec *codec, const struct ss_request *request, struct ss_buffer *out) {
    return ss_frame_write(codec, &forms[request->type].map, request, out);
}

static int check_join(struct ss_codec *codec, const struct ss_request_join *join) {
    if (!ss_is_scene(join->scene)) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "scene: expected 1 to %d of a-z, 0-9, _ and -, beginning with a letter or digit",
                             SS_MAX_SCENE);
    }
    for (size_t i = 0; i < join->kind_count; i++) {
        if (!ss_is_kind(join->kinds[i])) {
            return ss_codec_fail(codec, SS_WIRE_MALFORMED, "kinds: expected 1 to %d of a-z, 0-9 and _ for each", SS_MAX_KIND);
        }
    }
    return SS_WIRE_OK;
}

int ss_request_decode(struct ss_codec *codec, struct ss_slice body, struct ss_request *request) {
    unsigned type = 0;
    uint64_t id = 0;
    *request = (struct ss_request){0};
    int error = ss_frame_type(codec, body, forms, FORM_COUNT, &type, &id);
    if (error || type == SS_REQUEST_UNKNOWN) {
        return error;
    }
    request->join.changes = type == SS_REQUEST_JOIN;
    error = ss_frame_read(codec, body, &forms[type].map, request);
    request->type = (enum ss_request_type)type;
    if (error && type == SS_REQUEST_EDIT) {
        request->edit = (struct ss_request_edit){.id = id};
    }
    return !error && type == SS_REQUEST_JOIN ? check_join(codec, &request->join) : error;
}
