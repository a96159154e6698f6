/* SPDX-License-Identifier: MIT */
/* Where else a path may have been meant to start: beside the script, above, where the shell was. */
#include "base/file.h"
#include "facts/search.h"
#include <fcntl.h>

enum { MOST_PARENTS = 4, COMMAND_LINE_BYTES = 4096 };

static void add_place(struct search *search, enum base_kind kind, struct slice directory) {
    while (directory.length > 1 && directory.data[directory.length - 1] == '/')
        directory.length--;
    /* The root is no project's directory: a path that forgot its slash is a slip of its own. */
    if (search->place_count == SEARCH_MOST_PLACES || directory.length < 2 ||
        directory.data[0] != '/')
        return;
    for (size_t i = 1; i < search->place_count; i++)
        if (slice_equal(search->places[i].directory, directory))
            return;
    const struct walk *walk = &search->facts->walk;
    const struct component *start = walk->count > 0 ? walk->components : NULL;
    if (start && start->role == ROLE_START && slice_equal(start->path, directory))
        return;
    search->places[search->place_count++] = (struct place){kind, directory};
}

static void add_parents(struct search *search, enum base_kind kind, struct slice directory) {
    for (unsigned i = 0; i < MOST_PARENTS && directory.length > 1; i++) {
        directory = slice_parent(directory);
        add_place(search, kind, directory);
    }
}

/* ---- the script ---- */

/* "python3.11", "lua5.4", "zsh-5.9": not "shotwell", which has "sh" and a letter behind it. */
static bool is_interpreter(struct slice executable) {
    static const char names[][8] = {"python", "pypy",   "perl", "ruby",  "node", "nodejs",
                                    "php",    "lua",    "R",    "java",  "bash", "sh",
                                    "dash",   "luajit", "zsh",  "tclsh", "julia"};
    struct slice name = slice_basename(executable);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct slice rest = slice_from(name, strlen(names[i]));
        char next = rest.length > 0 ? (char)(rest.data[0] | 0x20) : '\0';
        if (slice_starts(name, slice_of(names[i])) && (next < 'a' || next > 'z'))
            return true;
    }
    return false;
}

/* "pkg.main" as a path from the working directory on: pkg/main.py. */
static struct slice module_script(struct arena *arena, struct slice module) {
    struct buffer path = buffer_in(arena, module.length + 4);
    for (size_t i = 0; i < module.length; i++)
        buffer_char(&path, module.data[i] == '.' ? '/' : module.data[i]);
    buffer_slice(&path, SLICE(".py"));
    return path.cut ? SLICE("") : buffer_text(&path);
}

/* The first argument that is no option, of an interpreter's command line; empty with -c. R is
 * started by Rscript(1) with the script as an option, and says where the program's own begin. */
static struct slice find_script(struct search *search, struct slice command_line) {
    bool python = search->result->caller_is_python;
    slice_split(&command_line, '\0');
    while (command_line.length > 0) {
        struct slice argument = slice_split(&command_line, '\0');
        if (argument.length < 2 || argument.data[0] != '-')
            return argument;
        if (slice_starts(argument, SLICE("--file=")))
            return slice_from(argument, sizeof "--file=" - 1);
        char option = argument.data[1];
        bool alone = argument.length == 2;
        if (slice_is(argument, "--args") || (alone && (option == 'c' || option == 'e')) ||
            (python && option == 'c'))
            return SLICE("");
        /* Python's with a word, which may stand in the same argument. */
        if (!python || (option != 'm' && option != 'W' && option != 'X'))
            continue;
        struct slice word = alone ? slice_split(&command_line, '\0') : slice_from(argument, 2);
        if (option == 'm')
            return module_script(search->arena, word);
    }
    return SLICE("");
}

/* The script's absolute path. A relative one starts where the program was started: the working
 * directory, unless the program has left it. */
static struct slice absolute_script(struct search *search, struct slice script,
                                    struct slice working_directory) {
    struct slice starts[] = {working_directory,
                             environment_value(search->facts->environment, SLICE("PWD"))};
    struct stat status;
    if (script.length == 0 || script.data[0] == '/')
        return script;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        search_enter(search, starts[i]);
        if (starts[i].length > 0 && search_append(search, script) &&
            search_exists(search, &status) && S_ISREG(status.st_mode))
            return arena_copy(search->arena, buffer_text(&search->path));
    }
    return SLICE("");
}

static void add_script(struct search *search, struct slice working_directory) {
    struct slice executable = search->facts->executable;
    if (!is_interpreter(executable)) {
        if (!slice_starts(executable, SLICE("/usr/")) && !slice_starts(executable, SLICE("/bin/")))
            add_place(search, BASE_PROGRAM, slice_parent(executable));
        return;
    }
    struct slice line = file_first(search->arena, "/proc/self/cmdline", COMMAND_LINE_BYTES);
    struct slice script = absolute_script(search, find_script(search, line), working_directory);
    if (script.length == 0 || script.data[0] != '/')
        return;
    add_place(search, BASE_SCRIPT, slice_parent(script));
    add_parents(search, BASE_ABOVE_SCRIPT, slice_parent(script));
}

void search_find_places(struct search *search) {
    struct slice environment = search->facts->environment;
    struct slice working_directory = search->facts->working_directory;
    if (!slice_starts(working_directory, SLICE("/")))
        working_directory.length = 0;
    search->places[0] = (struct place){BASE_OF_CALL, SLICE("")};
    search->place_count = 1;
    if (search->incident->directory != AT_FDCWD || search->incident->path[0] == '/')
        add_place(search, BASE_WORKING_DIRECTORY, working_directory);
    add_script(search, working_directory);
    add_place(search, BASE_PWD, environment_value(environment, SLICE("PWD")));
    add_parents(search, BASE_ABOVE_WORKING_DIRECTORY, working_directory);
    add_place(search, BASE_OLDPWD, environment_value(environment, SLICE("OLDPWD")));
    add_place(search, BASE_HOME, environment_value(environment, SLICE("HOME")));
}
