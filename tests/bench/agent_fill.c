// SPDX-License-Identifier: Apache-2.0
// Fills a scene with objects as Blender sends them, each with its transform, and waits until they are durable.
//
//   agent_fill SOCKET SCENE COUNT
#include "clock.h"
#include "helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 500, OBJECT = 4, TRANSFORM = 4 };

static void write_string(struct scenesync_writer *writer, const char *text) { scenesync_write_string(writer, text, strlen(text)); }

static void write_floats(struct scenesync_writer *writer, uint32_t seed, size_t count) {
    scenesync_write_list(writer, count);
    for (size_t i = 0; i < count; i++) {
        scenesync_write_number(writer, (double)((float)(seed + i) * 0.37f));
    }
}

static void fill_object(struct scenesync_writer *writer, uint32_t number, struct scenesync_bytes values[OBJECT]) {
    const struct scenesync_uuid data = bench_uuid(0xffffffff);
    char name[32];
    snprintf(name, sizeof name, "Object.%05u", number);
    write_string(writer, name);
    values[0] = bench_value(writer);
    write_string(writer, "MESH");
    values[1] = bench_value(writer);
    scenesync_write_binary(writer, data.b, sizeof data.b);
    values[2] = bench_value(writer);
    scenesync_write_bool(writer, true);
    values[3] = bench_value(writer);
}

static void fill_transform(struct scenesync_writer *writer, uint32_t number, struct scenesync_bytes values[TRANSFORM]) {
    const size_t sizes[TRANSFORM] = {3, 3, 3, 16};
    for (uint32_t i = 0; i < TRANSFORM; i++) {
        write_floats(writer, number + i, sizes[i]);
        values[i] = bench_value(writer);
    }
}

static void fill_some(struct scenesync *client, const char *collection, uint32_t first, uint32_t rows, uint64_t *id) {
    const struct scenesync_bytes object_names[OBJECT] = {bench_text("name"), bench_text("type"), bench_text("data"),
                                                         bench_text(collection)};
    const struct scenesync_bytes transform_names[TRANSFORM] = {bench_text("location"), bench_text("rotation_euler"), bench_text("scale"),
                                                               bench_text("matrix_world")};
    struct scenesync_uuid ids[ROWS];
    struct scenesync_bytes objects[ROWS * OBJECT], transforms[ROWS * TRANSFORM];
    struct scenesync_writer *writer = scenesync_writer_create();
    for (uint32_t i = 0; i < rows; i++) {
        ids[i] = bench_uuid(first + i);
        fill_object(writer, first + i, objects + i * OBJECT);
        fill_transform(writer, first + i, transforms + i * TRANSFORM);
    }
    const struct scenesync_batch batches[] = {{bench_text("object"), rows, OBJECT, ids, object_names, objects},
                                              {bench_text("transform"), rows, TRANSFORM, ids, transform_names, transforms}};
    bench_check(client, scenesync_edit(client, batches, 2, false, id, BENCH_WAIT_MS), "making objects");
    scenesync_writer_destroy(writer);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: agent_fill SOCKET SCENE COUNT\n");
        return 2;
    }
    const uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
    struct scenesync *client = bench_open(argv[1], argv[2], false);
    struct scenesync_uuid scene;
    char collection[64] = "collections/";
    scenesync_uuid_singleton(argv[2], "scene", &scene);
    for (size_t i = 0; i < sizeof scene.b; i++) {
        snprintf(collection + 12 + 2 * i, 3, "%02x", scene.b[i]);
    }
    double start = bench_seconds();
    uint64_t id = 0;
    for (uint32_t first = 0; first < count; first += ROWS) {
        fill_some(client, collection, first, count - first < ROWS ? count - first : ROWS, &id);
    }
    bench_check(client, scenesync_wait_ack(client, id, BENCH_WAIT_MS), "making objects");
    printf("%u %.6f\n", count, bench_seconds() - start);
    scenesync_close(client);
    return 0;
}
