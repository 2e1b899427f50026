// SPDX-License-Identifier: Apache-2.0
// `scenesync join`: an invitation becomes a configuration file of the agent.
#include "access/command.h"
#include "access/invitation.h"
#include "cli/command.h"
#include "edges/small_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Makes the folder and those above it. Returns false with errno.
static bool make_folder(char *path) {
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            const bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
            *at = '/';
            if (!ok) {
                return false;
            }
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool folder_of(const struct ss_access *access, char folder[PATH_MAX]) {
    const char *home = getenv("HOME"), *data = getenv("XDG_DATA_HOME");
    int len;
    if (access->data != NULL) {
        len = snprintf(folder, PATH_MAX, "%s", access->data);
    } else if (data != NULL && *data != '\0') {
        len = snprintf(folder, PATH_MAX, "%s/scenesync/invited", data);
    } else {
        len = snprintf(folder, PATH_MAX, "%s/.local/share/scenesync/invited", home != NULL ? home : "");
    }
    return len > 0 && len < PATH_MAX - 64;
}

static bool write_config(const char *folder, const struct ss_invitation *from) {
    char text[SS_INVITATION_LINK + 4 * PATH_MAX];
    int len = snprintf(text, sizeof(text),
                       "# Written by scenesync join.\nbroker = %s\nuser = %s\nname = %s\ndata = %s/data\nsocket = %s/agent.sock\n",
                       from->broker, from->user, from->user, folder, folder);
    if (*from->password != '\0') {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "password = %s\n", from->password);
    }
    if (*from->store != '\0') {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "store = %s\nstore_user = %s\n", from->store, from->user);
        len += snprintf(text + len, sizeof(text) - (size_t)len, *from->password != '\0' ? "store_password = %s\n" : "%s", from->password);
    }
    if (*from->ca != '\0') {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "ca_file = %s/ca.crt\n", folder);
        if (!ss_small_write(folder, "ca.crt", from->ca, strlen(from->ca))) {
            return false;
        }
    }
    return ss_small_write(folder, "agent.conf", text, (size_t)len);
}

int ss_access_join(struct ss_access *access) {
    static struct ss_invitation invitation;
    char folder[PATH_MAX];
    const char *wrong = ss_invitation_parse(access->arguments[0], &invitation);
    if (wrong != NULL) {
        return ss_fail("this invitation cannot be used: %s", wrong);
    }
    if (!folder_of(access, folder) || !make_folder(folder)) {
        return ss_fail("the folder %s cannot be made: %s", folder, strerror(errno));
    }
    if (!write_config(folder, &invitation)) {
        return SS_EXIT_FAILED;
    }
    printf("scenesync agent --config %s/agent.conf\n", folder);
    fprintf(stderr, "Start the agent as printed; then, for example: scenesync ls %s --socket %s/agent.sock\n",
            *invitation.scene != '\0' ? invitation.scene : "SCENE", folder);
    return SS_EXIT_OK;
}
