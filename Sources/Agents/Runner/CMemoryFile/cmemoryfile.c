#define _GNU_SOURCE
#include "cmemoryfile.h"

#include <sys/mman.h>

int harness_memory_file(void) { return memfd_create("harness-trace", MFD_CLOEXEC); }
