// SPDX-License-Identifier: Apache-2.0
// What of the scene the broker's replay of its retained messages has brought so far, message by message: an entity in parts has several.
#ifndef SS_CORE_REPLAYED_H
#define SS_CORE_REPLAYED_H

#include "core/state.h"

// ss_replayed_note remembers that this replay brought a part (-1: the whole or the base) of a thing, or (not `brought`) that the broker has or
// will have it because it was told meanwhile. Without memory it is not remembered.
void ss_replayed_note(struct ss_core *core, struct ss_thing *thing, int part, bool brought);

// ss_replayed_heard tells whether, since we connected, anything of a thing came that the broker retains, or went there.
bool ss_replayed_heard(const struct ss_core *core, const struct ss_thing *thing);

// ss_replayed_whole tells whether it brought all of a thing; a tombstone of which only the stamp is left need not be there.
bool ss_replayed_whole(const struct ss_core *core, const struct ss_thing *thing);

// ss_replayed_lacks tells whether it left out something of a thing that the broker was not told meanwhile, and that no message on its way will
// tell.
bool ss_replayed_lacks(const struct ss_core *core, const struct ss_thing *thing);

// ss_replayed_publish asks for state messages of all that it left out of a change's thing.
void ss_replayed_publish(struct ss_core *core, uint32_t change);

#endif
