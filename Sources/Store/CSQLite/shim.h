#ifndef HARNESS_CSQLite_SHIM_H
#define HARNESS_CSQLite_SHIM_H

#include <sqlite3.h>

#endif
