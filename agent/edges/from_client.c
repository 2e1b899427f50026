// SPDX-License-Identifier: Apache-2.0
// The way in from a client: one frame becomes one event, or is refused and counted.
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "edges/peers.h"
#include "edges/rooms.h"
#include "util/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { PAGE = 262144, INLINE = 32768 };

static void put_text(char text[SS_MAX_CLIENT_TEXT], struct ss_slice value) {
    snprintf(text, SS_MAX_CLIENT_TEXT, "%.*s", (int)(value.len < SS_MAX_CLIENT_TEXT ? value.len : SS_MAX_CLIENT_TEXT - 1),
             value.len > 0 ? (const char *)value.data : "");
}

static void take_hello(struct ss_client *client, const struct ss_request_hello *hello) {
    if (!ss_listener_trusts(&client->agent->listener, hello->token)) {
        ss_log("client %u: refused, because its token is wrong", client->id);
        ss_client_refuse(client, NULL, "token", "the token is wrong; read it again from the file that the agent's --socket names");
        ss_client_close(client);
        return;
    }
    client->greeted = true;
    client->role = hello->role;
    client->has_colour = hello->has_colour;
    memcpy(client->colour, hello->colour, sizeof(client->colour));
    put_text(client->name, hello->name);
    put_text(client->app, hello->app);
    put_text(client->app_version, hello->app_version);
    const struct ss_agent *agent = client->agent;
    struct ss_notice notice = {.type = SS_NOTICE_WELCOME};
    notice.welcome = (struct ss_notice_welcome){.version = ss_slice_text(SS_VERSION),
                                                .origin = agent->data.origin,
                                                .cache = ss_slice_text(ss_blobs_cache(agent->blobs)),
                                                .incoming = ss_slice_text(ss_blobs_incoming(agent->blobs)),
                                                .frame = SS_MAX_FRAME,
                                                .inline_bytes = INLINE,
                                                .page = PAGE};
    ss_client_tell(client, &notice);
}

static void take_join(struct ss_client *client, const struct ss_request_join *join) {
    if (client->room != NULL) {
        ss_client_refuse(client, NULL, "join", "this connection is in a scene already; leave it, or open another connection");
        return;
    }
    struct ss_room *room = ss_rooms_open(client->agent, join->scene);
    if (room == NULL) {
        ss_client_refuse(client, NULL, "join", "the scene's records cannot be opened; the agent's log says why");
        return;
    }
    ss_room_used(room);
    client->room = room;
    client->wants_changes = join->changes;
    client->last_edit = 0;
    struct ss_event event = {.type = SS_EV_CLIENT_JOINED};
    event.client_joined.client = client->id;
    event.client_joined.kind_count = join->kind_count;
    event.client_joined.kinds = join->kinds;
    event.client_joined.changes = join->changes;
    event.client_joined.again = join->again;
    ss_room_step(room, &event);
    ss_peers_tell(room, client);
    ss_peers_here(room, client, true);
    ss_room_status(room);
    if (client->role != SS_ROLE_TOOL) {
        ss_to_broker_self(room);
    }
}

void ss_client_leave(struct ss_client *client) {
    struct ss_room *room = client->room;
    if (room == NULL) {
        return;
    }
    client->room = NULL;
    client->changes_wait = false;
    ss_peers_here(room, client, false);
    ss_room_step(room, &(struct ss_event){.type = SS_EV_CLIENT_LEFT, .client_left = {.client = client->id}});
    ss_room_unused(room, 1000 * (uint64_t)client->agent->config.leave_after_s);
    if (client->role != SS_ROLE_TOOL && !client->agent->closing) {
        ss_to_broker_self(room);
    }
}

static void hold(struct ss_client *client, bool sync, uint64_t id) {
    if (client->adoptions == NULL) {
        return;
    }
    struct ss_held *held = ss_new(sizeof(*held));
    *held = (struct ss_held){.sync = sync, .id = id, .needs = client->last_adoption};
    DL_APPEND(client->held, held);
}

static void take_edit(struct ss_client *client, const struct ss_request_edit *edit) {
    if (client->role == SS_ROLE_VIEWER) {
        ss_client_refuse(client, &edit->id, "role", "a viewer does not edit; say hello as an editor");
        return;
    }
    hold(client, false, edit->id);
    client->last_edit = edit->id > client->last_edit ? edit->id : client->last_edit;
    struct ss_event event = {.type = SS_EV_EDIT};
    event.edit = (struct ss_ev_edit){
        .client = client->id, .id = edit->id, .live = edit->live, .batch_count = edit->batch_count, .batches = edit->batches};
    ss_room_step(client->room, &event);
}

static void take_blob(struct ss_client *client, const struct ss_request_blob *blob) {
    struct ss_adoption *adoption = ss_new(sizeof(*adoption));
    adoption->number = ++client->last_adoption;
    HASH_ADD(hh, client->adoptions, number, sizeof(adoption->number), adoption);
    ss_blobs_adopt(client->agent->blobs, blob->path, &blob->sha256, blob->size, client->id, adoption->number);
}

