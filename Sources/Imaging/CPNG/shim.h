#ifndef HARNESS_CPNG_SHIM_H
#define HARNESS_CPNG_SHIM_H

#include <png.h>

#endif
