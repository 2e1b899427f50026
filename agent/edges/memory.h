// SPDX-License-Identifier: Apache-2.0
// Small allocations of the edges. An agent that cannot have a few bytes stops: everything acknowledged is on the disk already.
#ifndef SS_EDGES_MEMORY_H
#define SS_EDGES_MEMORY_H

#include <stddef.h>

// ss_out_of_memory ends the process after saying so.
_Noreturn void ss_out_of_memory(void);

// ss_new returns zeroed memory, or ends the process after saying so. Freed by free().
void *ss_new(size_t size);

// ss_resize gives what malloc gave, or NULL, another size; what is added is not zeroed.
void *ss_resize(void *memory, size_t size);

// ss_copy_text returns a copy of `len` bytes with a NUL.
char *ss_copy_text(const void *text, size_t len);

#endif
