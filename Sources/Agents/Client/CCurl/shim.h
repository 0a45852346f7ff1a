#ifndef HARNESS_CCurl_SHIM_H
#define HARNESS_CCurl_SHIM_H

#include <curl/curl.h>

#endif
