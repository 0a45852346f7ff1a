#ifndef HARNESS_CTLS_SHIM_H
#define HARNESS_CTLS_SHIM_H

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Swift cannot import what OpenSSL spells as macros over callbacks; these are the calls made of them.

static inline int harness_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return 0;
}

/// The first certificate in PEM text; NULL if there is none. Freed with X509_free.
static inline X509 *harness_certificate(const void *bytes, int size) {
    BIO *input = BIO_new_mem_buf(bytes, size);
    X509 *certificate = input == NULL ? NULL : PEM_read_bio_X509(input, NULL, NULL, NULL);
    BIO_free(input);
    return certificate;
}

/// The private key in PEM text; NULL if there is none, or if it wants a passphrase. Freed with EVP_PKEY_free.
static inline EVP_PKEY *harness_private_key(const void *bytes, int size) {
    BIO *input = BIO_new_mem_buf(bytes, size);
    EVP_PKEY *key = input == NULL ? NULL : PEM_read_bio_PrivateKey(input, NULL, harness_no_passphrase, NULL);
    BIO_free(input);
    return key;
}

/// Writes the names a certificate is for, as `DNS:board.local, IP Address:10.0.0.5`, and returns their bytes; 0 for none.
static inline int harness_certificate_names(const X509 *certificate, char *buffer, int size) {
    int index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    BIO *output = index < 0 ? NULL : BIO_new(BIO_s_mem());
    if (output == NULL) return 0;
    X509V3_EXT_print(output, X509_get_ext(certificate, index), 0, 0);
    int count = BIO_read(output, buffer, size);
    BIO_free(output);
    return count < 0 ? 0 : count;
}

#endif
