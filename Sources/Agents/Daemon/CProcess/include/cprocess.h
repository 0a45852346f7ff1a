// Starts a runner's process. In C, because between fork and exec only async-signal-safe calls are allowed, and neither
// posix_spawn nor Swift can ask the kernel to end the child with its parent.
#ifndef HARNESS_CPROCESS_H
#define HARNESS_CPROCESS_H

#include <stdint.h>
#include <sys/types.h>

/// Starts `path` in a process group of its own, with the three descriptors as its standard streams and none else.
///
/// The child is killed when the calling *thread* ends. `memory_limit` bytes become RLIMIT_DATA if not 0.
/// Returns 0 and the process in `child`, or errno.
int harness_spawn(
    const char *path, char *const arguments[], char *const environment[], int input, int output, int error,
    uint64_t memory_limit, pid_t *child);

/// A pipe whose ends are closed by exec, and do not block if `nonblocking`. Returns 0 or errno.
int harness_pipe(int ends[2], int nonblocking);

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
