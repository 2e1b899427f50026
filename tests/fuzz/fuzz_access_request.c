// SPDX-License-Identifier: Apache-2.0
// What an owner asks of `scenesync access`, and what the broker's dynamic security plugin says to it. The input is the request's topic, the
// request, and the plugin's answers, with NULs between. Whatever they are, what is asked for is done or it is said why not.
#include <stdlib.h>
#include <string.h>

#include "access/owner.h"
#include "util/bytes.h"
#include "wire/topics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ss_control control;
static struct ss_slice rest; // of the input

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

static struct ss_slice next_part(void) {
    const uint8_t *end = rest.len > 0 ? memchr(rest.data, 0, rest.len) : NULL;
    const struct ss_slice part = {rest.data, end ? (size_t)(end - rest.data) : rest.len};
    const size_t used = part.len + (end != NULL);
    rest = (struct ss_slice){rest.data + used, rest.len - used};
    return part;
}

// ---- In the place of access/line.c --------------------------------------------------------------------------------------------------------

void ss_line_listen(struct ss_line *line, void (*message)(void *owner, struct ss_slice topic, struct ss_slice payload), void *owner) {
    (void)line, (void)message, (void)owner;
}

bool ss_line_subscribe(struct ss_line *line, const char *topic) { return line && topic; }

// The plugin answers at once, with the mark that our commands had.
bool ss_line_publish(struct ss_line *line, const char *topic, const char *text) {
    const struct ss_slice part = next_part();
    cJSON *answer = cJSON_ParseWithLength((const char *)part.data, part.len);
    cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "responses"), 0);
    must(line == control.line && *topic == '$' && strstr(text, control.mark));
    if (cJSON_IsObject(first)) {
        cJSON_AddStringToObject(first, "correlationData", control.mark);
    }
    char *marked = cJSON_PrintUnformatted(answer);
    ss_control_take(&control, ss_slice_text("$CONTROL/dynamic-security/v1/response"), ss_slice_text(marked ? marked : ""));
    free(marked);
    cJSON_Delete(answer);
    return true;
}

bool ss_line_until(struct ss_line *line, const bool *done, const char *late) {
    snprintf(line->why, sizeof(line->why), "%s", late);
    line->failed |= !*done;
    return *done;
}

// ---- As access/serve.c does -----------------------------------------------------------------------------------------------------------------

static void serve(const struct ss_access *access) {
    char scene[SS_LINE_USER], *out = NULL, *note = NULL;
    size_t out_len, note_len;
    cJSON *json = NULL;
    struct ss_request request;
    struct ss_answer answer = {.out = open_memstream(&out, &out_len), .note = open_memstream(&note, &note_len)};
    const struct ss_slice topic = next_part(), payload = next_part();
    bool ok = ss_owner_take(topic, payload, &json, scene, &request) || ss_answer_fail(&answer, "this is no request");
    must(!ok || (ss_is_scene(ss_slice_text(scene)) && memmem(topic.data, topic.len, scene, strlen(scene))));
    ok = ok && ss_request_do(access, &control, &request, &answer);
    fclose(answer.out);
    fclose(answer.note);
    must(ok || answer.why[0] != '\0');
    char *text = ss_owner_answer(json, ok, &answer, out, note);
    cJSON *said = cJSON_Parse(text);
    must(cJSON_IsBool(cJSON_GetObjectItemCaseSensitive(said, "ok")));
    cJSON_Delete(said);
    cJSON_Delete(json);
    free(text);
    free(out);
    free(note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ss_line line;
    const struct ss_access access = {.public_broker = "mqtts://broker", .public_store = "https://store", .public_viewer = "https://viewer"};
    line.failed = false;
    rest = (struct ss_slice){data, size};
    must(ss_control_open(&control, &line));
    serve(&access);
    ss_control_close(&control);
    return 0;
}
