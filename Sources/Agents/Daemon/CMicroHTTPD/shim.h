#ifndef HARNESS_CMicroHTTPD_SHIM_H
#define HARNESS_CMicroHTTPD_SHIM_H

#include <microhttpd.h>

#endif
