// SPDX-License-Identifier: Apache-2.0
// The agent's directory: DATA/version, lock, origin, host, replica/ (LMDB), cache/ and incoming/ (blobs).
#ifndef SS_EDGES_DATA_DIR_H
#define SS_EDGES_DATA_DIR_H

#include "util/types.h"

#include <limits.h>

struct ss_data_dir {
    char root[PATH_MAX - 128]; // absolute; leaves room for every name below it
    int lock;                  // held as long as the agent lives
    struct ss_origin origin;
    const char *strange; // why what is in it is not ours to number any more (a copy, or something is lost); NULL: it is
    bool relaxed;        // what is acknowledged may be lost with the machine
};

// ss_data_dir_version reads what ROOT/version says.
enum { SS_DATA_VERSION = 40 };
enum ss_data_version { SS_DATA_NONE, SS_DATA_OURS, SS_DATA_OTHER };
enum ss_data_version ss_data_dir_version(const char *root, char said[SS_DATA_VERSION]);

// ss_data_dir_open makes what is missing and takes the lock. On failure it says what and what to do on stderr and returns false.
bool ss_data_dir_open(struct ss_data_dir *dir, const char *path);

// ss_data_dir_own makes the directory this agent's, once all records in a strange one are marked (ss_store_mark_copied): then it gets another
// origin. Returns false after saying why.
bool ss_data_dir_own(struct ss_data_dir *dir, bool relaxed);

void ss_data_dir_close(struct ss_data_dir *dir);

#endif
