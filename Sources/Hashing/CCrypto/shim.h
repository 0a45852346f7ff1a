#ifndef HARNESS_CCrypto_SHIM_H
#define HARNESS_CCrypto_SHIM_H

#include <openssl/evp.h>

#endif
