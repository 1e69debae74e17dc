/* A qemu-user plugin that prints how many guest instructions were executed between two getpid calls of
 * an aarch64 program: exact, whatever else the machine does. Declares what it uses of qemu-plugin.h,
 * which not every package brings; these have not changed from version 1 of the interface to 4. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

enum { SYS_GETPID = 172, NO_REGISTERS = 0 };

typedef uint64_t plugin_id;
typedef struct qemu_plugin_tb plugin_block;
typedef struct qemu_info_t plugin_info;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, plugin_block *));
size_t qemu_plugin_tb_n_insns(const plugin_block *);
void qemu_plugin_register_vcpu_tb_exec_cb(plugin_block *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id,
                                          void (*)(plugin_id, unsigned, int64_t, uint64_t, uint64_t,
                                                   uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                                   uint64_t));
PUBLIC int qemu_plugin_install(plugin_id, const plugin_info *, int, char **);

PUBLIC int qemu_plugin_version = PLUGIN_VERSION;

static int counting;
static uint64_t count;

static void executed(unsigned cpu, void *instructions) {
    (void)cpu;
    if (counting) count += (uintptr_t)instructions;
}

static void translated(plugin_id id, plugin_block *block) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, NO_REGISTERS,
                                         (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
    (void)id, (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number != SYS_GETPID) return;
    if (counting) dprintf(STDOUT_FILENO, "%" PRIu64 "\n", count);
    counting = !counting;
    count = 0;
}

int qemu_plugin_install(plugin_id id, const plugin_info *info, int argc, char **argv) {
    (void)info, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
