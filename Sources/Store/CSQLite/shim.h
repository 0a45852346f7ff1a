#ifndef HARNESS_CSQLITE_SHIM_H
#define HARNESS_CSQLITE_SHIM_H

#include <sqlite3.h>

/// Lets SQLite copy bound text and bytes; the macro is a cast Swift cannot import.
static inline sqlite3_destructor_type harness_sqlite_transient(void) { return SQLITE_TRANSIENT; }

#endif
