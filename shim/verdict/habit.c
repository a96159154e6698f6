/* SPDX-License-Identifier: MIT */
/* The corrected path, and the line of code that keeps the slip from coming back. */
#include "base/escape.h"
#include "verdict/trial.h"
#include <fcntl.h>

enum { MOST_SHOWN_BYTES = 600 };

static void put_path(struct trial *trial, struct slice path, struct buffer *text) {
    if (path.length > MOST_SHOWN_BYTES)
        buffer_slice(text, quoted(trial->arena, path));
    else
        escape_shell(text, path, true);
}

void fix_by_path(struct trial *trial) {
    const struct verdict *verdict = trial->verdict;
    if (verdict->suggestion_count == 0)
        return;
    struct buffer text =
        buffer_in(trial->arena, 4 * MOST_SHOWN_BYTES * VERDICT_MOST_SUGGESTIONS + 200);
    for (size_t i = 0; i < verdict->suggestion_count; i++) {
        const char *what = trial->facts->walk.creates ? "use the directory " : "use ";
        buffer_slice(&text, i == 0 ? slice_of(what) : SLICE(", or "));
        put_path(trial, verdict->suggestions[i].path, &text);
    }
    buffer_slice(&text, SLICE(" ("));
    buffer_slice(&text, verdict->suggestions[0].difference);
    buffer_char(&text, ')');
    add_advice(trial, buffer_text(&text));
}

/* How the last number of the name that is there is written. */
static struct slice pad_as(struct trial *trial, const struct neighbour *near, bool python) {
    struct slice name = slice_basename(near->path);
    struct slice digits = name_number(name);
    if (digits.length == 0)
        return SLICE("");
    if (digits.data[0] != '0' || digits.length == 1)
        return SLICE("write the number as it is there, without zeros before it");
    return arena_format(trial->arena,
                        python ? "in the program: f\"{number:0%ud}\", as the names have it"
                               : "pad the number as the names have it: printf's %%0%ud",
                        (unsigned)digits.length);
}

/* Where a relative path is right as it stands, below another directory than the program's. Not
 * where the program left the directory that it was started in. */
static struct slice go_there(struct trial *trial, const struct neighbour *near) {
    struct buffer line = buffer_in(trial->arena, 4 * MOST_SHOWN_BYTES + 100);
    if (trial->incident->path[0] == '/' || trial->incident->directory != AT_FDCWD ||
        near->base_kind == BASE_OF_CALL || near->base_kind == BASE_PWD ||
        near->base_kind == BASE_OLDPWD || near->unlikely || near->slips != SLIP_BIT(SLIP_BASE))
        return SLICE("");
    buffer_slice(&line, SLICE("or start the program there: cd "));
    put_path(trial, near->base, &line);
    buffer_slice(&line, SLICE(" (cron, services and notebooks start elsewhere)"));
    return line.cut ? SLICE("") : buffer_text(&line);
}

/* Of two encodings of a name: UTF-8 is right, and what was read in the wrong one grows. */
static bool asked_is_garbled(struct slice asked, struct slice there) {
    return utf8_valid(there) &&
           (!utf8_valid(asked) || slice_basename(asked).length > slice_basename(there).length);
}

