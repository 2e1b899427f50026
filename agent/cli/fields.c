// SPDX-License-Identifier: Apache-2.0
#include "cli/fields.h"

#include <math.h>
#include <string.h>

static bool read_item(const struct ss_known *entity, const char *name, struct scenesync_item *item) {
    struct scenesync_reader reader = scenesync_reader_of(entity ? ss_known_value(entity, name) : (struct scenesync_bytes){0});
    return scenesync_read(&reader, item);
}

static bool is_number(const struct scenesync_item *item) {
    return (item->type == SCENESYNC_INTEGER || item->type == SCENESYNC_FLOAT) && isfinite(item->number);
}

double ss_number(const struct ss_known *entity, const char *name, double fallback) {
    struct scenesync_item item;
    return read_item(entity, name, &item) && is_number(&item) ? item.number : fallback;
}

bool ss_flag(const struct ss_known *entity, const char *name, bool fallback) {
    struct scenesync_item item;
    return read_item(entity, name, &item) && item.type == SCENESYNC_BOOL ? item.boolean : fallback;
}

struct scenesync_bytes ss_text(const struct ss_known *entity, const char *name) {
    struct scenesync_item item;
    return read_item(entity, name, &item) && item.type == SCENESYNC_STRING ? item.bytes : (struct scenesync_bytes){0};
}

bool ss_text_is(const struct ss_known *entity, const char *name, const char *text) {
    struct scenesync_bytes found = ss_text(entity, name);
    return found.data && found.size == strlen(text) && memcmp(found.data, text, found.size) == 0;
}

bool ss_numbers(const struct ss_known *entity, const char *name, double *numbers, size_t count) {
    double read[16];
    struct scenesync_reader reader = scenesync_reader_of(entity ? ss_known_value(entity, name) : (struct scenesync_bytes){0});
    struct scenesync_item item;
    if (count > 16 || !scenesync_read(&reader, &item) || item.type != SCENESYNC_LIST || item.count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!scenesync_read(&reader, &item) || !is_number(&item)) {
            return false;
        }
        read[i] = item.number;
    }
    memcpy(numbers, read, count * sizeof *read);
    return true;
}

bool ss_reference(const struct ss_known *entity, const char *name, struct scenesync_uuid *id) {
    struct scenesync_item item;
    if (!read_item(entity, name, &item) || item.type != SCENESYNC_BINARY || item.bytes.size != sizeof id->b) {
        return false;
    }
    memcpy(id->b, item.bytes.data, sizeof id->b);
    return true;
}

const struct ss_known *ss_referred(const struct ss_replica *replica, const struct ss_known *entity, const char *name, const char *kind) {
    struct scenesync_uuid id;
    const struct ss_known *found = ss_reference(entity, name, &id) ? ss_replica_find(replica, kind, &id) : NULL;
    return found && ss_replica_is_there(replica, found) ? found : NULL;
}

// ---- Parents ----------------------------------------------------------------------------------------------------------------------------

static bool is_cut(const struct ss_replica *replica, const struct ss_known *object) {
    // A slower second step finds circles that do not come back to the object.
    const struct ss_known *at = object, *slow = object;
    for (bool odd = false; (at = ss_referred(replica, at, "parent", "object")); odd = !odd) {
        if (at == object || memcmp(at->id.b, object->id.b, sizeof at->id.b) > 0) {
            return at == object;
        }
        slow = odd ? ss_referred(replica, slow, "parent", "object") : slow;
        if (at == slow) {
            return false;
        }
    }
    return false;
}

const struct ss_known *ss_parent_of(const struct ss_replica *replica, const struct ss_known *object) {
    return is_cut(replica, object) ? NULL : ss_referred(replica, object, "parent", "object");
}
