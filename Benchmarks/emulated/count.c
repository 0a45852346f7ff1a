// A QEMU plugin that counts executed instructions of the guest, block by block of translated code.
//
// Debian has no header of QEMU's plugin API; the few declarations used here are those of qemu-plugin.h, API version 1.
// The guest marks points of interest with the system call prctl(MARK, number), which Linux refuses without side effects. At each
// mark all counts are written to the file `out`, one line per block: number, address, instructions in the block, times executed.
//
// For guests of one thread: QEMU's inline additions are not atomic.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op, void *counter, uint64_t add);
void qemu_plugin_register_vcpu_syscall_cb(
    qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, unsigned cpu, int64_t number, uint64_t, uint64_t, uint64_t,
                                          uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

/// A block of translated code. Code that is translated again becomes another block; the counts of the first are kept.
struct block {
    uint64_t address;
    uint64_t instructions;
    uint64_t executions;
    struct block *next;
};

static struct block *blocks;
static FILE *out;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    struct block *block = calloc(1, sizeof *block);
    if (!block) abort();
    *block = (struct block){qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb), 0, blocks};
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->executions, 1);
}

static void called(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t option, uint64_t mark, uint64_t a3,
                   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
    if (number != AARCH64_PRCTL || option != MARK) return;
    for (struct block *block = blocks; block; block = block->next) {
        fprintf(out, "%llu %llx %llu %llu\n", (unsigned long long)mark, (unsigned long long)block->address,
                (unsigned long long)block->instructions, (unsigned long long)block->executions);
    }
    fflush(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **words) {
    for (int index = 0; index < count; index++) {
        if (strncmp(words[index], "out=", 4) == 0) out = fopen(words[index] + 4, "w");
    }
    if (!out) {
        fprintf(stderr, "count.so: give it out=FILE, a file that can be written\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
