// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interrupt.h"
#include "cli/print.h"

struct watch {
    const struct ss_cli *cli;
    struct ss_replica *replica;
    const char *extra; // a kind that was joined for its names only
    bool joined;
};

static void print_text(const struct ss_known *row, const struct ss_replica *replica, bool live) {
    const struct ss_known *entity = ss_replica_find(replica, row->kind, &row->id);
    ss_print_heading(stdout, replica, entity);
    for (size_t i = 0; i < row->count; i++) {
        fputc(' ', stdout);
        ss_print_field(stdout, row->kind, &row->fields[i]);
    }
    fputs(live ? " (live)\n" : "\n", stdout);
}

static void print_json(const struct ss_known *row, const struct ss_replica *replica, bool live) {
    char id[37];
    const struct ss_known *entity = ss_replica_find(replica, row->kind, &row->id);
    struct scenesync_bytes name = ss_replica_name(replica, entity);
    scenesync_uuid_format(&row->id, id);
    printf("{\"kind\": \"%s\", \"id\": \"%s\", \"name\": ", row->kind, id);
    if (name.data) {
        ss_json_string(stdout, (const char *)name.data, name.size);
    } else {
        fputs("null", stdout);
    }
    printf(", \"live\": %s, \"fields\": {", live ? "true" : "false");
    for (size_t i = 0; i < row->count; i++) {
        const struct ss_known_field *field = &row->fields[i];
        fputs(i > 0 ? ", " : "", stdout);
        ss_json_string(stdout, (const char *)field->name.data, field->name.size);
        fputs(": ", stdout);
        ss_json_value(stdout, ss_json_field(row->kind, (const char *)field->name.data, field->name.size), field->value);
    }
    fputs("}}\n", stdout);
}

static void print_row(const struct watch *watch, const struct scenesync_batch *batch, size_t at, bool live) {
    struct ss_known row = {.id = batch->ids[at], .count = batch->columns};
    snprintf(row.kind, sizeof row.kind, "%.*s", (int)batch->kind.size, (const char *)batch->kind.data);
    if (watch->extra && strcmp(watch->extra, row.kind) == 0) {
        return;
    }
    struct ss_known_field *fields = ss_memory(calloc(batch->columns + 1, sizeof *fields));
    for (size_t i = 0; i < batch->columns; i++) {
        fields[i] = (struct ss_known_field){batch->names[i], batch->values[at * batch->columns + i]};
    }
    row.fields = fields;
    if (watch->cli->json) {
        print_json(&row, watch->replica, live);
    } else {
        print_text(&row, watch->replica, live);
    }
    free(fields);
}

static void take(struct watch *watch, const struct scenesync_event *event) {
    if (event->type == SCENESYNC_JOINED) {
        watch->joined = true;
    }
    if (event->type != SCENESYNC_CHANGE) {
        return;
    }
    ss_replica_apply(watch->replica, &event->change);
    for (size_t i = 0; watch->joined && i < event->change.batch_count; i++) {
        for (size_t row = 0; row < event->change.batches[i].rows; row++) {
            print_row(watch, &event->change.batches[i], row, event->change.live);
        }
    }
}

static int follow(struct ss_cli *cli, struct watch *watch) {
    while (!ss_interrupted() && !ferror(stdout)) {
        struct scenesync_event event;
        int error = scenesync_next(cli->client, &event, 3600 * 1000);
        if (error && error != SCENESYNC_TIMEOUT) {
            ss_cli_check(cli, error);
            return SS_EXIT_FAILED;
        }
        if (!error) {
            take(watch, &event);
        }
    }
    return ss_interrupted() ? SS_EXIT_OK : SS_EXIT_FAILED;
}

// Names of transforms are those of objects, so these are asked for too.
static const char *extra_kind(char **kinds, size_t count) {
    bool transform = false, object = false;
    for (size_t i = 0; i < count; i++) {
        transform = transform || strcmp(kinds[i], "transform") == 0;
        object = object || strcmp(kinds[i], "object") == 0;
    }
    return transform && !object ? "object" : NULL;
}

static bool are_kinds(char **names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!ss_schema_kind(names[i], strlen(names[i]))) {
            ss_fail("%s: this version knows no such kind; without one, all are watched", names[i]);
            return false;
        }
    }
    return true;
}

static int run(struct ss_cli *cli) {
    size_t count = (size_t)cli->count - 1;
    if (!are_kinds(cli->arguments + 1, count)) {
        return SS_EXIT_FAILED;
    }
    struct ss_replica replica = {0};
    struct watch watch = {.cli = cli, .replica = &replica, .extra = extra_kind(cli->arguments + 1, count)};
    const char **kinds = ss_memory(calloc(count + 1, sizeof *kinds));
    for (size_t i = 0; i < count; i++) {
        kinds[i] = cli->arguments[1 + i];
    }
    kinds[count] = watch.extra;
    count += watch.extra ? 1 : 0;
    ss_catch_interrupts();
    setvbuf(stdout, NULL, _IOLBF, 0);
    int status = SS_EXIT_FAILED;
    if (ss_cli_open(cli) && ss_cli_check(cli, scenesync_join(cli->client, cli->arguments[0], kinds, count, true, cli->timeout_ms))) {
        status = follow(cli, &watch);
    }
    free(kinds);
    ss_replica_finish(&replica);
    return status;
}

const struct ss_command ss_command_watch = {
    .name = "watch",
    .usage = "watch SCENE [KIND…] [--json]",
    .help = "Prints one change per line until interrupted: KIND/ID, the name, and the fields that changed; (live) while somebody drags.\n"
            "What was there before is not printed; `scenesync dump` does that.\n",
    .least = 1,
    .most = -1,
    .run = run,
};
