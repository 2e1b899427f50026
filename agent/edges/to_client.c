// SPDX-License-Identifier: Apache-2.0
// The way out to clients: effects become frames.
#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"
#include "edges/log.h"
#include "util/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

// ---- Sending ----------------------------------------------------------------------------------------------------------------------------

void ss_client_tell(struct ss_client *client, const struct ss_notice *notice) {
    struct ss_buffer frame;
    ss_buffer_init(&frame, SS_MAX_FRAME + 8);
    if (ss_notice_encode(client->agent->codec, notice, &frame) != SS_WIRE_OK) {
        ss_log("client %u: a notice cannot be sent: %s", client->id, ss_codec_problem(client->agent->codec));
        ss_buffer_finish(&frame);
        return;
    }
    ss_client_send(client, &frame);
}

void ss_clients_tell(struct ss_room *room, const struct ss_notice *notice) {
    for (struct ss_client *client = room->agent->clients; client != NULL; client = client->next) {
        if (client->room == room && !client->closing) {
            ss_client_tell(client, notice);
        }
    }
}

void ss_clients_tell_presence(struct ss_room *room, const struct ss_client *whose, const struct ss_notice *notice) {
    for (struct ss_client *client = room->agent->clients; client != NULL; client = client->next) {
        if (client != whose && client->room == room && client->wants_changes && ss_client_room(client) > 0) {
            ss_client_tell(client, notice);
        }
    }
}

void ss_client_refuse(struct ss_client *client, const uint64_t *id, const char *error, const char *text) {
    struct ss_notice notice = {.type = SS_NOTICE_REFUSED};
    notice.refused.has_id = id != NULL;
    notice.refused.id = id != NULL ? *id : 0;
    notice.refused.error = ss_slice_text(error);
    notice.refused.text = ss_slice_text(text);
    ss_client_tell(client, &notice);
}

// ---- Answers that wait for files --------------------------------------------------------------------------------------------------------

static bool adoptions_done(const struct ss_client *client, uint64_t up_to) {
    return client->adoptions == NULL || client->adoptions->number > up_to;
}

static void answer(struct ss_client *client, bool sync, uint64_t id) {
    ss_client_tell(client, &(struct ss_notice){.type = sync ? SS_NOTICE_SYNC : SS_NOTICE_ACK, .id = id});
}

static struct ss_held *find_held(const struct ss_client *client, bool sync, uint64_t id) {
    struct ss_held *held;
    DL_FOREACH(client->held, held) {
        if (held->sync == sync && held->id == id) {
            return held;
        }
    }
    return NULL;
}

static void drop_held(struct ss_client *client, struct ss_held *held) {
    DL_DELETE(client->held, held);
    free(held);
}

static void answer_when_files_are_there(struct ss_client *client, bool sync, uint64_t id) {
    struct ss_held *held = find_held(client, sync, id);
    if (held != NULL && !adoptions_done(client, held->needs)) {
        held->ready = true;
        return;
    }
    if (held != NULL) {
        drop_held(client, held);
    }
    answer(client, sync, id);
}

// Later ones need later files: the list is looked at as far as the files are there.
static void answer_held(struct ss_client *client) {
    struct ss_held *held, *next;
    DL_FOREACH_SAFE(client->held, held, next) {
        if (!adoptions_done(client, held->needs)) {
            return;
        }
        if (held->ready) {
            answer(client, held->sync, held->id);
            drop_held(client, held);
        }
    }
}

void ss_client_adopted(struct ss_agent *agent, uint32_t id, uint64_t number, const char *problem) {
    struct ss_client *client = ss_client_of(agent, id);
    if (client == NULL) {
        return;
    }
    struct ss_adoption *done;
    HASH_FIND(hh, client->adoptions, &number, sizeof(number), done);
    HASH_DEL(client->adoptions, done); // it is there until it is answered, which is now
    free(done);
    if (problem != NULL) {
        ss_client_refuse(client, NULL, "blob", problem);
    }
    answer_held(client);
}

// ---- Effects ----------------------------------------------------------------------------------------------------------------------------

