#include "cbuild.h"

const char *harness_build_commit(void) { return HARNESS_COMMIT; }
