// Anchors the header-only target.
#include "ctvm.h"
