// The system calls that Swift cannot make itself: between fork and exec only async-signal-safe calls are allowed, neither
// posix_spawn nor Swift can ask the kernel to end the child with its parent, and the others have no import or are variadic.
#ifndef HARNESS_CPOSIX_H
#define HARNESS_CPOSIX_H

#include <stdint.h>
#include <sys/types.h>

/// What a child process is started with.
struct harness_spawn_options {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Its working directory; NULL for the caller's.
    const char *directory;
    /// Its standard input, output and error. It gets no other descriptor.
    int streams[3];
    /// RLIMIT_DATA in bytes, if not 0.
    uint64_t memory_limit;
    /// Whether it leads a process group of its own.
    int leads_group;
    /// Whether the kernel kills it when the calling *thread* ends.
    int ends_with_thread;
};

/// Starts a child with every signal at its default and none blocked. Returns 0 and the process in `child`, or errno.
int harness_spawn(const struct harness_spawn_options *options, pid_t *child);

/// A pipe whose ends are closed by exec, and do not block if `nonblocking`. Returns 0 or errno.
int harness_pipe(int ends[2], int nonblocking);

/// A file in memory that belongs to no process's resident set. Returns a descriptor, or -1 with errno.
int harness_memory_file(void);

/// The C library's version.
const char *harness_glibc_version(void);

/// AT_HWCAP (1) or AT_HWCAP2 (2): bits of the CPU's extensions, as the kernel or an emulator gives them to this program.
unsigned long harness_hardware_capabilities(int which);

/// Counts events of `process`, of its threads and of all it starts from now on, in user mode: cycles (0), instructions (1), misses of
/// the last cache (2). Returns a descriptor, or -errno.
int harness_count(pid_t process, int which);

/// The count so far, scaled up if the counter was shared with others. Returns 0; or errno, ENODATA if it never ran.
int harness_counted(int descriptor, int64_t *count);

#endif
