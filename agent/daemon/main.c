// SPDX-License-Identifier: Apache-2.0
// `scenesync agent` is the daemon, `scenesync doctor` looks at what it uses, `scenesync bridge` tells it as JSON, `invite` and
// its kin say who may take part; every other word is a subcommand that talks to one.
#include "access/access.h"
#include "bridge/bridge.h"
#include "cli/cli.h"
#include "daemon/loop.h"
#include "doctor/doctor.h"

#include <string.h>

int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "agent") == 0) {
        return ss_agent_main(count - 2, words + 2);
    }
    if (count > 1 && strcmp(words[1], "doctor") == 0) {
        return ss_doctor_main(count - 2, words + 2);
    }
    if (count > 1 && strcmp(words[1], "bridge") == 0) {
        return ss_bridge_main(count - 2, words + 2);
    }
    if (count > 1 && ss_access_is(words[1])) {
        return ss_access_main(count - 1, words + 1);
    }
    return ss_cli_main(count, words);
}
