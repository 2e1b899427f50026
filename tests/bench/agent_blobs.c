// SPDX-License-Identifier: Apache-2.0
// Files into a scene, and out of it on another machine.
//
//   agent_blobs SOCKET SCENE put THREADS <paths   each file as a blob that an image names
//   agent_blobs SOCKET SCENE get COUNT            waits until the agent has sent COUNT images and their blobs
//
// Prints the seconds that took.
#include "clock.h"
#include "helpers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 16 };

struct bench {
    const char *socket, *scene;
    char **paths;
    uint32_t count;
    atomic_uint next;
};

static void write_text(struct scenesync_writer *writer, const char *text) { scenesync_write_string(writer, text, strlen(text)); }

// An image that was made here and whose pixels are the blob.
static void name_blob(struct scenesync *client, uint32_t number, const struct scenesync_sha256 *sha256, uint64_t size, uint64_t *id) {
    const struct scenesync_uuid uuid = bench_uuid(number);
    const struct scenesync_bytes names[] = {bench_text("name"), bench_text("properties/blob")};
    struct scenesync_bytes values[2];
    struct scenesync_writer *writer = scenesync_writer_create();
    write_text(writer, "Image");
    values[0] = bench_value(writer);
    scenesync_write_map(writer, 2);
    write_text(writer, "sha256");
    scenesync_write_binary(writer, sha256->b, sizeof sha256->b);
    write_text(writer, "size");
    scenesync_write_number(writer, (double)size);
    values[1] = bench_value(writer);
    const struct scenesync_batch batch = {bench_text("image"), 1, 2, &uuid, names, values};
    bench_check(client, scenesync_edit(client, &batch, 1, false, id, BENCH_WAIT_MS), "naming a blob");
    scenesync_writer_destroy(writer);
}

static void *put_some(void *context) {
    struct bench *bench = context;
    struct scenesync *client = bench_open(bench->socket, bench->scene, false);
    uint64_t id = 0;
    for (uint32_t i; (i = bench->next++) < bench->count;) {
        struct scenesync_sha256 sha256;
        uint64_t size;
        bench_check(client, scenesync_blob_give(client, bench->paths[i], NULL, &sha256, &size, BENCH_WAIT_MS), bench->paths[i]);
        name_blob(client, i, &sha256, size, &id);
    }
    if (id > 0) {
        bench_check(client, scenesync_wait_ack(client, id, BENCH_WAIT_MS), "naming blobs");
    }
    scenesync_close(client);
    return NULL;
}

static void read_paths(struct bench *bench) {
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        bench->paths = realloc(bench->paths, (bench->count + 1) * sizeof *bench->paths);
        char *path = strdup(line);
        if (!bench->paths || !path) {
            bench_fail("paths", "memory was denied");
        }
        bench->paths[bench->count++] = path;
    }
}

static void put_all(struct bench *bench, unsigned threads) {
    pthread_t thread[MAX_THREADS];
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&thread[i], NULL, put_some, bench)) {
            bench_fail("a thread", "cannot be made");
        }
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
    }
}

// A field that names a blob is sent once the blob is in the cache.
static size_t count_blobs(const struct scenesync_change *change) {
    size_t found = 0;
    for (size_t i = 0; i < change->batch_count; i++) {
        const struct scenesync_batch *batch = &change->batches[i];
        for (size_t column = 0; column < batch->columns; column++) {
            found += batch->names[column].size == 15 && memcmp(batch->names[column].data, "properties/blob", 15) == 0 ? batch->rows : 0;
        }
    }
    return found;
}

static void get_all(const struct bench *bench, size_t count) {
    struct scenesync *client = bench_open(bench->socket, bench->scene, true);
    for (size_t found = 0; found < count;) {
        struct scenesync_event event;
        bench_check(client, scenesync_next(client, &event, BENCH_WAIT_MS), "waiting for blobs");
        found += event.type == SCENESYNC_CHANGE ? count_blobs(&event.change) : 0;
    }
    scenesync_close(client);
}

int main(int argc, char **argv) {
    const bool put = argc == 5 && strcmp(argv[3], "put") == 0;
    const unsigned long number = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
    if (argc != 5 || (!put && strcmp(argv[3], "get") != 0) || number == 0 || (put && number > MAX_THREADS)) {
        fprintf(stderr, "usage: agent_blobs SOCKET SCENE put THREADS <PATHS | get COUNT\n");
        return 2;
    }
    struct bench bench = {.socket = argv[1], .scene = argv[2]};
    if (put) {
        read_paths(&bench);
    }
    double start = bench_seconds();
    if (put) {
        put_all(&bench, (unsigned)number);
    } else {
        get_all(&bench, number);
    }
    printf("%.6f\n", bench_seconds() - start);
    for (uint32_t i = 0; i < bench.count; i++) {
        free(bench.paths[i]);
    }
    free(bench.paths);
    return 0;
}
