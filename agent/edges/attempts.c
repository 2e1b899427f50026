// SPDX-License-Identifier: Apache-2.0
#include "edges/attempts.h"

#include "edges/paho_socket.h"
#include "edges/session.h"

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 10000, SETTLED_MS = 5000, DOUBT_EVERY = 8, OFTEN = 3, REFUSALS = 5, NO_REASON = 0x80 };

void ss_attempts_begin(struct ss_attempts *attempts) {
    attempts->version = attempts->version != 0 ? attempts->version : SS_MQTT_5;
    attempts->written_before = ss_paho_written();
}

bool ss_attempts_refused(int version, int code) {
    if (version == SS_MQTT_5) {
        return code == 0x86 || code == 0x87 || code == 0x8a || code == 0x8c; // bad user or password, not authorized, banned, bad method
    }
    return code == 4 || code == 5;
}

// A 3.1.1 broker answers a version 5 CONNECT with code 1, or closes the connection, or says nothing. So when our CONNECT went out and was not
// answered well, the next attempt uses the other version; unless it was code 1, version 5 is tried again after a lost connection. A broker that spoke
// version 5 may only be away, and a proxy close the connection in its place: then the other version is tried now and again.
bool ss_attempts_failed(struct ss_attempts *attempts, int code) {
    bool refused = ss_attempts_refused(attempts->version, code);
    if (refused || ss_paho_written() == attempts->written_before) {
        return refused;
    }
    bool away = attempts->spoke_5 && attempts->version == SS_MQTT_5 && code != 1 && ++attempts->doubts % DOUBT_EVERY != 0;
    if (!away) {
        attempts->version = attempts->version == SS_MQTT_5 ? SS_MQTT_311 : SS_MQTT_5;
        attempts->only_311 = attempts->version == SS_MQTT_311 && code == 1;
        attempts->failures = attempts->failures < 2 ? 0 : attempts->failures;
    }
    return false;
}

bool ss_attempts_subscribed(struct ss_attempts *attempts, int code) {
    if (code != NO_REASON) {
        attempts->refusals = 0;
        return true;
    }
    attempts->refusals += attempts->refusals <= REFUSALS;
    return attempts->refusals > REFUSALS;
}

void ss_attempts_lost(struct ss_attempts *attempts, uint64_t after_ms) {
    attempts->doubts = 0;
    attempts->spoke_5 = attempts->version == SS_MQTT_5;
    attempts->version = attempts->only_311 ? SS_MQTT_311 : SS_MQTT_5;
    attempts->short_lived++;
    if (after_ms > SETTLED_MS) {
        attempts->short_lived = 0;
        attempts->failures = 0; // a broker that throws us out again and again is left in peace for longer and longer
    }
}

bool ss_attempts_thrown_out(const struct ss_attempts *attempts) { return attempts->short_lived >= OFTEN; }

uint64_t ss_attempts_wait(struct ss_attempts *attempts) {
    uint64_t delay = (uint64_t)RETRY_FIRST_MS << (attempts->failures < 7 ? attempts->failures : 7);
    delay = delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS;
    uint32_t random = 0;
    uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
    attempts->failures++;
    return delay / 2 + random % (delay / 2 + 1);
}
