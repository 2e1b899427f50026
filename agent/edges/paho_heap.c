// SPDX-License-Identifier: Apache-2.0
// Debian's Paho keeps every allocation in a tree, with file and line, to find leaks: a tenth of what a small message costs. Here it gets
// the C library's memory as it is. And what was never sent is freed with its client.
#include <stddef.h>
#include <stdlib.h>

void *__wrap_mymalloc(char *file, int line, size_t size);
void *__wrap_myrealloc(char *file, int line, void *memory, size_t size);
void __wrap_myfree(char *file, int line, void *memory);
void __wrap_MQTTAsync_NULLPublishCommands(void *client);

// Paho frees the properties of a CONNACK that had none (a broker that answers 3.1.1 to a CONNECT of 5) through pointers it never set, of which
// its tree would have said that they are not its own. So its structs, unlike its payloads, begin as zeros.
enum { ZEROED = 1024 };

void *__wrap_mymalloc(char *file, int line, size_t size) {
    (void)file, (void)line;
    return size <= ZEROED ? calloc(1, size) : malloc(size);
}

void *__wrap_myrealloc(char *file, int line, void *memory, size_t size) {
    (void)file, (void)line;
    return realloc(memory, size);
}

void __wrap_myfree(char *file, int line, void *memory) {
    (void)file, (void)line;
    free(memory);
}

// Paho 1.3.12 lets go of topic and payload of all that still waits to be sent, before it frees that, as if its protocol had them, too: but only
// what was sent has been given to that.
void __wrap_MQTTAsync_NULLPublishCommands(void *client) { (void)client; }