static void take_sync(struct ss_client *client, uint64_t id) {
    hold(client, true, id);
    ss_room_step(client->room, &(struct ss_event){.type = SS_EV_CLIENT_SYNC, .client_sync = {.client = client->id, .id = id}});
}

static void take_presence(struct ss_client *client, struct ss_slice fields) {
    struct ss_room *room = client->room;
    ss_buffer_clear(&room->presence);
    if (!ss_buffer_append(&room->presence, fields.data, fields.len)) {
        ss_buffer_clear(&room->presence);
        ss_client_refuse(client, NULL, "limit", "presence is larger than 64 KiB");
        return;
    }
    ss_to_broker_presence(room);
    struct ss_notice notice = {.type = SS_NOTICE_PRESENCE, .presence = {.origin = client->origin, .fields = fields}};
    ss_clients_tell_presence(room, client, &notice);
}

static void take_scenes(struct ss_client *client, uint64_t id) {
    struct ss_scene_summary *summaries;
    struct ss_notice notice = {.type = SS_NOTICE_SCENES};
    notice.scenes.id = id;
    notice.scenes.count = ss_rooms_list(client->agent, &summaries);
    notice.scenes.scenes = summaries;
    ss_client_tell(client, &notice);
    free(summaries);
}

// Whether a request must wait until a scene has been read, or left.
static bool must_wait(const struct ss_client *client, const struct ss_request *request) {
    if (request->type == SS_REQUEST_SCENES) {
        return !ss_rooms_seen(client->agent);
    }
    if (request->type != SS_REQUEST_JOIN || client->room != NULL) {
        return false;
    }
    const struct ss_room *room = ss_rooms_open(client->agent, request->join.scene);
    return room != NULL && room->phase != SS_ROOM_OPEN;
}

// What needs no scene. Returns false when it was not that.
static bool take_outside(struct ss_client *client, const struct ss_request *request) {
    switch (request->type) {
    case SS_REQUEST_HELLO: take_hello(client, &request->hello); return true;
    case SS_REQUEST_JOIN: take_join(client, &request->join); return true;
    case SS_REQUEST_SCENES: take_scenes(client, request->id); return true;
    case SS_REQUEST_STATUS: ss_client_status(client); return true;
    case SS_REQUEST_WANT: ss_blobs_want(client->agent->blobs, &request->want, client->id); return true;
    case SS_REQUEST_BLOB: take_blob(client, &request->blob); return true;
    case SS_REQUEST_LEAVE:
        ss_client_leave(client);
        ss_client_tell(client, &(struct ss_notice){.type = SS_NOTICE_LEFT});
        return true;
    case SS_REQUEST_UNKNOWN: return true;
    default: return false;
    }
}

static void take_inside(struct ss_client *client, const struct ss_request *request) {
    switch (request->type) {
    case SS_REQUEST_EDIT: take_edit(client, &request->edit); break;
    case SS_REQUEST_SYNC: take_sync(client, request->id); break;
    case SS_REQUEST_PRESENCE: take_presence(client, request->presence); break;
    case SS_REQUEST_DIGEST:
        ss_room_step(client->room,
                     &(struct ss_event){.type = SS_EV_DIGEST_WANTED, .digest_wanted = {.client = client->id, .id = request->id}});
        break;
    default: break;
    }
}

static void refuse_frame(struct ss_client *client, const struct ss_request *request, int error) {
    char text[512];
    snprintf(text, sizeof(text), "%s", ss_codec_problem(client->agent->codec));
    if (client->room != NULL) {
        ss_room_refused(client->room, ss_wire_cause(error), text);
    } else if (client->refused++ == 0) {
        ss_log("client %u: refused a frame: %s; more of these are only counted", client->id, text);
    }
    ss_client_refuse(client, request->type == SS_REQUEST_EDIT ? &request->edit.id : NULL, ss_wire_cause(error), text);
}

bool ss_from_client(struct ss_client *client, struct ss_slice body) {
    struct ss_request request = {0};
    int error = ss_request_decode(client->agent->codec, body, &request);
    const uint64_t *id = request.type == SS_REQUEST_EDIT ? &request.edit.id : NULL;
    if (error != SS_WIRE_OK) {
        refuse_frame(client, &request, error);
    } else if (!client->greeted && request.type != SS_REQUEST_HELLO) {
        ss_client_refuse(client, id, "hello", "the first frame must be hello");
    } else if (must_wait(client, &request)) {
        return false;
    } else if (!take_outside(client, &request)) {
        if (client->room == NULL) {
            ss_client_refuse(client, id, "join", "join a scene first");
        } else {
            take_inside(client, &request);
        }
    }
    return true;
}
