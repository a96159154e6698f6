/* SPDX-License-Identifier: MIT */
/*
 * The whole road under a kernel that answers as the fuzzer likes: what it reads of files, links,
 * directories and attributes, what it finds out about objects, and where it is refused. The input
 * is the path, a NUL, errno and flags, and then the answers. The report must keep its bounds, and
 * no byte of it may drive a terminal or end a line.
 */
#include "base/sys.h"
#include "config.h"
#include "incident.h"
#include "input.h"
#include "report/report.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 512 * 1024, PATH_BYTES = 4200, FIRST_DESCRIPTOR = 100 };

static struct input input;
static char output[OUTPUT_BYTES];
static size_t output_length;
static long clock_ms;

static long really(long number, long a, long b, long c, long d, long e, long f) {
    long result = syscall(number, a, b, c, d, e, f);
    return result == -1 ? -errno : result;
}

/* Bytes for a buffer, at most `size`. */
static long give_bytes(char *bytes, size_t size) {
    size_t count = input_byte(&input);
    if (count >= 128)
        count = (count - 127) * 64;
    return (long)input_take(&input, bytes, count < size ? count : size);
}

static long give_status(struct stat *status) {
    static const mode_t types[] = {S_IFDIR, S_IFREG,  S_IFLNK, S_IFCHR,
                                   S_IFIFO, S_IFSOCK, S_IFDIR, S_IFDIR};
    uint8_t bytes[6];
    input_take(&input, bytes, sizeof bytes);
    memset(status, 0, sizeof *status);
    status->st_mode =
        types[bytes[0] & 7] | (mode_t)(bytes[1] | (bytes[0] & 8) << 5 | (bytes[0] & 0x70) << 5);
    status->st_uid = bytes[2] == 255 ? 65534 : bytes[2];
    status->st_gid = bytes[3];
    status->st_nlink = bytes[4] & 1;
    status->st_dev = bytes[4] >> 1 & 3;
    status->st_ino = bytes[5];
    return 0;
}

static long give_extended(struct statx *status) {
    struct stat plain;
    give_status(&plain);
    memset(status, 0, sizeof *status);
    status->stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
    status->stx_mode = (uint16_t)plain.st_mode;
    status->stx_mnt_id = input_byte(&input) & 3;
    status->stx_attributes = input_byte(&input);
    status->stx_attributes_mask = ~0ull;
    return 0;
}

/* Entries as the kernel makes them, with names of any bytes but NUL and slash. */
static long give_entries(char *bytes, size_t size) {
    size_t used = 0;
    for (unsigned count = input_byte(&input) & 15; count > 0; count--) {
        char name[256];
        size_t length = input_take(&input, name, (size_t)(input_byte(&input) & 63) + 1), kept = 0;
        for (size_t i = 0; i < length; i++)
            if (name[i] && name[i] != '/')
                name[kept++] = name[i];
        size_t header = offsetof(struct dirent64, d_name),
               bytes_of = (header + kept + 1 + 7) & ~(size_t)7;
        if (kept == 0 || used + bytes_of > size)
            break;
        struct dirent64 *entry = (void *)(bytes + used);
        memset(entry, 0, bytes_of);
        entry->d_ino = used + 1;
        entry->d_reclen = (unsigned short)bytes_of;
        entry->d_type = input_byte(&input) & 1 ? DT_REG : DT_DIR;
        memcpy(entry->d_name, name, kept);
        used += bytes_of;
    }
    return (long)used;
}

static long give_directory(char *bytes, size_t size) {
    long count = give_bytes(bytes + 1, size - 2);
    bytes[0] = '/';
    bytes[1 + count] = '\0';
    return (long)strlen(bytes) + 1;
}

static long give_file_system(struct statfs *system) {
    static const unsigned types[] = {0xef53, 0x9fa0, 0x6969, 0xff534d42, 0x65735546, 0x01021994};
    memset(system, 0, sizeof *system);
    system->f_type = types[input_byte(&input) % 6];
    return 0;
}

