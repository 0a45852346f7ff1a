#ifndef HARNESS_CMICROHTTPD_SHIM_H
#define HARNESS_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <netinet/in.h>

// Swift cannot import variadic functions; these are the calls made of them.

/// Starts a daemon with a thread a connection on `address`; with TLS if `key` is not NULL. NULL on failure (see errno).
static inline struct MHD_Daemon *harness_mhd_start(
    const struct sockaddr *address, MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
    void *context, unsigned int timeout_s, unsigned int connections, const char *key, const char *certificate) {
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_AUTO;
    if (address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    if (key == NULL) {
        return MHD_start_daemon(
            flags, 0, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED,
            completed, context, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_CONNECTION_LIMIT, connections,
            MHD_OPTION_END);
    }
    return MHD_start_daemon(
        flags | MHD_USE_TLS, 0, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, certificate,
        MHD_OPTION_END);
}

/// The port a daemon listens on; 0 if it cannot be told.
static inline uint16_t harness_mhd_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info == NULL ? 0 : info->port;
}

// Enumerators under names that every version of the header imports the same way.
static const enum MHD_Result harness_mhd_yes = MHD_YES;
static const enum MHD_Result harness_mhd_no = MHD_NO;
static const enum MHD_ValueKind harness_mhd_header = MHD_HEADER_KIND;
static const enum MHD_ValueKind harness_mhd_argument = MHD_GET_ARGUMENT_KIND;
static const enum MHD_ResponseMemoryMode harness_mhd_copy = MHD_RESPMEM_MUST_COPY;

static const uint64_t harness_mhd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t harness_mhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;

#endif
