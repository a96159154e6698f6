/* SPDX-License-Identifier: MIT */
#include "random_slips.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 2048 };

size_t random_below(unsigned *seed, size_t bound) {
    size_t high = (size_t)rand_r(seed), low = (size_t)rand_r(seed);
    return (high << 16 ^ low) % bound;
}

/* Each changes the text in place and returns false when it has nothing to change. */
typedef bool slip_maker(unsigned *seed, char *text);

static void insert(char *text, size_t at, const char *put) {
    memmove(text + at + strlen(put), text + at, strlen(text + at) + 1);
    memcpy(text + at, put, strlen(put));
}

static bool add_whitespace(unsigned *seed, char *text) {
    static const char *const matter[] = {"\n", "\r\n", " ", "\t", "\r", "\xc2\xa0", "  \n"};
    if (random_below(seed, 8) == 0)
        insert(text, 0, " ");
    else
        strcat(text, matter[random_below(seed, sizeof matter / sizeof *matter)]);
    return true;
}

static bool add_quotes(unsigned *seed, char *text) {
    static const char *const marks[][2] = {
        {"'", "'"}, {"\"", "\""}, {"\xe2\x80\x9c", "\xe2\x80\x9d"}, {"`", "`"}};
    const char *const *mark = marks[random_below(seed, sizeof marks / sizeof *marks)];
    insert(text, 0, mark[0]);
    strcat(text, mark[1]);
    return true;
}

static bool use_backslashes(unsigned *seed, char *text) {
    (void)seed;
    bool any = false;
    for (; *text; text++)
        if (*text == '/') {
            *text = '\\';
            any = true;
        }
    return any;
}

static bool encode(unsigned *seed, char *text) {
    (void)seed;
    bool any = false;
    for (size_t i = 0; text[i]; i++)
        if (text[i] == ' ' || (unsigned char)text[i] >= 0x80) {
            char code[4];
            snprintf(code, sizeof code, "%%%02X", (unsigned char)text[i]);
            text[i] = code[0];
            insert(text, i + 1, code + 1);
            any = true;
            i += 2;
        }
    return any;
}

static bool change_case(unsigned *seed, char *text) {
    size_t kind = random_below(seed, 4), changed = 0;
    char *name = strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
    char *suffix = strrchr(name, '.') ? strrchr(name, '.') : name;
    char *from = kind == 0 ? suffix : kind == 1 ? name : text;
    for (char *at = from; *at; at++) {
        int other = kind == 3 ? tolower((unsigned char)*at) : toupper((unsigned char)*at);
        if (*at == '$' || *at == '~')
            return false;
        changed += other != (unsigned char)*at;
        *at = (char)other;
        if (kind == 2 && *at == '/')
            break;
    }
    return changed > 0;
}

static bool change_suffix(unsigned *seed, char *text) {
    static const char *const others[] = {".jpg", ".png", ".jpeg", ".tif", ".webp"};
    const char *other = others[random_below(seed, sizeof others / sizeof *others)];
    char *suffix = strrchr(text, '.');
    if (!suffix || strchr(suffix, '/') || strcasecmp(suffix, other) == 0 ||
        strcmp(suffix, ".gz") == 0)
        return false;
    strcpy(suffix, other);
    return true;
}

static bool change_padding(unsigned *seed, char *text) {
    char *at = strrchr(text, '.');
    while (at && at > text && !isdigit((unsigned char)at[-1]) && at[-1] != '/')
        at--;
    if (!at || at == text || !isdigit((unsigned char)at[-1]))
        return false;
    while (at > text && isdigit((unsigned char)at[-1]))
        at--;
    if (at[0] == '0' && isdigit((unsigned char)at[1]))
        memmove(at, at + 1, strlen(at));
    else if (random_below(seed, 2))
        insert(text, (size_t)(at - text), "0");
    else
        return false;
    return true;
}

/* A letter of a name of six letters or more; of shorter ones nobody can tell. */
static bool mistype(unsigned *seed, char *text) {
    char *name = strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
    size_t stem = strcspn(name, "."), at = random_below(seed, stem ? stem : 1);
    size_t letters = 0;
    for (size_t i = 0; i < stem; i++)
        letters += (bool)isalpha((unsigned char)name[i]);
    if (letters < 6 || !isalpha((unsigned char)name[at]))
        return false;
    char put[2] = {(char)('a' + random_below(seed, 26)), '\0'};
    switch (random_below(seed, 4)) {
    case 0:
        memmove(name + at, name + at + 1, strlen(name + at));
        return true;
    case 1:
        insert(name, at, put);
        return true;
    case 2:
        if (tolower((unsigned char)name[at]) == put[0])
            return false;
        name[at] = put[0];
        return true;
    default:
        if (at + 1 >= stem || !isalpha((unsigned char)name[at + 1]) || name[at] == name[at + 1])
            return false;
        put[0] = name[at];
        name[at] = name[at + 1];
        name[at + 1] = put[0];
        return true;
    }
}

