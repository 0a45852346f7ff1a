#define _GNU_SOURCE
#include "cposix.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int harness_spawn(const struct harness_spawn_options *options, pid_t *child) {
    // The child writes errno here if it cannot become the program; exec closes it otherwise.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return errno;
    pid_t parent = getpid();
    pid_t process = fork();
    if (process < 0) {
        int problem = errno;
        close(report[0]);
        close(report[1]);
        return problem;
    }
    if (process == 0) {
        if (options->ends_with_thread) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent) _exit(1);
        }
        if (options->leads_group) setpgid(0, 0);
        for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        // Moved above 10 first, so that no dup2 overwrites a descriptor still needed.
        int in = fcntl(options->streams[0], F_DUPFD_CLOEXEC, 10), out = fcntl(options->streams[1], F_DUPFD_CLOEXEC, 10),
            err = fcntl(options->streams[2], F_DUPFD_CLOEXEC, 10), rep = fcntl(report[1], F_DUPFD_CLOEXEC, 10);
        if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2 &&
            (!options->directory || chdir(options->directory) == 0)) {
            if (options->memory_limit > 0) {
                struct rlimit limit = {.rlim_cur = options->memory_limit, .rlim_max = options->memory_limit};
                setrlimit(RLIMIT_DATA, &limit);
            }
            // The child gets none of our files; `rep` is the only one that exec must still close itself.
            if (rep > 3) close_range(3, (unsigned)rep - 1, 0);
            close_range((unsigned)rep + 1, ~0U, 0);
            execve(options->path, options->arguments, options->environment);
        }
        int problem = errno;
        ssize_t ignored = write(rep, &problem, sizeof problem);
        (void)ignored;
        _exit(127);
    }
    close(report[1]);
    int problem = 0;
    ssize_t count;
    do count = read(report[0], &problem, sizeof problem);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count > 0) {
        waitpid(process, NULL, 0);
        return problem;
    }
    *child = process;
    return 0;
}

int harness_pipe(int ends[2], int nonblocking) {
    return pipe2(ends, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)) == 0 ? 0 : errno;
}

int harness_memory_file(void) { return memfd_create("harness-trace", MFD_CLOEXEC); }

const char *harness_glibc_version(void) { return gnu_get_libc_version(); }

unsigned long harness_hardware_capabilities(int which) { return getauxval(which == 2 ? AT_HWCAP2 : AT_HWCAP); }

int harness_count(pid_t process, int which) {
    static const uint64_t events[] = {
        PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS, PERF_COUNT_HW_CACHE_MISSES};
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = events[which],
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .inherit = 1,
        // What most kernels allow without privileges (kernel.perf_event_paranoid = 2).
        .exclude_kernel = 1,
        .exclude_hv = 1};
    long descriptor = syscall(SYS_perf_event_open, &attributes, process, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int harness_counted(int descriptor, int64_t *count) {
    uint64_t values[3]; // count, time enabled, time running
    ssize_t size = read(descriptor, values, sizeof values);
    if (size < 0) return errno;
    if (size != sizeof values || values[2] == 0) return ENODATA;
    *count = (int64_t)((double)values[0] * ((double)values[1] / (double)values[2]));
    return 0;
}
