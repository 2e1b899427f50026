// SPDX-License-Identifier: Apache-2.0
#include "gltf/draft.h"

#include <stdlib.h>
#include <string.h>

void ss_draft_begin(struct ss_draft *draft, struct ss_cli *cli, const char *kind, const struct scenesync_uuid *id) {
    *draft = (struct ss_draft){.cli = cli, .kind = kind, .id = *id, .writer = ss_memory(scenesync_writer_create())};
}

void ss_draft_put(struct ss_draft *draft, const char *name) {
    struct scenesync_bytes value;
    if (!scenesync_writer_take(draft->writer, &value)) {
        exit(ss_fail("memory was denied"));
    }
    draft->names = ss_memory(realloc(draft->names, (draft->count + 1) * sizeof *draft->names));
    draft->values = ss_memory(realloc(draft->values, (draft->count + 1) * sizeof *draft->values));
    draft->names[draft->count] = (struct scenesync_bytes){ss_memory(strdup(name)), strlen(name)};
    draft->values[draft->count++] = value;
}

void ss_draft_text(struct ss_draft *draft, const char *name, const char *text) {
    scenesync_write_string(draft->writer, text, strlen(text));
    ss_draft_put(draft, name);
}

void ss_draft_number(struct ss_draft *draft, const char *name, double number) {
    scenesync_write_number(draft->writer, number);
    ss_draft_put(draft, name);
}

void ss_draft_numbers(struct ss_draft *draft, const char *name, const double *numbers, size_t count) {
    scenesync_write_list(draft->writer, count);
    for (size_t i = 0; i < count; i++) {
        scenesync_write_number(draft->writer, numbers[i] + 0.0); // no negative zeros, which are no integers
    }
    ss_draft_put(draft, name);
}

void ss_draft_flag(struct ss_draft *draft, const char *name, bool flag) {
    scenesync_write_bool(draft->writer, flag);
    ss_draft_put(draft, name);
}

void ss_draft_reference(struct ss_draft *draft, const char *name, const struct scenesync_uuid *id) {
    scenesync_write_binary(draft->writer, id->b, sizeof id->b);
    ss_draft_put(draft, name);
}

bool ss_draft_send(struct ss_draft *draft) {
    struct scenesync_batch batch = {.kind = {(const uint8_t *)draft->kind, strlen(draft->kind)},
                                    .rows = 1,
                                    .columns = draft->count,
                                    .ids = &draft->id,
                                    .names = draft->names,
                                    .values = draft->values};
    uint64_t id;
    return ss_cli_check(draft->cli, scenesync_edit(draft->cli->client, &batch, 1, false, &id, draft->cli->timeout_ms));
}

void ss_draft_finish(struct ss_draft *draft) {
    for (size_t i = 0; i < draft->count; i++) {
        free((void *)(uintptr_t)draft->names[i].data);
    }
    free(draft->names);
    free(draft->values);
    scenesync_writer_destroy(draft->writer);
}
