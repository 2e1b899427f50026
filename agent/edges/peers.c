// SPDX-License-Identifier: Apache-2.0
#include "edges/peers.h"

#include "edges/client.h"
#include "edges/log.h"
#include "edges/memory.h"
#include "util/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { MAX_PEERS = 4096, MAX_TEXT = 128 };

struct ss_text {
    size_t len;
    char bytes[MAX_TEXT];
};

struct ss_peer {
    UT_hash_handle hh;
    struct ss_origin origin;
    struct ss_text user, name, app, app_version;
    bool has_colour;
    float colour[3];
    bool online;
};

static bool put_text(struct ss_text *text, struct ss_slice value) {
    size_t len = value.len < MAX_TEXT ? value.len : MAX_TEXT;
    while (len < value.len && len > 0 && (value.data[len] & 0xc0) == 0x80) {
        len--; // not in the middle of a character
    }
    if (len == text->len && (len == 0 || memcmp(text->bytes, value.data, len) == 0)) {
        return false;
    }
    text->len = len;
    memcpy(text->bytes, value.data, len);
    return true;
}

static struct ss_slice text_slice(const struct ss_text *text) { return (struct ss_slice){(const uint8_t *)text->bytes, text->len}; }

// A broker retains what was said of everybody who ever was there: those give their places to others.
static void make_room(struct ss_room *room) {
    struct ss_peer *peer, *next;
    HASH_ITER(hh, room->peers, peer, next) {
        if (HASH_COUNT(room->peers) < MAX_PEERS) {
            return;
        }
        if (!peer->online) {
            HASH_DEL(room->peers, peer);
            free(peer);
        }
    }
}

static struct ss_peer *find(struct ss_room *room, const struct ss_origin *origin) {
    struct ss_peer *peer;
    HASH_FIND(hh, room->peers, origin, sizeof(*origin), peer);
    if (peer == NULL) {
        make_room(room);
    }
    if (peer == NULL && HASH_COUNT(room->peers) < MAX_PEERS) {
        peer = ss_new(sizeof(*peer));
        peer->origin = *origin;
        HASH_ADD(hh, room->peers, origin, sizeof(peer->origin), peer);
    }
    return peer;
}

static struct ss_notice notice_of(const struct ss_peer *peer) {
    struct ss_notice notice = {.type = SS_NOTICE_PEER};
    notice.peer.origin = peer->origin;
    notice.peer.user = text_slice(&peer->user);
    notice.peer.name = text_slice(&peer->name);
    notice.peer.has_colour = peer->has_colour;
    memcpy(notice.peer.colour, peer->colour, sizeof(peer->colour));
    notice.peer.app = text_slice(&peer->app);
    notice.peer.app_version = text_slice(&peer->app_version);
    notice.peer.online = peer->online;
    return notice;
}

void ss_peers_message(struct ss_room *room, const struct ss_origin *origin, struct ss_slice user, const struct ss_peer_message *message) {
    struct ss_peer *peer = find(room, origin);
    if (peer == NULL) {
        return;
    }
    bool changed = put_text(&peer->user, user);
    changed |= put_text(&peer->name, message->name);
    changed |= put_text(&peer->app, message->app);
    changed |= put_text(&peer->app_version, message->app_version);
    changed |= peer->has_colour != message->has_colour;
    changed |= memcmp(peer->colour, message->colour, sizeof(peer->colour)) != 0;
    peer->has_colour = message->has_colour;
    memcpy(peer->colour, message->colour, sizeof(peer->colour));
    if (changed && peer->online) {
        struct ss_notice notice = notice_of(peer);
        ss_clients_tell(room, &notice);
    }
}

void ss_peers_changed(struct ss_room *room, const struct ss_origin *origin, bool online) {
    struct ss_peer *peer = find(room, origin);
    if (peer == NULL || peer->online == online) {
        return;
    }
    peer->online = online;
    ss_log("scene %s: %.*s %s", room->name, peer->name.len > 0 ? (int)peer->name.len : 6, peer->name.len > 0 ? peer->name.bytes : "a peer",
           online ? "is here" : "has left");
    struct ss_notice notice = notice_of(peer);
    ss_clients_tell(room, &notice);
}

// ---- Programs at this agent -------------------------------------------------------------------------------------------------------------

static struct ss_notice notice_of_client(const struct ss_client *client, bool online) {
    const struct ss_config *config = &client->agent->config;
    struct ss_notice notice = {.type = SS_NOTICE_PEER};
    notice.peer.origin = client->origin;
    notice.peer.user = ss_slice_text(config->user);
    notice.peer.name = ss_slice_text(client->name[0] != '\0' ? client->name : config->name != NULL ? config->name : config->user);
    notice.peer.has_colour = client->has_colour;
    memcpy(notice.peer.colour, client->colour, sizeof(client->colour));
    notice.peer.app = ss_slice_text(client->app);
    notice.peer.app_version = ss_slice_text(client->app_version);
    notice.peer.online = online;
    return notice;
}

static bool is_person(const struct ss_room *room, const struct ss_client *client) {
    return client->room == room && client->role != SS_ROLE_TOOL && !client->closing;
}

static void tell_of_clients(struct ss_room *room, struct ss_client *client) {
    for (const struct ss_client *other = room->agent->clients; other != NULL; other = other->next) {
        if (other != client && is_person(room, other)) {
            struct ss_notice notice = notice_of_client(other, true);
            ss_client_tell(client, &notice);
        }
    }
}

void ss_peers_here(struct ss_room *room, const struct ss_client *client, bool online) {
    if (client->role == SS_ROLE_TOOL) {
        return;
    }
    struct ss_notice notice = notice_of_client(client, online);
    for (struct ss_client *other = room->agent->clients; other != NULL; other = other->next) {
        if (other != client && other->room == room && !other->closing) {
            ss_client_tell(other, &notice);
        }
    }
}

void ss_peers_tell(struct ss_room *room, struct ss_client *client) {
    for (struct ss_peer *peer = room->peers; peer != NULL; peer = peer->hh.next) {
        if (peer->online) {
            struct ss_notice notice = notice_of(peer);
            ss_client_tell(client, &notice);
        }
    }
    tell_of_clients(room, client);
}

void ss_peers_free(struct ss_room *room) {
    struct ss_peer *peer, *next;
    HASH_ITER(hh, room->peers, peer, next) {
        HASH_DEL(room->peers, peer);
        free(peer);
    }
}
