// SPDX-License-Identifier: Apache-2.0
// What an agent says that is ended by its own memory access, as a damaged data directory can do.
#ifndef SS_DAEMON_LAST_WORDS_H
#define SS_DAEMON_LAST_WORDS_H

// ss_last_words_prepare has them said on stderr in that case; who else handles such signals does so after that.
void ss_last_words_prepare(const char *data);

#endif
