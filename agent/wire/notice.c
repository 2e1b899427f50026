// SPDX-License-Identifier: Apache-2.0
// Frames from the agent.
#include <stddef.h>

#include "wire/frame.h"
#include "wire/link.h"
#include "wire/pack.h"
#include "wire/topics.h"

#define AT(field) offsetof(struct ss_notice, field)

// ---- {cause: count} ---------------------------------------------------------------------------------------------------------------------

static void write_counts(struct ss_buffer *out, const void *field, const struct ss_key *key) {
    (void)key;
    const struct ss_list *list = field;
    const struct ss_cause_count *counts = list->items;
    ss_pack_map(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        ss_pack_str(out, counts[i].cause);
        ss_pack_uint(out, counts[i].count);
    }
}

static int read_counts(struct ss_codec *codec, struct ss_reader *reader, void *field, const struct ss_key *key) {
    (void)key;
    struct ss_item head, cause, number;
    if (!ss_read(reader, &head) || head.type != SS_ITEM_MAP) {
        return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected a map");
    }
    struct ss_cause_count *counts = ss_codec_take(codec, head.count, sizeof *counts);
    for (size_t i = 0; counts && i < head.count; i++) {
        bool ok = ss_read(reader, &cause) && cause.type == SS_ITEM_STR && ss_read(reader, &number) && number.type == SS_ITEM_UINT;
        if (!ok) {
            return ss_codec_fail(codec, SS_WIRE_MALFORMED, "expected a number for each cause");
        }
        counts[i] = (struct ss_cause_count){cause.bytes, number.uint};
    }
    *(struct ss_list *)field = (struct ss_list){head.count, counts};
    return counts ? SS_WIRE_OK : SS_WIRE_MEMORY;
}

static const struct ss_key_type COUNTS = {write_counts, read_counts, NULL};

// ---- Tables -----------------------------------------------------------------------------------------------------------------------------

