/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "base/buffer.h"
#include "base/errnames.h"
#include "base/escape.h"
#include "base/start.h"
#include "base/sys.h"
#include "incident.h"

struct config config;

#define SECCOMP_NONE "\nSeccomp:\t0\n" /* proc_pid_status(5) */

static char *const *being_read; /* the environment */

/* Each setter takes a value that is not empty and returns false, having changed nothing, when it is
 * not one of those that variables.def says are accepted. */

static bool set_match(struct slice value) {
    struct matcher *matcher = &config.matcher;
    bool adds = value.data[0] == '+';
    struct slice rest = slice_from(value, adds ? 1 : 0);
    static struct matcher read; /* static: too large for a stack, and this runs once */
    match_clear(&read);
    if (adds)
        match_add_images(&read);
    size_t count = 0;
    while (rest.length > 0) {
        struct slice glob = slice_split(&rest, ',');
        if (glob.length > 0 && !match_add(&read, glob))
            return false;
        count += glob.length > 0;
    }
    if (count > 0)
        *matcher = read;
    return count > 0;
}

static bool set_errno(struct slice value) {
    bool errors[CONFIG_ERRNOS] = {false};
    if (slice_is(value, "all")) {
        memset(config.errors, true, sizeof config.errors);
        return true;
    }
    while (value.length > 0) {
        struct slice name = slice_split(&value, ',');
        unsigned error = (unsigned)errno_number(name.data, name.length);
        if (error == 0)
            return false;
        errors[error] = true;
    }
    memcpy(config.errors, errors, sizeof errors);
    return true;
}

static bool set_calls(struct slice value) {
    unsigned groups = 0;
    bool probe_missing = false;
    while (value.length > 0) {
        struct slice name = slice_split(&value, ',');
        if (slice_is(name, "open"))
            groups |= GROUP_OPEN;
        else if (slice_is(name, "dir"))
            groups |= GROUP_DIR;
        else if (slice_is(name, "probe"))
            groups |= GROUP_PROBE;
        else if (slice_is(name, "probe+")) {
            groups |= GROUP_PROBE;
            probe_missing = true;
        } else
            return false;
    }
    config.groups = groups;
    config.probe_missing = probe_missing;
    return true;
}

/* The position of `value` in a NULL-terminated list, or -1. */
static int position(struct slice value, const char *const *words) {
    for (int i = 0; words[i]; i++)
        if (slice_is(value, words[i]))
            return i;
    return -1;
}

static bool set_format(struct slice value) {
    int at = position(value, (const char *const[]){"text", "json", "none", NULL});
    if (at >= 0)
        config.format = (enum output_format)at;
    return at >= 0;
}

static bool set_color(struct slice value) {
    int at = position(value, (const char *const[]){"auto", "always", "never", NULL});
    if (at >= 0)
        config.color = (enum color_choice)at;
    return at >= 0;
}

static bool set_disable(struct slice value) {
    int at = position(value, (const char *const[]){"0", "1", NULL});
    if (at >= 0)
        config.enabled = at == 0;
    return at >= 0;
}

static bool same_directory(const char *a, const char *b) {
    struct stat status_a, status_b;
    return sys_fstatat(AT_FDCWD, a, &status_a, 0) == 0 &&
           sys_fstatat(AT_FDCWD, b, &status_b, 0) == 0 && status_a.st_dev == status_b.st_dev &&
           status_a.st_ino == status_b.st_ino;
}

