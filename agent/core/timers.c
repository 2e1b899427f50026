// SPDX-License-Identifier: Apache-2.0
#include "core/handlers.h"

uint64_t ss_random(struct ss_core *core) {
    core->random += 0x9e3779b97f4a7c15U;
    return ss_mix(core->random);
}

void ss_timer_by(struct ss_core *core, enum ss_timer timer, uint64_t at) {
    if (at < core->due[timer])
        core->due[timer] = at;
}

void ss_timer_stop(struct ss_core *core, enum ss_timer timer) { core->due[timer] = SS_NEVER; }

static void ss_timer_nothing(struct ss_core *core) { (void)core; } // the pumps at the end of every step do the work

// Each does what is due and sets its timer anew; what memory denies it tries again after SS_RETRY_MS.
static void (*const ss_timer_run[SS_TIMER_COUNT])(struct ss_core *core) = {
    [SS_TIMER_LIVE] = ss_live_tick,          [SS_TIMER_SETTLE] = ss_live_settle,        [SS_TIMER_OVERLAY] = ss_overlay_expire,
    [SS_TIMER_REPAIR] = ss_repair_run,       [SS_TIMER_PEER] = ss_peer_publish,         [SS_TIMER_LOST] = ss_peer_expire,
    [SS_TIMER_SYNC] = ss_sync_timeout,       [SS_TIMER_WANT] = ss_sync_consider,        [SS_TIMER_REPLY] = ss_reply_run,
    [SS_TIMER_QUIET] = ss_replay_quiet,      [SS_TIMER_JOIN] = ss_timer_nothing,        [SS_TIMER_BLOB] = ss_blob_retry,
    [SS_TIMER_ASIDE] = ss_aside_run,         [SS_TIMER_SWEEP] = ss_tombstone_sweep,     [SS_TIMER_RESAVE] = ss_resave_run,
    [SS_TIMER_REPUBLISH] = ss_republish_run, [SS_TIMER_CHECKPOINT] = ss_checkpoint_run, [SS_TIMER_KEEP] = ss_keeper_run,
    [SS_TIMER_RETRY] = ss_timer_nothing,
};

void ss_timers_run(struct ss_core *core) {
    for (int i = 0; i < SS_TIMER_COUNT; i++) {
        if (core->due[i] > core->now)
            continue;
        core->due[i] = SS_NEVER;
        ss_timer_run[i](core);
    }
}
