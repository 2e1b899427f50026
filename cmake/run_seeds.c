// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer's main: gives every file of the folders named on the command line to the fuzz target once.
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    // An allocation of exactly the input's size lets AddressSanitizer see a read beyond it.
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    uint8_t *data = size >= 0 ? malloc((size_t)size + !size) : NULL;
    bool ok = data && fread(data, 1, (size_t)size, file) == (size_t)size;
    fclose(file);
    if (ok) {
        LLVMFuzzerTestOneInput(data, (size_t)size);
    }
    free(data);
    return ok;
}

static int run_folder(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return -1;
    }
    int count = 0;
    for (const struct dirent *entry; count >= 0 && (entry = readdir(dir));) {
        char path[4096];
        if (entry->d_type == DT_REG) {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            count = run_file(path) ? count + 1 : -1;
        }
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv) {
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = run_folder(argv[i]);
        if (count < 0) {
            return EXIT_FAILURE;
        }
        total += count;
    }
    printf("%d seeds\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE; // a target without seeds tests nothing
}
