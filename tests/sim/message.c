// SPDX-License-Identifier: Apache-2.0
// Deep copies of what travels, so that a message outlives the step that made it.
#include <stdlib.h>

#include "sim.h"

struct sim_message *sim_message_create(int type) {
    struct sim_message *message = calloc(1, sizeof *message);
    message->refs = 1;
    message->type = (unsigned)type;
    ss_scratch_init(&message->memory, &ss_heap);
    return message;
}

struct sim_message *sim_message_hold(struct sim_message *message) {
    message->refs++;
    return message;
}

void sim_message_drop(struct sim_message *message) {
    if (message == NULL || --message->refs > 0)
        return;
    ss_scratch_finish(&message->memory);
    free(message);
}

struct ss_slice sim_copy_slice(struct sim_message *message, struct ss_slice slice) {
    return ss_slice_of(ss_scratch_copy(&message->memory, slice.data, slice.len), slice.len);
}

struct ss_vector sim_copy_vector(struct sim_message *message, const struct ss_vector *vector) {
    return (struct ss_vector){vector->count, ss_scratch_copy(&message->memory, vector->entries, vector->count * sizeof *vector->entries)};
}

struct ss_entity sim_copy_entity(struct sim_message *message, const struct ss_entity *entity) {
    struct ss_field *fields = ss_scratch_copy(&message->memory, entity->fields, entity->field_count * sizeof *fields);
    for (size_t i = 0; i < entity->field_count; i++) {
        fields[i].name = sim_copy_slice(message, fields[i].name);
        fields[i].value = sim_copy_slice(message, fields[i].value);
    }
    return (struct ss_entity){sim_copy_slice(message, entity->kind), entity->uuid, entity->field_count, fields};
}

void sim_copy_live(struct sim_message *message, const struct ss_batch *batch, const struct ss_stamp *stamps) {
    struct ss_batch *copy = &message->live.batch;
    *copy = *batch;
    copy->kind = sim_copy_slice(message, batch->kind);
    copy->ids = ss_scratch_copy(&message->memory, batch->ids, batch->rows * sizeof *batch->ids);
    struct ss_slice *names = ss_scratch_copy(&message->memory, batch->names, batch->columns * sizeof *names);
    struct ss_slice *values = ss_scratch_copy(&message->memory, batch->values, batch->rows * batch->columns * sizeof *values);
    for (size_t i = 0; i < batch->columns; i++)
        names[i] = sim_copy_slice(message, names[i]);
    for (size_t i = 0; i < batch->rows * batch->columns; i++)
        values[i] = sim_copy_slice(message, values[i]);
    copy->names = names;
    copy->values = values;
    message->live.stamps = ss_scratch_copy(&message->memory, stamps, batch->rows * sizeof *stamps);
}

void sim_copy_reply(struct sim_message *message, const struct ss_ev_sync_reply *reply) {
    struct ss_ev_sync_reply *copy = &message->reply;
    *copy = *reply;
    struct ss_entity *entities = ss_scratch_copy(&message->memory, reply->entities, reply->entity_count * sizeof *entities);
    struct ss_vector *touched = ss_scratch_copy(&message->memory, reply->touched, reply->entity_count * sizeof *touched);
    for (size_t i = 0; i < reply->entity_count; i++) {
        entities[i] = sim_copy_entity(message, &reply->entities[i]);
        touched[i] = sim_copy_vector(message, &reply->touched[i]);
    }
    copy->entities = entities;
    copy->touched = touched;
    copy->vector = sim_copy_vector(message, &reply->vector);
}
