// SPDX-License-Identifier: Apache-2.0
// Files into a scene, and blobs into the cache of another machine's agent.
//
//   agent_blobs SOCKET SCENE put THREADS <paths    each file as a blob that an image names
//   agent_blobs SOCKET SCENE get THREADS <hashes   each blob, in hexadecimal
//
// Prints when all threads had joined the scene and when all was done, in seconds of the monotonic clock.
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
    bool put;
    char **lines;
    uint32_t count;
    atomic_uint next;
    pthread_barrier_t joined;
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

static void put(struct bench *bench, struct scenesync *client) {
    uint64_t id = 0;
    for (uint32_t i; (i = bench->next++) < bench->count;) {
        struct scenesync_sha256 sha256;
        uint64_t size;
        bench_check(client, scenesync_blob_give(client, bench->lines[i], NULL, &sha256, &size, BENCH_WAIT_MS), bench->lines[i]);
        name_blob(client, i, &sha256, size, &id);
    }
    if (id > 0) {
        bench_check(client, scenesync_wait_ack(client, id, BENCH_WAIT_MS), "naming blobs");
    }
}

static struct scenesync_sha256 hash_of(const char *hex) {
    struct scenesync_sha256 sha256;
    if (strlen(hex) != 2 * sizeof sha256.b) {
        bench_fail(hex, "is no hash");
    }
    for (size_t i = 0; i < sizeof sha256.b; i++) {
        const char byte[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        sha256.b[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return sha256;
}

static void get(struct bench *bench, struct scenesync *client) {
    for (uint32_t i; (i = bench->next++) < bench->count;) {
        const struct scenesync_sha256 sha256 = hash_of(bench->lines[i]);
        char path[4096];
        bench_check(client, scenesync_blob_get(client, &sha256, path, sizeof path, BENCH_WAIT_MS), bench->lines[i]);
    }
}

static void *take_part(void *context) {
    struct bench *bench = context;
    struct scenesync *client = bench_open(bench->socket, bench->scene, false);
    pthread_barrier_wait(&bench->joined);
    (bench->put ? put : get)(bench, client);
    scenesync_close(client);
    return NULL;
}

static void read_lines(struct bench *bench) {
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        bench->lines = realloc(bench->lines, (bench->count + 1) * sizeof *bench->lines);
        char *copy = strdup(line);
        if (!bench->lines || !copy) {
            bench_fail("lines", "memory was denied");
        }
        bench->lines[bench->count++] = copy;
    }
}

static void run(struct bench *bench, unsigned threads) {
    pthread_t thread[MAX_THREADS];
    pthread_barrier_init(&bench->joined, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&thread[i], NULL, take_part, bench)) {
            bench_fail("a thread", "cannot be made");
        }
    }
    pthread_barrier_wait(&bench->joined);
    double start = bench_seconds();
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
    }
    printf("%.6f %.6f\n", start, bench_seconds());
    pthread_barrier_destroy(&bench->joined);
}

int main(int argc, char **argv) {
    const unsigned long threads = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
    const bool puts = argc == 5 && strcmp(argv[3], "put") == 0;
    if (threads == 0 || threads > MAX_THREADS || (!puts && strcmp(argv[3], "get") != 0)) {
        fprintf(stderr, "usage: agent_blobs SOCKET SCENE put|get THREADS <LINES\n");
        return 2;
    }
    struct bench bench = {.socket = argv[1], .scene = argv[2], .put = puts};
    read_lines(&bench);
    run(&bench, (unsigned)threads);
    for (uint32_t i = 0; i < bench.count; i++) {
        free(bench.lines[i]);
    }
    free(bench.lines);
    return 0;
}
