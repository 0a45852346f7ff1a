#include "cbuild.h"

// Package.swift defines it; tools that read this file alone need not.
#ifndef HARNESS_COMMIT
#define HARNESS_COMMIT ""
#endif

const char *harness_build_commit(void) { return HARNESS_COMMIT; }
