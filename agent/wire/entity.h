// SPDX-License-Identifier: Apache-2.0
// An entity with stamped fields as state messages and snapshots write it.
#ifndef SS_WIRE_ENTITY_H
#define SS_WIRE_ENTITY_H

#include "wire/map.h"

// ss_entity_record is one entity as its keys see it.
struct ss_entity_record {
    struct ss_slice kind;
    struct ss_uuid uuid;
    bool has_from;
    struct ss_origin from;
    bool has_seq;
    uint64_t seq;
    struct ss_stamp stamp;
    struct ss_slice raw_fields; // reading: the map as it came
    struct ss_slice raw_stamps;
    struct ss_entity entity; // writing: where fields come from
    bool parts;
    struct ss_vector touched; // in snapshots: per origin the last seq that touched it
};

// The keys `fields` and `stamps` of a record, at offset 0.
extern const struct ss_key_type SS_FIELDS;
extern const struct ss_key_type SS_STAMPS;

// ss_record_of makes a record to write: its stamp is the newest of the fields'.
struct ss_entity_record ss_record_of(const struct ss_entity *entity);

// ss_record_entity makes the entity of a record that was read, fields sorted and canonical.
int ss_record_entity(struct ss_codec *codec, const struct ss_entity_record *record, struct ss_entity *entity);

#endif
