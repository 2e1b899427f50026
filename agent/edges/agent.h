// SPDX-License-Identifier: Apache-2.0
// The agent's whole state. Made once in main, passed down, used by the loop's thread only.
#ifndef SS_EDGES_AGENT_H
#define SS_EDGES_AGENT_H

#include "core/core.h"
#include "edges/config.h"
#include "edges/data_dir.h"
#include "edges/listen.h"
#include "edges/mailbox.h"
#include "util/buffer.h"
#include "wire/codec.h"

#include <uv.h>

struct ss_blobs;
struct ss_client;
struct ss_metrics;
struct ss_room;
struct ss_scene;
struct ss_store;

struct ss_agent {
    struct ss_config config;
    uv_loop_t *loop;
    struct ss_mailbox mailbox;
    struct ss_data_dir data;
    struct ss_store *store;
    struct ss_blobs *blobs;
    struct ss_room *rooms;     // list, by `next`
    struct ss_scene *scenes;   // list of those on the disk that are not open
    struct ss_client *clients; // list, by `next`
    uint32_t last_client;
    struct ss_listener listener;
    struct ss_metrics *metrics; // NULL: not served
    uv_prepare_t turn;          // gives clients what has changed
    struct ss_codec *codec;     // for one message at a time; nothing decoded with it outlives the handler
    struct ss_buffer scratch;   // for one outgoing payload at a time
    int64_t clock_offset_ms;
    bool clock_known;
    bool closing;
};

#define SS_VERSION "0.1.0"

uint64_t ss_now_ms(const struct ss_agent *agent);
uint64_t ss_wall_ms(void);

#endif
