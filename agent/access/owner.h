// SPDX-License-Identifier: Apache-2.0
// An owner's request on its way: JSON at scenesync/v1/SCENE/access/USER, answered on …/answer (schemas/messages/json/access.yaml). That the
// request is USER's, and that USER owns SCENE, the broker sees to: nobody else may write there.
#ifndef SS_ACCESS_OWNER_H
#define SS_ACCESS_OWNER_H

#include "access/request.h"

#define SS_OWNERS_TOPIC "scenesync/v1/+/access/+"
#define SS_OWNERS_ANSWERS SS_OWNERS_TOPIC "/answer"

// ss_owner_ask has what is asked for done by `scenesync access`, as the line's user. Returns false with `answer->why`.
bool ss_owner_ask(struct ss_line *line, const struct ss_request *request, struct ss_answer *answer);

// ss_owner_take reads such a message, whose parts stay where they are in `json` (freed by cJSON_Delete) and `scene`; false: it is none.
bool ss_owner_take(struct ss_slice topic, struct ss_slice payload, cJSON **json, char scene[SS_LINE_USER], struct ss_request *request);

// ss_owner_answer returns the answer as text, freed by free.
char *ss_owner_answer(const cJSON *json, bool ok, const struct ss_answer *answer, const char *out, const char *note);

#endif
