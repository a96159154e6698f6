/* SPDX-License-Identifier: MIT */
#include "witness.h"
#include "subject.h"
#include "tree.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void witness_generate(struct random *random, const struct subject *subject,
                      struct witness witnesses[WITNESSES]) {
    for (unsigned i = 0; i < WITNESSES; i++) {
        struct witness *witness = &witnesses[i];
        do
            witness->uid = random_chance(random, 80) ? any_uid(random) : 5000 + i;
        while (witness->uid == subject->fsuid);
        witness->gid = random_chance(random, 80) ? any_gid(random) : 5000 + i;
        witness->group_count = random_below(random, 4);
        for (unsigned j = 0; j < witness->group_count; j++)
            witness->groups[j] = any_gid(random);
    }
}

static void set_effective(uint64_t set) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    uint64_t all = capabilities_available();
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)set, .permitted = (uint32_t)all},
        {.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(all >> 32)}};
    if (syscall(SYS_capset, &header, data) != 0)
        _exit(2);
}

/* One process can be all of them in turn: with AT_EACCESS the kernel looks at fsuid, fsgid, groups
 * and effective capabilities, and the permitted ones bring it back. */
static void testify(const struct scene *scene, const struct witness *witness, uint8_t *access) {
    char path[PATH_BYTES];
    set_effective(capabilities_available());
    if (setgroups(witness->group_count, witness->groups) != 0)
        _exit(2);
    setfsgid(witness->gid);
    setfsuid(witness->uid);
    set_effective(0);
    for (int node = scene->top; node < scene->count; node++) {
        node_path(scene, node, path, sizeof path);
        access[node] = 0;
        for (int bit = 1; scene->nodes[node].type != LINK && bit <= 4; bit *= 2)
            if (syscall(SYS_faccessat2, AT_FDCWD, path, bit, AT_EACCESS) == 0)
                access[node] |= (uint8_t)bit;
    }
}

bool witness_ask(const struct scene *scene, const struct witness witnesses[WITNESSES],
                 struct testimony *testimony) {
    static struct testimony *shared;
    if (!shared)
        shared =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP, 0, 0, 0);
        for (unsigned i = 0; i < WITNESSES; i++)
            testify(scene, &witnesses[i], shared->access[i]);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    memcpy(testimony, shared, sizeof *testimony);
    return status == 0;
}