static const struct {
    const char *name;
    slip_maker *make;
} makers[] = {
    /* Those of the name first: a real path gets its quotes and its newline last. */
    {"typo", mistype},         {"number", change_padding},
    {"suffix", change_suffix}, {"case", change_case},
    {"encoded", encode},       {"backslashes", use_backslashes},
    {"quotes", add_quotes},    {"whitespace", add_whitespace},
};
enum { MAKERS = sizeof makers / sizeof *makers };

/* As a process in root/proj would name it: mostly relative. */
static void name_path(unsigned *seed, const char *root, const char *original, char *text) {
    if (strncmp(original, "proj/", 5) == 0 && random_below(seed, 4) > 0)
        snprintf(text, MOST, "%s", original + 5);
    else if (random_below(seed, 2))
        snprintf(text, MOST, "%s/%s", root, original);
    else
        snprintf(text, MOST, "../%s", original);
}

/* The place of the path itself: a base that is not the working directory. */
static bool lose_base(unsigned *seed, const char *original, char *text) {
    if (strncmp(original, "home/alice/", 11) == 0) {
        snprintf(text, MOST, "%s/%s", random_below(seed, 2) ? "~" : "$HOME", original + 11);
        return true;
    }
    if (strncmp(original, "proj/data/", 10) == 0 && random_below(seed, 2)) {
        snprintf(text, MOST, "/%s", original + 5);
        return true;
    }
    snprintf(text, MOST, "%s", original); /* from the directory above */
    return true;
}

bool random_slip(unsigned *seed, const char *root, const char *original, size_t slips,
                 char *slipped, size_t slipped_size, char *history, size_t history_size) {
    char text[2 * MOST];
    size_t first = random_below(seed, MAKERS + 1), second = random_below(seed, MAKERS + 1);
    size_t order[2] = {first < second ? first : second, first < second ? second : first};
    history[0] = '\0';
    if (slips == 2 && first == second)
        return false;
    if (slips == 1)
        order[0] = order[1] = first;
    if (order[1] == MAKERS)
        lose_base(seed, original, text);
    else
        name_path(seed, root, original, text);
    for (size_t i = 2 - slips; i < 2; i++) {
        size_t used = strlen(history);
        bool base = order[i] == MAKERS;
        snprintf(history + used, history_size - used, "%s%s", used ? ", " : "",
                 base ? "base" : makers[order[i]].name);
        if (!base && !makers[order[i]].make(seed, text))
            return false;
    }
    snprintf(slipped, slipped_size, "%s", text);
    return true;
}

void random_name(unsigned *seed, char *path, size_t size) {
    static const char *const directories[] = {"big/", "big/", "", "data/cats/", "data/", "Images/"};
    static const char *const suffixes[] = {"jpg", "png", "jpeg", "tif", "webp", "JPG"};
    static const char *const words[] = {"river", "garden", "winter", "bridge", "tower",  "street",
                                        "apple", "camera", "street", "window", "forest", "harbour",
                                        "photo", "image",  "frame",  "scan",   "mask",   "train"};
    char stem[64];
    size_t words_count = sizeof words / sizeof *words;
    switch (random_below(seed, 4)) {
    case 0:
        snprintf(stem, sizeof stem, "%s_%s", words[random_below(seed, words_count)],
                 words[random_below(seed, words_count)]);
        break;
    case 1:
        snprintf(stem, sizeof stem, "%s%zu", words[random_below(seed, words_count)],
                 random_below(seed, 100000));
        break;
    default: {
        size_t length = 3 + random_below(seed, 10);
        for (size_t i = 0; i < length; i++)
            stem[i] = (char)('a' + random_below(seed, 26));
        stem[length] = '\0';
    }
    }
    snprintf(path, size, "%s%s.%s",
             directories[random_below(seed, sizeof directories / sizeof *directories)], stem,
             suffixes[random_below(seed, sizeof suffixes / sizeof *suffixes)]);
}
