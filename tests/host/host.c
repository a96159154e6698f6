/* SPDX-License-Identifier: MIT */
#include "host.h"
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MOST_PROMISES = 128, SKIPPED = 77, LOG_BYTES = 64 << 20 };

static struct promise {
    const char *name;
    void (*run)(void);
} promises[MOST_PROMISES];
static size_t count;
static const char *current;

void host_add(const char *name, void (*promise)(void)) {
    promises[count++] = (struct promise){name, promise};
}

static void say(const char *text) {
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

void host_fail(const char *file, int line, const char *what) {
    char text[512];
    snprintf(text, sizeof text, "%s:%d: expected %s (errno %d)\n", file, line, what, errno);
    say(text);
    _exit(1);
}

void host_skip(const char *why) {
    say(why);
    _exit(SKIPPED);
}

void fail_at(unsigned number) {
    char path[32] = "missing-0000000000.png";
    for (char *at = path + 17; number > 0; number /= 10)
        *at-- = (char)('0' + number % 10);
    errno = 0;
    EXPECT(open(path, O_RDONLY | O_CLOEXEC) == -1);
    EXPECT(errno == ENOENT);
}

void fail_once(void) {
    static atomic_uint serial;
    fail_at(atomic_fetch_add(&serial, 1));
}

size_t reports_with(const char *text) {
    static char bytes[1 << 16];
    const char *log = getenv("PERMSHIM_LOG");
    FILE *file = log ? fopen(log, "re") : NULL;
    size_t found = 0;
    while (file && fgets(bytes, sizeof bytes, file))
        found += strstr(bytes, text) != NULL;
    if (file)
        fclose(file);
    return found;
}

size_t reports(void) {
    return reports_with("\"event\":\"failure\"");
}

struct holdings holdings(void) {
    struct holdings held = {0};
    char line[256];
    for (int i = 0; i < 256; i++) {
        struct stat status;
        if (fstat(i, &status) == 0)
            held.descriptors = held.descriptors * 31 +
                               (unsigned long)(i + 1) * (status.st_ino + 7 * status.st_dev) +
                               (unsigned long)fcntl(i, F_GETFD);
    }
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmSize: %zu", &held.mappings) == 1)
            break;
    if (file)
        fclose(file);
    return held;
}

int run_again_with_stderr(int descriptor) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(descriptor, STDERR_FILENO);
        if (descriptor != STDERR_FILENO)
            close(descriptor);
        setenv("HOST_AGAIN", "1", 1);
        execl("/proc/self/exe", "promises", current, (char *)NULL);
        _exit(1);
    }
    EXPECT(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

bool host_again(void) {
    return getenv("HOST_AGAIN") != NULL;
}

int main(int arguments, char **argument) {
    if (arguments != 2)
        return 2;
    for (size_t i = 0; i < count; i++) {
        current = argument[1];
        if (strcmp(current, "--list") == 0)
            puts(promises[i].name);
        else if (strcmp(current, promises[i].name) == 0) {
            promises[i].run();
            return 0;
        }
    }
    return strcmp(argument[1], "--list") != 0;
}
