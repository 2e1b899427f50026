// SPDX-License-Identifier: Apache-2.0
// What parses as a topic is built again as a topic that means the same. (Hexadecimal digits may come in either case.)
#include "again.h"
#include "wire/topics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ss_topic topic, second;
    char once[SS_MAX_TOPIC], twice[SS_MAX_TOPIC];
    if (ss_topic_parse("scenesync", ss_slice_of(data, size), &topic)) {
        must(ss_topic_build("scenesync", &topic, once));
        must(strlen(once) == size);
        must(ss_topic_parse("scenesync", ss_slice_text(once), &second) && second.type == topic.type);
        must(ss_topic_build("scenesync", &second, twice) && strcmp(once, twice) == 0);
    }
    return 0;
}
