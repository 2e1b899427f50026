// SPDX-License-Identifier: Apache-2.0
#include "edges/host.h"

#include "edges/small_file.h"
#include "util/sha256.h"
#include "wire/topics.h"

#include <stdio.h>
#include <string.h>

enum { MACHINE_BYTES = 8, ID_TEXT = 64, HOST_TEXT = 256 };

// The machine's id is nobody's business; its hash tells machines apart as well. Empty: the machine has none.
static void machine_id(char hex[2 * MACHINE_BYTES + 1]) {
    char id[ID_TEXT];
    ssize_t len = ss_small_read("/etc", "machine-id", id, sizeof(id));
    struct ss_sha256_state *state = ss_sha256_create();
    struct ss_sha256 hash;
    hex[0] = '\0';
    if (len > 0 && state != NULL) {
        ss_sha256_begin(state);
        ss_sha256_add(state, "scenesync", strlen("scenesync"));
        ss_sha256_add(state, id, (size_t)len);
        ss_sha256_end(state, &hash);
        ss_hex_format(hash.b, MACHINE_BYTES, hex);
    }
    ss_sha256_destroy(state);
}

static void boot_id(char id[ID_TEXT]) {
    ssize_t len = ss_small_read("/proc/sys/kernel/random", "boot_id", id, ID_TEXT - 1);
    id[len > 0 ? len : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
}

// A line `key value` of the file; empty when it has none.
static void line_of(const char *text, const char *key, char value[ID_TEXT]) {
    const char *at = strstr(text, key);
    value[0] = '\0';
    if (at != NULL) {
        snprintf(value, ID_TEXT, "%.*s", (int)strcspn(at + strlen(key), "\n"), at + strlen(key));
    }
}

const char *ss_host_strange(const char *root) {
    char text[HOST_TEXT], then[ID_TEXT], machine[2 * MACHINE_BYTES + 1], boot[ID_TEXT];
    ssize_t len = ss_small_read(root, "host", text, sizeof(text) - 1);
    text[len > 0 ? len : 0] = '\0';
    machine_id(machine);
    line_of(text, "machine ", then);
    if (then[0] != '\0' && machine[0] != '\0' && strcmp(then, machine) != 0) {
        return "it comes from another machine, whose agent may still use it";
    }
    boot_id(boot);
    line_of(text, "boot ", then);
    if (then[0] != '\0' && strcmp(then, boot) != 0) {
        return "this machine went down while durability was relaxed, so the last edits may be missing here that others have already";
    }
    return NULL;
}

bool ss_host_write(const char *root, bool relaxed) {
    char text[HOST_TEXT], machine[2 * MACHINE_BYTES + 1], boot[ID_TEXT];
    machine_id(machine);
    boot_id(boot);
    int len = snprintf(text, sizeof(text), "machine %s\n%s%s%s", machine, relaxed ? "boot " : "", relaxed ? boot : "", relaxed ? "\n" : "");
    return ss_small_write(root, "host", text, (size_t)len);
}
