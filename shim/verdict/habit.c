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

/* What there is to say in Python, and in any other language; empty: nothing. */
struct line {
    char python[160], any[160];
};

/* In the language of the calling program. */
static struct slice choose(const struct trial *trial, const char *python, const char *any) {
    return slice_of(trial->facts->neighbours.caller_is_python ? python : any);
}

/* How the last number of the name that is there is written. */
static struct slice pad_as(struct trial *trial, const struct neighbour *near) {
    struct slice name = slice_basename(near->path);
    struct slice digits = name_number(name);
    if (digits.length == 0)
        return SLICE("");
    if (digits.data[0] != '0' || digits.length == 1)
        return SLICE("write the number as it is there, without zeros before it");
    return arena_format(trial->arena,
                        trial->facts->neighbours.caller_is_python
                            ? "in the program: f\"{number:0%ud}\", as the names have it"
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

/* "%Y-%m-%d": strftime(3). */
static bool is_of_time(struct slice path) {
    return slice_search(path, "%Y") || slice_search(path, "%m") || slice_search(path, "%H");
}

/* Exporting it alone helps nobody who passes it on unexpanded. */
static struct slice fill_in_variable(struct trial *trial, struct slice unset) {
    return arena_format(trial->arena,
                        trial->facts->neighbours.caller_is_python
                            ? "export %.*s (sudo, cron and services start without it), and in the "
                              "program: os.path.expandvars(path)"
                            : "set %.*s and have it filled in where the path is made: not in "
                              "'...' (shell, Perl, PHP), in `...` (JavaScript)",
                        (int)unset.length, unset.data);
}

static struct slice habit_of_unexpanded(struct trial *trial) {
    static const struct line lines[] = {
        [SIGN_TILDE] = {"in the program: os.path.expanduser(path)",
                        "write the home directory out, or let the shell expand the ~ unquoted"},
        [SIGN_VARIABLE] = {"in the program: os.path.expandvars(path)",
                           "write the variable's value out, or let the shell expand it"},
        [SIGN_BRACES] = {"in the program: f\"...\" or .format(...) where the path is made",
                         "fill in the braces where the path is made"},
        [SIGN_PRINTF] = {"in the program: pattern % value where the path is made; for a reader of "
                         "sequences (cv2.VideoCapture), a pattern that fits the names",
                         "fill in the value where the path is made (printf); for a reader of "
                         "sequences, write a pattern that fits the names"},
        [SIGN_GLOB] = {"in the program: glob.glob(pattern), and open what it returns",
                       "expand the pattern first: let the shell see it unquoted, or call glob(3); "
                       "one that no name fits the shell leaves as it is"},
        [SIGN_NOTHING] = {"look where the path is made: a value was not set, or a cell was empty",
                          "look where the path is made: a value was not set"},
    };
    const struct neighbours *neighbours = &trial->facts->neighbours;
    struct slice seen, unset = neighbours->unset_variable, unknown = neighbours->unknown_user;
    enum slip_sign sign = slip_sign(slice_of(trial->incident->path), &seen);
    if (sign == SIGN_VARIABLE && seen.data[0] == '%')
        return SLICE("write the directory out: only Windows expands %NAME%");
    if (sign == SIGN_VARIABLE && unset.length > 0)
        return fill_in_variable(trial, unset);
    if (sign == SIGN_BRACES && slice_search(seen, ".."))
        return SLICE("let bash expand it, unquoted: sh knows no {1..9}, and no program does");
    if (sign == SIGN_PRINTF && is_of_time(slice_of(trial->incident->path)))
        return choose(trial, "in the program: time.strftime(pattern) where the path is made",
                      "fill in the date where the path is made (strftime)");
    if (sign == SIGN_TILDE && unknown.length > 0)
        return arena_format(trial->arena,
                            "write the home directory out: the local passwd file has no user %s, "
                            "and a ~ before one that is not known stays as it is",
                            quoted(trial->arena, slice_first(unknown, 64)).data);
    return choose(trial, lines[sign].python, lines[sign].any);
}

static struct slice habit_of_uri(const struct trial *trial) {
    struct slice seen, path = slice_of(trial->incident->path);
    if (slip_sign(path, &seen) == SIGN_URL && !slice_starts(path, SLICE("file:")))
        return choose(trial, "fetch it first: urllib.request, or the client of the object store",
                      "fetch it first, then open the local file");
    return choose(trial, "in the program: urllib.parse.unquote(urllib.parse.urlsplit(uri).path)",
                  "decode the URI where it is read");
}

static struct slice habit_of_encoding(const struct trial *trial, const struct neighbour *near) {
    if (asked_is_garbled(slice_of(trial->incident->path), near->path))
        return SLICE("read the list of names in the encoding that it is written in");
    return SLICE("unpack the archive again with the names' encoding (unzip -O CP1252, or CP437), "
                 "or rename what is there (convmv)");
}

static struct slice habit_of_line(struct trial *trial) {
    char separator = slip_list_separator(slice_of(trial->incident->path));
    if (!trial->facts->neighbours.caller_is_python)
        return SLICE("take the path's column alone where the list is read");
    if (slice_has(SLICE(" \t"), separator))
        return SLICE("where the list is read: the csv module, or line.split()[0]");
    return arena_format(trial->arena,
                        "where the list is read: csv.reader(file, delimiter=\"%c\"), and of each "
                        "line the path's column alone",
                        separator);
}

static struct slice habit_of_number(struct trial *trial, const struct neighbour *near) {
    if (name_has_fraction(slice_basename(slice_of(trial->incident->path))))
        return choose(trial,
                      "in the program: int(number); pandas.read_csv(..., dtype=str) keeps a column "
                      "with gaps as it is",
                      "write the number without its fraction");
    return pad_as(trial, near);
}

static struct slice habit_of_base(struct trial *trial, const struct neighbour *near) {
    if (near->base_kind == BASE_SCRIPT)
        return choose(
            trial, "in the program: os.path.join(os.path.dirname(os.path.abspath(__file__)), path)",
            "");
    if (near->base_kind == BASE_UNJOINED)
        return choose(trial, "in the program: os.path.join(directory, name), not directory + name",
                      "put a / between the directory and the name");
    return go_there(trial, near);
}

/* What keeps this slip from coming back; empty: there is nothing to say. */
static struct slice habit(struct trial *trial, enum slip slip, const struct neighbour *near) {
    static const struct line lines[SLIP_COUNT] = {
        [SLIP_WHITESPACE] = {"where the list is read: line.rstrip(\"\\r\\n\"), or path.strip()",
                             "take the line's end off where the list is read"},
        [SLIP_QUOTES] = {"where the path is read: path.strip(\"'\\\"\"), or the csv module",
                         "take the quotation marks off where the path is read"},
        [SLIP_WINDOWS] = {"in the program: pathlib.PureWindowsPath(path).as_posix(), and "
                          "r\"...\" for literals",
                          "write / between names: Windows takes it as well"},
        [SLIP_UNICODE] =
            {"in the program: unicodedata.normalize(\"NFC\", name), or \"NFD\", as the "
             "names on disk are",
             ""},
    };
    switch (slip) {
    case SLIP_UNEXPANDED:
        return habit_of_unexpanded(trial);
    case SLIP_LINE:
        return habit_of_line(trial);
    case SLIP_URI:
        return habit_of_uri(trial);
    case SLIP_NUMBER:
        return habit_of_number(trial, near);
    case SLIP_BASE:
        return habit_of_base(trial, near);
    case SLIP_UNICODE:
        if (near_is_encoded(trial, near))
            return habit_of_encoding(trial, near);
        break;
    case SLIP_QUOTES:
        if (slip_is_printed(slice_of(trial->incident->path)))
            return choose(trial,
                          "in the program: the path itself, not the text of what holds it: "
                          "paths[0] of a list, name.decode() of bytes",
                          "pass the path itself, not the text of what holds it");
        break;
    default:
        break;
    }
    return choose(trial, lines[slip].python, lines[slip].any);
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