/* By the language of the calling program; empty: there is nothing to say. */
static struct slice habit(struct trial *trial, enum slip slip, const struct neighbour *near) {
    static const struct {
        const char *python, *any;
    } lines[SLIP_COUNT] = {
        [SLIP_WHITESPACE] = {"where the list is read: line.rstrip(\"\\r\\n\"), or path.strip()",
                             "take the line's end off where the list is read"},
        [SLIP_QUOTES] = {"where the path is read: path.strip(\"'\\\"\"), or the csv module",
                         "take the quotation marks off where the path is read"},
        [SLIP_LINE] = {"where the list is read: the csv module, or line.split()[0]",
                       "take the path's column alone where the list is read"},
        [SLIP_WINDOWS] = {"in the program: pathlib.PureWindowsPath(path).as_posix(), and "
                          "r\"...\" for literals",
                          "write / between names: Windows takes it as well"},
        [SLIP_UNICODE] =
            {"in the program: unicodedata.normalize(\"NFC\", name), or \"NFD\", as the "
             "names on disk are",
             NULL},
    };
    static const char *const unexpanded[][2] = {
        [SIGN_NONE] = {NULL, NULL},
        [SIGN_TILDE] = {"in the program: os.path.expanduser(path)",
                        "write the home directory out, or let the shell expand the ~ unquoted"},
        [SIGN_VARIABLE] = {"in the program: os.path.expandvars(path)",
                           "write the variable's value out, or let the shell expand it"},
        [SIGN_BRACES] = {"in the program: f\"...\" or .format(...) where the path is made",
                         "fill in the braces where the path is made"},
        [SIGN_PRINTF] = {"in the program: pattern % number where the path is made",
                         "fill in the number where the path is made (printf)"},
        [SIGN_GLOB] = {"in the program: glob.glob(pattern), and open what it returns",
                       "expand the pattern first: let the shell see it unquoted, or call glob(3)"},
        [SIGN_URL] = {NULL, NULL},
        [SIGN_DRIVE] = {NULL, NULL},
        [SIGN_NOTHING] = {"look where the path is made: a value was not set, or a cell was empty",
                          "look where the path is made: a value was not set"},
    };
    bool python = trial->facts->neighbours.caller_is_python;
    struct slice seen, path = slice_of(trial->incident->path);
    enum slip_sign sign = slip_sign(path, &seen);
    const char *line = python && lines[slip].python ? lines[slip].python : lines[slip].any;
    struct slice unset = trial->facts->neighbours.unset_variable;
    if (slip == SLIP_UNEXPANDED && sign == SIGN_VARIABLE && seen.data[0] == '%')
        line = "write the directory out: only Windows expands %NAME%";
    else if (slip == SLIP_UNEXPANDED && sign == SIGN_VARIABLE && unset.length > 0)
        return arena_format(trial->arena,
                            "export %.*s (sudo, cron and services start without it)%s",
                            (int)unset.length, unset.data,
                            python ? ", and in the program: os.path.expandvars(path)" : "");
    else if (slip == SLIP_UNEXPANDED)
        line = unexpanded[sign][!python];
    else if (slip == SLIP_URI && sign == SIGN_URL && !slice_starts(path, SLICE("file:")))
        line = python ? "fetch it first: urllib.request, or the client of the object store"
                      : "fetch it first, then open the local file";
    else if (slip == SLIP_URI)
        line = python ? "in the program: urllib.parse.unquote(urllib.parse.urlsplit(uri).path)"
                      : "decode the URI where it is read";
    else if (slip == SLIP_UNICODE && near_is_encoded(trial, near))
        line = asked_is_garbled(path, near->path)
                   ? "read the list of names in the encoding that it is written in"
                   : "unpack the archive again with the names' encoding (unzip -O CP1252, or "
                     "CP437), or "
                     "rename what is there (convmv)";
    else if (slip == SLIP_QUOTES && slip_is_printed(path))
        line = python
                   ? "in the program: the path itself, not the text of what holds it: paths[0] of "
                     "a list, name.decode() of bytes"
                   : "pass the path itself, not the text of what holds it";
    else if (slip == SLIP_NUMBER && name_has_fraction(slice_basename(path)))
        line = python
                   ? "in the program: int(number); pandas.read_csv(..., dtype=str) keeps a column "
                     "with gaps as it is"
                   : "write the number without its fraction";
    else if (slip == SLIP_NUMBER)
        return pad_as(trial, near, python);
    else if (slip == SLIP_BASE && near->base_kind == BASE_SCRIPT)
        line = python ? "in the program: os.path.join(os.path.dirname(os.path.abspath(__file__)), "
                        "path)"
                      : NULL;
    else if (slip == SLIP_BASE && near->base_kind == BASE_UNJOINED)
        line = python ? "in the program: os.path.join(directory, name), not directory + name"
                      : "put a / between the directory and the name";
    else if (slip == SLIP_BASE)
        return go_there(trial, near);
    return line ? slice_of(line) : SLICE("");
}

void fix_near(struct trial *trial, const struct neighbour *nearest) {
    fix_by_path(trial);
    for (enum slip slip = 0; slip < SLIP_COUNT; slip++)
        if (nearest->slips & SLIP_BIT(slip))
            add_advice(trial, habit(trial, slip, nearest));
    if (trial->verdict->fix_count == 0)
        add_advice(trial, SLICE("correct the path where it is made"));
}

void note_search(struct trial *trial) {
    const struct neighbours *neighbours = &trial->facts->neighbours;
    bool found_exactly =
        trial->verdict->suggestion_count > 0 && trial->verdict->certainty == CERTAINTY_PROVEN;
    if (!neighbours->sought || found_exactly)
        return;
    if (neighbours->names_left)
        add_note(trial, "looked at %zu names of more: a nearer one may be among the others",
                 neighbours->listed);
    else if (neighbours->out_of_time)
        add_note(trial, "the search for near names ended early, to not hold up the program");
    if (neighbours->unlistable)
        add_note(trial, "a directory on the way may not be listed from here: names in it are "
                        "not known");
}