static bool has_seccomp_filter(char *bytes, size_t size) {
    int descriptor = sys_openat(AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
    long length = descriptor >= 0 ? sys_read(descriptor, bytes, size) : 0;
    if (descriptor >= 0)
        sys_close(descriptor);
    return length <= 0 || !memmem(bytes, (size_t)length, SECCOMP_NONE, sizeof SECCOMP_NONE - 1);
}

static const char *find_pwd(void) {
    for (char *const *entry = being_read; *entry; entry++)
        if (slice_starts(slice_of(*entry), SLICE("PWD=/")))
            return *entry + 4;
    return NULL;
}

/* A filter may kill for getcwd(2): then PWD is believed where it tells the truth. */
static struct slice find_here(void) {
    static char bytes[CONFIG_LOG_BYTES];
    const char *pwd = has_seccomp_filter(bytes, sizeof bytes) ? find_pwd() : NULL;
    if (pwd && same_directory(pwd, "."))
        return slice_of(pwd);
    long length = sys_getcwd(bytes, sizeof bytes);
    return (struct slice){bytes, length > 1 ? (size_t)length - 1 : 0};
}

/* A relative name is meant where the program starts, not where it later goes. */
static bool set_log(struct slice value) {
    struct buffer path = {.data = config.log_path, .capacity = sizeof config.log_path - 1};
    if (value.data[0] != '/') {
        struct slice here = find_here();
        if (here.length == 0 || here.data[0] != '/')
            return false;
        buffer_slice(&path, here);
        buffer_char(&path, '/');
    }
    buffer_slice(&path, value);
    if (path.cut || value.length > 3800)
        path.length = 0;
    config.log_path[path.length] = '\0';
    return path.length > 0;
}

static bool set_number(struct slice value, unsigned long most, unsigned *number) {
    unsigned long read;
    if (!slice_number(&value, 10, &read) || value.length > 0 || read > most)
        return false;
    *number = (unsigned)read;
    return true;
}

static bool set_frames(struct slice value) {
    return set_number(value, 256, &config.frames);
}

static bool set_limit(struct slice value) {
    return set_number(value, 1000000, &config.limit);
}

static const struct variable {
    char name[20];
    bool (*set)(struct slice value);
    char accepted[60], fallback[20];
} variables[] = {
#define VARIABLE(name, set, accepted, fallback) {name, set, accepted, fallback},
#include "variables.def"
#undef VARIABLE
};

static void complain_about(const struct variable *variable, struct slice value,
                           void (*complain)(struct slice line)) {
    char line[600];
    struct buffer text = {.data = line, .capacity = sizeof line};
    buffer_format(&text, "permshim: %s=", variable->name);
    escape_quoted(&text, slice_first(value, 60), true);
    buffer_format(&text, " is not accepted: it takes %s; using %s\n", variable->accepted,
                  variable->fallback);
    complain(buffer_text(&text));
}

/* Variables of others that tell where we run. */
static void look_around(struct slice name, struct slice value) {
    static const struct {
        char name[24], container[12];
    } signs[] = {
        {"KUBERNETES_SERVICE_HOST", "kubernetes"},
        {"SNAP", "snap"},
        {"FLATPAK_ID", "flatpak"},
        {"container", ""}, /* systemd's convention: its value is the name */
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (slice_is(name, signs[i].name) && value.length > 0 && !config.container[0]) {
            struct slice word = signs[i].container[0] ? slice_of(signs[i].container) : value;
            word = slice_first(word, sizeof config.container - 1);
            memcpy(config.container, word.data, word.length);
        }
    if ((slice_is(name, "NO_COLOR") && value.length > 0) ||
        (slice_is(name, "TERM") && slice_is(value, "dumb")))
        config.no_color = true;
}

/* Listing and probing are done on suspicion: there only a refusal is news, a missing name only when
 * it was asked for. */
static void settle_reporting(void) {
    unsigned always = GROUP_OPEN | (config.probe_missing ? GROUP_PROBE : 0);
    memset(config.reporting, 0, sizeof config.reporting);
    for (int error = 0; error < CONFIG_ERRNOS; error++)
        if (config.enabled && config.errors[error])
            config.reporting[error] =
                (uint8_t)(error == EACCES ? config.groups : config.groups & always);
}

/* Whether a variable may be one of those that are looked for, by its first two letters: most are
 * not. */
static bool may_matter(const char *entry) {
    switch (entry[0] == '\0' ? 0 : (unsigned char)entry[0] << 8 | (unsigned char)entry[1]) {
    case 'P' << 8 | 'E': /* PERMSHIM_* */
    case 'K' << 8 | 'U':
    case 'S' << 8 | 'N':
    case 'F' << 8 | 'L':
    case 'c' << 8 | 'o':
    case 'N' << 8 | 'O': /* NO_COLOR */
    case 'T' << 8 | 'E': /* TERM */
        return true;
    default:
        return false;
    }
}

START_CODE void config_read(char *const *environment, void (*complain)(struct slice line)) {
    config.enabled = true;
    config.groups = GROUP_OPEN | GROUP_DIR;
    config.frames = 12;
    config.limit = 25;
    memset(config.errors, 0, sizeof config.errors);
    config.errors[EACCES] = config.errors[ENOENT] = true;
    match_clear(&config.matcher);
    match_add_images(&config.matcher);

    being_read = environment;
    for (char *const *entry = environment; entry && *entry; entry++) {
        if (!may_matter(*entry))
            continue;
        struct slice value = slice_of(*entry);
        struct slice name = slice_split(&value, '=');
        look_around(name, value);
        if (!slice_starts(name, SLICE("PERMSHIM_")) || value.length == 0)
            continue;
        for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
            if (slice_is(name, variables[i].name) && !variables[i].set(value))
                complain_about(&variables[i], value, complain);
    }
    settle_reporting();
}