long sys_enter(long number, long a, long b, long c, long d, long e, long f) {
    static const int errors[] = {ENOENT,     EACCES, ENOTDIR, ELOOP, ENAMETOOLONG, EMFILE,
                                 ENOMEM,     ENOSYS, EPERM,   EIO,   EINTR,        ENODATA,
                                 EOPNOTSUPP, EINVAL, ESTALE,  ERANGE};
    switch (number) { /* what is no question */
    case SYS_mmap:
        return d & MAP_SHARED ? -ENOMEM : really(number, a, b, c, d, e, f);
    case SYS_munmap:
    case SYS_rt_sigprocmask:
        return really(number, a, b, c, d, e, f);
    case SYS_clock_gettime:
        clock_ms++;
        *(struct timespec *)b = (struct timespec){clock_ms / 1000, clock_ms % 1000 * 1000000};
        return 0;
    case SYS_close:
    case SYS_rt_sigpending:
        return 0;
    case SYS_getpid:
    case SYS_gettid:
        return getpid();
    case SYS_write:
        if (a != 2)
            return c; /* a question to AppArmor or SELinux, through its access file */
        REQUIRE(output_length + (size_t)c <= sizeof output);
        memcpy(output + output_length, (const char *)b, (size_t)c);
        output_length += (size_t)c;
        return c;
    case SYS_poll:
        ((struct pollfd *)a)->revents = POLLOUT;
        return 1;
    default:
        break;
    }
    if (number == SYS_fstat && a == 2) {
        memset((void *)b, 0, sizeof(struct stat));
        ((struct stat *)b)->st_mode = S_IFREG;
        return 0;
    }
    uint8_t answer = input_byte(&input);
    if (answer >= 0xc0)
        return -errors[answer & 15];
    switch (number) {
    case SYS_openat:
        return FIRST_DESCRIPTOR + (answer & 7);
    case SYS_read:
    case SYS_pread64:
        return give_bytes((char *)b, (size_t)c);
    case SYS_readlinkat:
        return give_bytes((char *)c, (size_t)d);
    case SYS_getxattr:
        return give_bytes((char *)c, (size_t)d);
    case SYS_getdents64:
        return give_entries((char *)b, (size_t)c);
    case SYS_getcwd:
        return give_directory((char *)a, (size_t)b);
    case SYS_fstat:
        return give_status((struct stat *)b);
    case SYS_newfstatat:
        return give_status((struct stat *)c);
    case SYS_statx:
        return give_extended((struct statx *)e);
    case SYS_fstatfs:
        return give_file_system((struct statfs *)b);
    case SYS_uname:
        memset((void *)a, 0, sizeof(struct utsname));
        input_take(&input, ((struct utsname *)a)->nodename, 16);
        return 0;
    case SYS_faccessat2:
        return answer & 1 ? -EACCES : 0;
    default:
        return -ENOSYS;
    }
}

/* ---- what a report may look like ---- */

static void check_text(void) {
    size_t lines = 0;
    REQUIRE(output_length <= TEXT_MOST_BYTES);
    for (size_t i = 0; i < output_length; i++) {
        REQUIRE(output[i] == '\n' || (output[i] >= ' ' && output[i] <= '~'));
        lines += output[i] == '\n';
    }
    REQUIRE(lines <= TEXT_MOST_LINES);
    REQUIRE(output_length == 0 || output[output_length - 1] == '\n');
}

/* The length of the UTF-8 character at `bytes`, RFC 3629; 0: there is none. */
static size_t character(const uint8_t *bytes, size_t rest) {
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
    if (length == 1)
        return 1;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || rest < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xf0 && bytes[1] < 0x90);
    bool outside = (bytes[0] == 0xed && bytes[1] > 0x9f) || (bytes[0] == 0xf4 && bytes[1] > 0x8f);
    return overlong || outside ? 0 : length;
}

static void check_json(void) {
    bool quoted = false;
    size_t depth = 0;
    if (output_length == 0)
        return;
    REQUIRE(output[0] == '{' && output[output_length - 1] == '\n');
    for (size_t i = 0; i + 1 < output_length;) {
        size_t length = character((const uint8_t *)output + i, output_length - i);
        REQUIRE(length > 0 && (uint8_t)output[i] >= ' ');
        if (quoted && output[i] == '\\') {
            REQUIRE(strchr("\"\\/bfnrtu", output[i + 1]));
            i += 2;
            continue;
        }
        if (output[i] == '"')
            quoted = !quoted;
        else if (!quoted && strchr("{[", output[i]))
            depth++;
        else if (!quoted && strchr("}]", output[i]))
            REQUIRE(depth-- > 0);
        i += length;
    }
    REQUIRE(!quoted && depth == 0);
}

static void say_nothing(struct slice line) {
    (void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[PATH_BYTES];
    char *const formats[][3] = {{"PERMSHIM_FORMAT=text", "PERMSHIM_FRAMES=0", NULL},
                                {"PERMSHIM_FORMAT=json", "PERMSHIM_FRAMES=0", NULL}};
    struct failed_call call = {"open64", GROUP_OPEN, HOW_FLAGS, false};
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t length = end ? (size_t)(end - data) : 0;
    if (!end || length + 8 > sizeof path)
        return 0;
    memcpy(path, data, length);
    memcpy(path + length, ".png", 5);
    input = (struct input){end + 1, size - length - 1};
    uint8_t how = input_byte(&input);
    int error = how & 1 ? EACCES : ENOENT;
    int flags = (how & 2 ? O_WRONLY | O_CREAT : O_RDONLY) | (how & 4 ? O_TRUNC : 0) |
                (how & 8 ? O_NOFOLLOW : 0);
    memset(&config, 0, sizeof config);
    config_read(formats[how >> 4 & 1], say_nothing);
    config.color = COLOR_NEVER;
    sink_start();
    output_length = 0;
    errno = error;
    call_failed(&call, AT_FDCWD, path, (uintptr_t)flags);
    REQUIRE(errno == error);
    if (config.format == FORMAT_TEXT)
        check_text();
    else
        check_json();
    return 0;
}
