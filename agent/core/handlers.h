// SPDX-License-Identifier: Apache-2.0
// One handler per event, one per timer, and the pumps that end every step.
#ifndef SS_CORE_HANDLERS_H
#define SS_CORE_HANDLERS_H

#include "core/state.h"

// Events. Errors: SS_ENOMEM and SS_EINVAL; nothing has then happened.
int ss_on_restored(struct ss_core *core, const struct ss_event *event);
int ss_on_start(struct ss_core *core);
int ss_on_client_joined(struct ss_core *core, const struct ss_event *event);
int ss_on_client_ready(struct ss_core *core, const struct ss_event *event);
int ss_on_client_left(struct ss_core *core, const struct ss_event *event);
int ss_on_client_sync(struct ss_core *core, const struct ss_event *event);
int ss_on_edit(struct ss_core *core, const struct ss_event *event);
int ss_on_stored(struct ss_core *core, const struct ss_event *event);
int ss_on_store_failed(struct ss_core *core, const struct ss_event *event);
int ss_on_answered(struct ss_core *core);
int ss_on_connected(struct ss_core *core, const struct ss_event *event);
int ss_on_disconnected(struct ss_core *core);
int ss_on_replayed(struct ss_core *core);
int ss_on_published(struct ss_core *core, const struct ss_event *event);
int ss_on_looks_on(struct ss_core *core);
int ss_on_state(struct ss_core *core, const struct ss_event *event);
int ss_on_live(struct ss_core *core, const struct ss_event *event);
int ss_on_peer(struct ss_core *core, const struct ss_event *event);
int ss_on_online(struct ss_core *core, const struct ss_event *event);
int ss_on_sync_called(struct ss_core *core, const struct ss_event *event);
int ss_on_sync_replied(struct ss_core *core, const struct ss_event *event);
int ss_on_checkpoint(struct ss_core *core, const struct ss_event *event);
int ss_on_snapshot(struct ss_core *core, const struct ss_event *event);
int ss_on_blob_present(struct ss_core *core, const struct ss_event *event);
int ss_on_blob_uploaded(struct ss_core *core, const struct ss_event *event);
int ss_on_blob_missing(struct ss_core *core, const struct ss_event *event);
int ss_on_blob_gone(struct ss_core *core, const struct ss_event *event);
int ss_on_clock_offset(struct ss_core *core, const struct ss_event *event);
int ss_on_digest_wanted(struct ss_core *core, const struct ss_event *event);

// Timers.
void ss_live_tick(struct ss_core *core);
void ss_live_settle(struct ss_core *core);
void ss_overlay_expire(struct ss_core *core);
void ss_repair_run(struct ss_core *core);
void ss_peer_publish(struct ss_core *core);
void ss_holes_run(struct ss_core *core); // not a timer: as often as that
void ss_peer_expire(struct ss_core *core);
void ss_sync_timeout(struct ss_core *core);
void ss_sync_consider(struct ss_core *core);
void ss_reply_run(struct ss_core *core);
void ss_replay_quiet(struct ss_core *core);
void ss_replay_peer_gone(struct ss_core *core); // not timers: when one is lost, when one was heard, and to have the broker replay all
void ss_replay_yield(struct ss_core *core);
void ss_replay_again(struct ss_core *core);
void ss_blob_retry(struct ss_core *core);
void ss_aside_run(struct ss_core *core);
void ss_tombstone_sweep(struct ss_core *core);
void ss_resave_run(struct ss_core *core);
void ss_republish_run(struct ss_core *core);
void ss_checkpoint_run(struct ss_core *core);
void ss_keeper_run(struct ss_core *core);

// Pumps.
void ss_acks_pump(struct ss_core *core);
void ss_clients_pump(struct ss_core *core);
void ss_status_pump(struct ss_core *core);

#endif
