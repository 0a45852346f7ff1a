#ifndef HARNESS_CCURL_SHIM_H
#define HARNESS_CCURL_SHIM_H

#include <curl/curl.h>

// Swift cannot import variadic functions; these are the calls made of them, by the type of the value.

typedef size_t (*harness_curl_data)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode harness_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harness_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harness_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harness_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode harness_curl_set_function(CURL *handle, CURLoption option, harness_curl_data value) {
    return curl_easy_setopt(handle, option, value);
}
static inline long harness_curl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/// The next transfer that is complete: its handle and result; NULL if none is.
static inline CURL *harness_curl_next_done(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

static inline CURLcode harness_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

#endif
