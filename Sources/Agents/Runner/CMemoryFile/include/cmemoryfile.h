// A file in memory, which Glibc's module for Swift leaves out.
#ifndef HARNESS_CMEMORYFILE_H
#define HARNESS_CMEMORYFILE_H

/// A new file that lives in memory until its descriptor is closed; -1 with errno if there is none to be had.
int harness_memory_file(void);

#endif
