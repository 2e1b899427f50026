// SPDX-License-Identifier: Apache-2.0
#include "core/state.h"

enum { SS_EFFECTS_MAX = 1 << 26 };

bool ss_fx_room(struct ss_core *core, size_t more) { return ss_array_room(&core->effects, ss_memory(core), more, SS_EFFECTS_MAX); }

struct ss_effect *ss_fx_push(struct ss_core *core, enum ss_effect_type type) {
    struct ss_effect *effect = &core->effects.items[core->effects.count++];
    *effect = (struct ss_effect){.type = type};
    return effect;
}

void ss_fx_refuse(struct ss_core *core, uint32_t client, uint64_t id, enum ss_error error, const char *cause, const char *text) {
    if (!ss_fx_room(core, 1))
        return;
    struct ss_effect *effect = ss_fx_push(core, SS_FX_REFUSED);
    effect->refused.client = client;
    effect->refused.id = id;
    effect->refused.error = error;
    effect->refused.cause = cause;
    effect->refused.text = text;
}

// All that one step stores is one transaction.
uint64_t ss_txn(struct ss_core *core) {
    if (core->txn == 0)
        core->txn = ++core->last_txn;
    return core->txn;
}

void ss_fx_store(struct ss_core *core, struct ss_slice key, struct ss_slice value) {
    struct ss_effect *effect = ss_fx_push(core, SS_FX_STORE);
    effect->store.txn = ss_txn(core);
    effect->store.key = key;
    effect->store.value = value;
}
