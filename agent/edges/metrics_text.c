// SPDX-License-Identifier: Apache-2.0
#include "edges/metrics_text.h"

#include "edges/blobs.h"
#include "edges/broker.h"
#include "edges/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A number of the whole agent.
static void write_one(FILE *out, const char *name, const char *help, uint64_t value) {
    fprintf(out, "# HELP scenesync_%s %s\n# TYPE scenesync_%s gauge\nscenesync_%s %" PRIu64 "\n", name, help, name, name, value);
}

static double connected(const struct ss_room *room) {
    const char *why;
    return strcmp(ss_link_state(room->link, &why), "connected") == 0;
}

static double latency(const struct ss_room *room) { return ss_link_latency_ms(room->link) / 1000; }
static double entities(const struct ss_room *room) { return (double)room->entities; }
static double peers(const struct ss_room *room) { return room->peer_count; }
static double pending(const struct ss_room *room) { return (double)room->pending; }
static double failed(const struct ss_room *room) { return room->store_failed; }

// Numbers of each scene; what is below 0 is not known.
static const struct {
    const char *name, *help;
    double (*value)(const struct ss_room *room);
} NUMBERS[] = {
    {"broker_connected", "1 while the scene is connected to the broker.", connected},
    {"broker_latency_seconds", "From a state message to its acknowledgement, smoothed.", latency},
    {"entities", "Entities of the scene.", entities},
    {"peers", "Other agents that are online in the scene.", peers},
    {"pending_edits", "Edits that others may not have.", pending},
    {"disk_failed", "1 while the disk does not take the scene's edits.", failed},
};

static void write_scenes(FILE *out, const struct ss_agent *agent) {
    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        const char *name = NUMBERS[i].name;
        fprintf(out, "# HELP scenesync_%s %s\n# TYPE scenesync_%s gauge\n", name, NUMBERS[i].help, name);
        for (const struct ss_room *room = agent->rooms; room != NULL; room = room->next) {
            if (NUMBERS[i].value(room) >= 0) {
                fprintf(out, "scenesync_%s{scene=\"%s\"} %.9g\n", name, room->name, NUMBERS[i].value(room));
            }
        }
    }
    fputs("# HELP scenesync_refused_total Messages and edits that were not taken.\n# TYPE scenesync_refused_total counter\n", out);
    for (const struct ss_room *room = agent->rooms; room != NULL; room = room->next) {
        for (size_t i = 0; i < room->cause_count; i++) {
            fprintf(out, "scenesync_refused_total{scene=\"%s\",cause=\"%s\"} %" PRIu64 "\n", room->name, room->causes[i].word,
                    room->causes[i].count);
        }
    }
}

static void write_agent(FILE *out, const struct ss_agent *agent) {
    struct ss_blob_numbers blobs;
    uint64_t clients = 0;
    ss_blobs_numbers(agent->blobs, &blobs);
    for (const struct ss_client *client = agent->clients; client != NULL; client = client->next) {
        clients++;
    }
    fprintf(out, "# HELP scenesync_info The agent's version.\n# TYPE scenesync_info gauge\nscenesync_info{version=\"%s\"} 1\n", SS_VERSION);
    write_one(out, "clients", "Programs on the local link.", clients);
    if (strcmp(blobs.store, "none") != 0) {
        write_one(out, "store_ok", "1 while the asset store answers as it should.", strcmp(blobs.store, "ok") == 0);
    }
    write_one(out, "uploads", "Files that the asset store does not have yet.", blobs.uploads);
    write_one(out, "upload_bytes", "Bytes of them.", blobs.upload_bytes);
    write_one(out, "downloads", "Files that are fetched.", blobs.downloads);
    write_one(out, "download_bytes", "Bytes of them.", blobs.download_bytes);
}

static char *respond(const char *status, const char *body, size_t len, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (out == NULL) {
        abort();
    }
    fprintf(out,
            "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
            status, len);
    fwrite(body, 1, len, out);
    fclose(out);
    return text;
}

char *ss_metrics_text(const struct ss_agent *agent, size_t *size) {
    char *body = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&body, &len);
    if (out == NULL) {
        abort();
    }
    write_agent(out, agent);
    write_scenes(out, agent);
    fclose(out);
    char *text = respond("200 OK", body, len, size);
    free(body);
    return text;
}

char *ss_metrics_not_found(size_t *size) {
    static const char body[] = "there is only GET /metrics\n";
    return respond("404 Not Found", body, sizeof(body) - 1, size);
}
