// SPDX-License-Identifier: Apache-2.0
// The LMDB environment that holds the scenes' records.
#ifndef SS_EDGES_ENV_H
#define SS_EDGES_ENV_H

#include <lmdb.h>
#include <stdbool.h>

enum { SS_STORE_SCENES = 1024 };

// ss_env_open opens or makes the environment in `folder`. `flags` are LMDB's, beside its own. Returns LMDB's error; `*env` is to be closed in any case.
int ss_env_open(MDB_env **env, const char *folder, unsigned flags);

// ss_env_grow tells whether a transaction failed with `error` because the map was full, which is larger now: it may be tried again. None may be open.
bool ss_env_grow(MDB_env *env, int error);

// ss_env_bytes is how large the database is; what claims to be longer is damaged, and not to be read.
size_t ss_env_bytes(MDB_env *env);

// ss_env_advice says what to do about an error of LMDB's.
const char *ss_env_advice(int error);

#endif