static const struct ss_key limits_keys[] = {
    {SS_MUST("frame", SS_UINT, AT(welcome.frame))},
    {SS_MUST("inline", SS_UINT, AT(welcome.inline_bytes))},
    {SS_MUST("page", SS_UINT, AT(welcome.page))},
};
static const struct ss_map limits_map = SS_MAP(limits_keys, struct ss_notice);
static const struct ss_key welcome_keys[] = {
    {SS_MUST("cache", SS_TEXT, AT(welcome.cache)), .size = 4096},
    {SS_MUST("incoming", SS_TEXT, AT(welcome.incoming)), .size = 4096},
    {SS_MUST("limits", SS_NESTED, 0), .details = &limits_map},
    {SS_MUST("origin", SS_BYTES, AT(welcome.origin)), .size = sizeof(struct ss_origin)},
    {SS_MUST("t", SS_TAG, 0), .text = "welcome"},
    {SS_MUST("v", SS_VERSION, 0)},
    {SS_MUST("version", SS_TEXT, AT(welcome.version)), .size = 64},
};
static const struct ss_key change_keys[] = {
    {SS_MUST("after", SS_UINT, AT(change.after))},
    {SS_MUST("batches", SS_BATCHES, AT(change.batch_count))},
    {SS_MAY("live", SS_BOOL, AT(change.live))},
    {SS_MUST("t", SS_TAG, 0), .text = "change"},
};
static const struct ss_key joined_keys[] = {
    {SS_MUST("empty", SS_BOOL, AT(joined.empty))},
    {SS_MUST("entities", SS_UINT, AT(joined.entities))},
    {SS_MUST("t", SS_TAG, 0), .text = "joined"},
};
static const struct ss_key ack_keys[] = {{SS_MUST("id", SS_UINT, AT(id))}, {SS_MUST("t", SS_TAG, 0), .text = "ack"}};
static const struct ss_key refused_keys[] = {
    {SS_MUST("error", SS_TEXT, AT(refused.error)), .size = 64},
    {SS_MAY("field", SS_TEXT, AT(refused.field)), .size = SS_MAX_NAME},
    {SS_MAY("id", SS_UINT, AT(refused.id)), .present = AT(refused.has_id)},
    {SS_MAY("ids", SS_UUIDS, AT(refused.id_count))},
    {SS_MAY("kind", SS_TEXT, AT(refused.kind)), .size = SS_MAX_KIND},
    {SS_MUST("t", SS_TAG, 0), .text = "refused"},
    {SS_MUST("text", SS_TEXT, AT(refused.text)), .size = 1024},
};
static const struct ss_key have_keys[] = {
    {SS_MUST("path", SS_TEXT, AT(have.path)), .size = 4096},
    {SS_MUST("sha256", SS_BYTES, AT(have.sha256)), .size = sizeof(struct ss_sha256)},
    {SS_MUST("t", SS_TAG, 0), .text = "have"},
};
static const struct ss_key sync_keys[] = {{SS_MUST("id", SS_UINT, AT(id))}, {SS_MUST("t", SS_TAG, 0), .text = "sync"}};
static const struct ss_key scene_keys[] = {
    {SS_MUST("entities", SS_UINT, offsetof(struct ss_scene_summary, entities))},
    {SS_MAY("open", SS_BOOL, offsetof(struct ss_scene_summary, open))},
    {SS_MUST("peers", SS_UINT, offsetof(struct ss_scene_summary, peers))},
    {SS_MUST("scene", SS_TEXT, offsetof(struct ss_scene_summary, scene)), .size = SS_MAX_SCENE},
};
static const struct ss_map scene_map = SS_MAP(scene_keys, struct ss_scene_summary);
static const struct ss_key scenes_keys[] = {
    {SS_MUST("id", SS_UINT, AT(scenes.id))},
    {SS_MUST("scenes", SS_LIST, AT(scenes.count)), .details = &scene_map},
    {SS_MUST("t", SS_TAG, 0), .text = "scenes"},
};
static const struct ss_key digest_keys[] = {
    {SS_MUST("digest", SS_BYTES, AT(digest.digest)), .size = sizeof(struct ss_sha256)},
    {SS_MUST("id", SS_UINT, AT(digest.id))},
    {SS_MUST("t", SS_TAG, 0), .text = "digest"},
};
static const struct ss_key downloads_keys[] = {
    {SS_MUST("bytes", SS_UINT, AT(status.download_bytes))},
    {SS_MUST("done", SS_UINT, AT(status.download_done))},
    {SS_MUST("n", SS_UINT, AT(status.downloads))},
};
static const struct ss_map downloads_map = SS_MAP(downloads_keys, struct ss_notice);
static const struct ss_key uploads_keys[] = {
    {SS_MUST("bytes", SS_UINT, AT(status.upload_bytes))},
    {SS_MUST("n", SS_UINT, AT(status.uploads))},
};
static const struct ss_map uploads_map = SS_MAP(uploads_keys, struct ss_notice);
static const struct ss_key status_keys[] = {
    {SS_MUST("broker", SS_TEXT, AT(status.broker)), .size = 16},
    {SS_MUST("downloads", SS_NESTED, 0), .details = &downloads_map},
    {SS_MAY("error", SS_TEXT, AT(status.error)), .size = 1024},
    {SS_MAY("latency_ms", SS_NUMBER, AT(status.latency_ms))},
    {SS_MUST("peers", SS_UINT, AT(status.peers))},
    {SS_MUST("pending", SS_UINT, AT(status.pending))},
    {SS_MUST("refused", COUNTS, AT(status.refused_count))},
    {SS_MUST("store", SS_TEXT, AT(status.store)), .size = 16},
    {SS_MUST("t", SS_TAG, 0), .text = "status"},
    {SS_MUST("uploads", SS_NESTED, 0), .details = &uploads_map},
};
static const struct ss_key peer_keys[] = {
    {SS_MUST("app", SS_TEXT, AT(peer.app)), .size = 64},
    {SS_MAY("app_version", SS_TEXT, AT(peer.app_version)), .size = 64},
    {SS_MAY("colour", SS_COLOUR, AT(peer.colour)), .present = AT(peer.has_colour)},
    {SS_MUST("name", SS_TEXT, AT(peer.name)), .size = 255},
    {SS_MUST("online", SS_BOOL, AT(peer.online))},
    {SS_MUST("origin", SS_BYTES, AT(peer.origin)), .size = sizeof(struct ss_origin)},
    {SS_MUST("t", SS_TAG, 0), .text = "peer"},
    {SS_MUST("user", SS_TEXT, AT(peer.user)), .size = 64},
};
static const struct ss_key presence_keys[] = {
    {SS_MUST("fields", SS_VALUE, AT(presence.fields))},
    {SS_MUST("origin", SS_BYTES, AT(presence.origin)), .size = sizeof(struct ss_origin)},
    {SS_MUST("t", SS_TAG, 0), .text = "presence"},
};
static const struct ss_key left_keys[] = {{SS_MUST("t", SS_TAG, 0), .text = "left"}};

#define FORM(word) \
    { #word, SS_MAP(word##_keys, struct ss_notice) }
static const struct ss_frame_form forms[] = {
    [SS_NOTICE_WELCOME] = FORM(welcome), [SS_NOTICE_CHANGE] = FORM(change),   [SS_NOTICE_JOINED] = FORM(joined),
    [SS_NOTICE_ACK] = FORM(ack),         [SS_NOTICE_REFUSED] = FORM(refused), [SS_NOTICE_HAVE] = FORM(have),
    [SS_NOTICE_SYNC] = FORM(sync),       [SS_NOTICE_SCENES] = FORM(scenes),   [SS_NOTICE_DIGEST] = FORM(digest),
    [SS_NOTICE_STATUS] = FORM(status),   [SS_NOTICE_PEER] = FORM(peer),       [SS_NOTICE_PRESENCE] = FORM(presence),
    [SS_NOTICE_LEFT] = FORM(left),
};
enum { FORM_COUNT = sizeof forms / sizeof *forms };

int ss_notice_encode(struct ss_codec *codec, const struct ss_notice *notice, struct ss_buffer *out) {
    return ss_frame_write(codec, &forms[notice->type].map, notice, out);
}

int ss_notice_decode(struct ss_codec *codec, struct ss_slice body, struct ss_notice *notice) {
    unsigned type = 0;
    uint64_t id = 0;
    *notice = (struct ss_notice){0};
    int error = ss_frame_type(codec, body, forms, FORM_COUNT, &type, &id);
    if (error || type == SS_NOTICE_UNKNOWN) {
        return error;
    }
    if (type == SS_NOTICE_STATUS) {
        notice->status.latency_ms = -1;
    }
    error = ss_frame_read(codec, body, &forms[type].map, notice);
    notice->type = (enum ss_notice_type)type;
    return error;
}