static void send_refused(struct ss_room *room, struct ss_client *client, const struct ss_effect *effect) {
    if (effect->refused.client == 0) {
        ss_room_refused(room, effect->refused.cause, effect->refused.text);
        return;
    }
    if (client == NULL) {
        return;
    }
    struct ss_held *held = find_held(client, false, effect->refused.id);
    if (held != NULL) {
        drop_held(client, held);
    }
    struct ss_notice notice = {.type = SS_NOTICE_REFUSED};
    notice.refused.has_id = true;
    notice.refused.id = effect->refused.id;
    notice.refused.error = ss_slice_text(effect->refused.cause);
    notice.refused.text = ss_slice_text(effect->refused.text);
    notice.refused.kind = effect->refused.kind;
    notice.refused.field = effect->refused.field;
    notice.refused.id_count = effect->refused.kind.len > 0 ? 1 : 0;
    notice.refused.ids = &effect->refused.uuid;
    ss_client_tell(client, &notice);
}

static void send_change(struct ss_client *client, const struct ss_effect *effect) {
    struct ss_buffer frames;
    ss_buffer_init(&frames, 4 * (size_t)SS_MAX_FRAME);
    int error = ss_change_encode(client->agent->codec, effect->change.entities, effect->change.entity_count, client->last_edit,
                                 effect->change.live, &frames);
    if (error != SS_WIRE_OK) {
        ss_room_refused(client->room, "encode", ss_codec_problem(client->agent->codec));
    }
    ss_client_send(client, &frames);
}

static void send_joined(struct ss_client *client, const struct ss_effect *effect) {
    struct ss_notice notice = {.type = SS_NOTICE_JOINED};
    notice.joined.empty = effect->joined.empty;
    notice.joined.entities = effect->joined.entities;
    ss_client_tell(client, &notice);
}

static void send_digest(struct ss_client *client, const struct ss_effect *effect) {
    struct ss_notice notice = {.type = SS_NOTICE_DIGEST};
    notice.digest.id = effect->digest.id;
    notice.digest.digest = effect->digest.digest;
    ss_client_tell(client, &notice);
}

void ss_client_may_send(struct ss_client *client) {
    size_t room = ss_client_room(client);
    if (client->changes_wait && room > 0 && client->room != NULL && !client->closing) {
        client->changes_wait = false;
        struct ss_event event = {.type = SS_EV_CLIENT_READY, .client_ready = {.client = client->id, .budget = room}};
        ss_room_step(client->room, &event);
    }
}

// The client is the first member of each of these effects.
void ss_to_client(struct ss_room *room, const struct ss_effect *effect) {
    struct ss_client *client = ss_client_of(room->agent, effect->ack.client);
    if (effect->type == SS_FX_REFUSED) {
        send_refused(room, client, effect);
        return;
    }
    if (client == NULL) {
        return;
    }
    switch (effect->type) {
    case SS_FX_ACK: answer_when_files_are_there(client, false, effect->ack.id); break;
    case SS_FX_SYNCED: answer_when_files_are_there(client, true, effect->ack.id); break;
    case SS_FX_CHANGES_WAIT: client->changes_wait = true; break; // until the loop's turn ends
    case SS_FX_CHANGE: send_change(client, effect); break;
    case SS_FX_JOINED: send_joined(client, effect); break;
    case SS_FX_DIGEST: send_digest(client, effect); break;
    default: break;
    }
}

// ---- Others -----------------------------------------------------------------------------------------------------------------------------

void ss_client_have(struct ss_agent *agent, uint32_t id, const struct ss_sha256 *sha256, const char *path, const char *problem) {
    struct ss_client *client = ss_client_of(agent, id);
    if (client == NULL) {
        return;
    }
    if (path == NULL) {
        ss_client_refuse(client, NULL, "want", problem);
        return;
    }
    struct ss_notice notice = {.type = SS_NOTICE_HAVE};
    notice.have.sha256 = *sha256;
    notice.have.path = ss_slice_text(path);
    ss_client_tell(client, &notice);
}

void ss_client_describe(const struct ss_room *room, struct ss_peer_message *message) {
    const struct ss_client *who = NULL;
    for (const struct ss_client *client = room->agent->clients; client != NULL; client = client->next) {
        if (client->room == room && client->role != SS_ROLE_TOOL && !client->closing) {
            who = client; // the list begins with the newest: the oldest stays
        }
    }
    const struct ss_config *config = &room->agent->config;
    message->name = ss_slice_text(config->name != NULL ? config->name : who != NULL && who->name[0] != '\0' ? who->name : config->user);
    message->app = ss_slice_text(who != NULL ? who->app : "scenesync");
    message->app_version = ss_slice_text(who != NULL ? who->app_version : SS_VERSION);
    message->has_colour = who != NULL && who->has_colour;
    if (message->has_colour) {
        memcpy(message->colour, who->colour, sizeof(message->colour));
    }
}
