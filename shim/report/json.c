/* SPDX-License-Identifier: MIT */
/* One failure as one line of JSON: section 4 of the contract. */
#include "report/json.h"
#include "base/errnames.h"
#include "base/escape.h"
#include "report/report.h"
#include "verdict/access.h"

enum {
    MOST_JSON_COMPONENTS = 40,
    MOST_JSON_GROUPS = 256,
    END_BYTES = 1024, /* enough for what follows the frames */
};

/* Days to a date in the proleptic Gregorian calendar: Howard Hinnant's civil_from_days. */
static void put_time(struct buffer *out, struct timespec now) {
    long days = now.tv_sec / 86400, second = now.tv_sec % 86400;
    long shifted = days + 719468, era = shifted / 146097, day_of_era = shifted % 146097;
    long year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    long day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    long month_from_march = (5 * day_of_year + 2) / 153;
    long day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    long month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    long year = year_of_era + era * 400 + (month <= 2);
    buffer_format(out, "\"%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%06ldZ\"", year, month, day,
                  second / 3600, second / 60 % 60, second % 60, now.tv_nsec / 1000);
}

static void put_call(struct buffer *out, const struct report *report) {
    const struct incident *incident = report->incident;
    struct slice asked = slice_of(incident->path);
    json_object(out, "call");
    json_string(out, "function", slice_of(incident->function));
    json_string(out, "path", asked);
    json_key(out, "path_base64");
    if (utf8_valid(asked)) {
        buffer_slice(out, SLICE("null"));
    } else {
        buffer_char(out, '"');
        escape_base64(out, asked);
        buffer_char(out, '"');
    }
    bool relative_to_descriptor = incident->directory >= 0 && incident->path[0] != '/';
    json_string_or_null(out, "dir",
                        relative_to_descriptor && report->facts->walk.count > 0
                            ? report->facts->walk.components[0].path
                            : SLICE(""));
    json_array(out, "flags");
    for (size_t i = 0; how_name(incident, i); i++)
        json_value(out, slice_of(how_name(incident, i)));
    buffer_char(out, ']');
    json_string(out, "errno", slice_of(errno_name(incident->error)));
    buffer_char(out, '}');
}

static void put_process(struct buffer *out, const struct report *report) {
    const struct identity *identity = &report->facts->identity;
    const struct accounts *accounts = &report->facts->accounts;
    json_object(out, "process");
    json_number(out, "ruid", identity->ruid);
    json_number(out, "euid", identity->euid);
    json_number(out, "suid", identity->suid);
    json_number(out, "fsuid", identity->fsuid);
    json_number(out, "rgid", identity->rgid);
    json_number(out, "egid", identity->egid);
    json_number(out, "sgid", identity->sgid);
    json_number(out, "fsgid", identity->fsgid);
    json_array(out, "groups");
    for (size_t i = 0; i < identity->group_count && i < MOST_JSON_GROUPS; i++) {
        json_separate(out);
        buffer_format(out, "%u", identity->groups[i]);
    }
    buffer_char(out, ']');
    if (identity->group_count > MOST_JSON_GROUPS)
        json_number(out, "groups_omitted", (long long)identity->group_count - MOST_JSON_GROUPS);
    json_string_or_null(out, "user", accounts_user(accounts, identity->fsuid));
    json_string_or_null(out, "group", accounts_group(accounts, identity->fsgid));
    json_array(out, "capabilities");
    for (unsigned i = 0; i < 64; i++)
        if (identity->effective >> i & 1 && capability_name(i))
            json_value(out, slice_of(capability_name(i)));
    buffer_char(out, ']');
    json_boolean(out, "user_namespace", identity->in_user_namespace);
    json_boolean(out, "no_new_privs", identity->no_new_privs);
    json_number(out, "seccomp", identity->seccomp);
    json_string_or_null(out, "lsm", identity->lsm_label);
    json_string_or_null(out, "container", identity->container);
    buffer_char(out, '}');
}

static const char *type_word(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "directory";
    case S_IFREG:
        return "file";
    case S_IFLNK:
        return "symlink";
    case S_IFCHR:
        return "character-device";
    case S_IFBLK:
        return "block-device";
    case S_IFIFO:
        return "fifo";
    default:
        return "socket";
    }
}

static void put_acl(struct buffer *out, const struct acl *acl) {
    json_key(out, "acl");
    if (acl->state != ACL_PRESENT) {
        buffer_slice(out, SLICE("null"));
        return;
    }
    buffer_char(out, '[');
    for (size_t i = 0; i < acl->count && i < 64; i++) {
        const struct acl_entry *entry = &acl->entries[i];
        const char *tag = entry->tag == ACL_TAG_USER || entry->tag == ACL_TAG_USER_OBJ     ? "user"
                          : entry->tag == ACL_TAG_GROUP || entry->tag == ACL_TAG_GROUP_OBJ ? "group"
                          : entry->tag == ACL_TAG_MASK                                     ? "mask"
                                                       : "other";
        bool named = entry->tag == ACL_TAG_USER || entry->tag == ACL_TAG_GROUP;
        json_separate(out);
        buffer_format(out, "\"%s:", tag);
        if (named)
            buffer_format(out, "%u", entry->id);
        buffer_format(out, ":%s\"", rwx_of(entry->access).text);
    }
    buffer_char(out, ']');
}

static const char verdict_words[][12] = {
    [COMPONENT_OK] = "ok",           [COMPONENT_DENIED] = "denied",
    [COMPONENT_MISSING] = "missing", [COMPONENT_UNREACHED] = "unreached",
    [COMPONENT_UNKNOWN] = "unknown",
};

static const char class_words[][12] = {
    [CLASS_NONE] = "",
    [CLASS_OWNER] = "owner",
    [CLASS_ACL_USER] = "acl-user",
    [CLASS_ACL_GROUP] = "acl-group",
    [CLASS_GROUP] = "group",
    [CLASS_OTHER] = "other",
    [CLASS_CAPABILITY] = "capability",
};

static void put_component(struct buffer *out, const struct component *component,
                          const struct judgement *judgement) {
    json_object(out, NULL);
    json_path(out, "path", component->path);
    if (component->status_known) {
        const struct stat *status = &component->status;
        json_string(out, "type", slice_of(type_word(status->st_mode)));
        json_key(out, "mode");
        buffer_format(out, "\"%04o\"", status->st_mode & 07777);
        json_number(out, "uid", status->st_uid);
        json_number(out, "gid", status->st_gid);
        put_acl(out, &component->acl);
        json_string_or_null(out, "fstype", component->mount ? component->mount->fstype : SLICE(""));
        if (component->role == ROLE_LINK)
            json_path(out, "target", component->link_target);
        json_key(out, "needs");
        buffer_char(out, '"');
        for (unsigned i = 0; i < 3; i++)
            if (component->needs & (4u >> i))
                buffer_char(out, "rwx"[i]);
        buffer_char(out, '"');
        json_string_or_null(out, "class",
                            component->needs ? slice_of(class_words[judgement->class]) : SLICE(""));
    }
    json_string(out, "verdict", slice_of(verdict_words[judgement->verdict]));
    buffer_char(out, '}');
}

static void put_components(struct buffer *out, const struct report *report) {
    const struct walk *walk = &report->facts->walk;
    size_t first = walk->count > MOST_JSON_COMPONENTS ? walk->count - MOST_JSON_COMPONENTS : 0;
    if (report->verdict->culprit >= 0 && (size_t)report->verdict->culprit < first)
        first = (size_t)report->verdict->culprit;
    size_t left = walk->count - first;
    size_t shown = left < MOST_JSON_COMPONENTS ? left : MOST_JSON_COMPONENTS;
    size_t omitted = walk->count - shown + walk->elided;
    json_array(out, "components");
    for (size_t i = first; i < first + shown; i++)
        put_component(out, &walk->components[i], verdict_judgement(report->verdict, i));
    buffer_char(out, ']');
    if (omitted > 0)
        json_number(out, "components_omitted", (long long)omitted);
}

static void put_fix(struct buffer *out, const struct fix *fix) {
    static const struct {
        unsigned bit;
        char word[8];
    } runners[] = {{RUN_AS_SELF, "self"}, {RUN_AS_OWNER, "owner"}, {RUN_AS_ROOT, "root"}};
    json_object(out, NULL);
    json_array(out, "argv");
    for (size_t i = 0; i < fix->argument_count; i++)
        json_value(out, fix->arguments[i]);
    buffer_slice(out, SLICE("],\"run_as\":["));
    for (size_t i = 0; i < sizeof runners / sizeof *runners; i++)
        if (fix->run_as & runners[i].bit)
            json_value(out, slice_of(runners[i].word));
    buffer_char(out, ']');
    json_string_or_null(out, "grants", fix->grants);
    json_boolean(out, "opens_to_more", fix->opens_to_more);
    buffer_char(out, '}');
}

/* A fix is a command: what can only be said in words is an advice of its own. */
static void put_fixes(struct buffer *out, const struct verdict *verdict) {
    json_array(out, "fixes");
    for (size_t i = 0; i < verdict->fix_count; i++)
        if (verdict->fixes[i].argument_count > 0)
            put_fix(out, &verdict->fixes[i]);
    buffer_char(out, ']');
    json_array(out, "advice");
    for (size_t i = 0; i < verdict->fix_count; i++)
        if (verdict->fixes[i].argument_count == 0)
            json_value(out, verdict->fixes[i].advice);
    buffer_char(out, ']');
    json_array(out, "suggestions");
    for (size_t i = 0; i < verdict->suggestion_count; i++) {
        json_object(out, NULL);
        json_path(out, "path", verdict->suggestions[i].path);
        json_string(out, "difference", verdict->suggestions[i].difference);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
}

static void put_frame(struct buffer *out, const struct frame *frame) {
    json_object(out, NULL);
    if (frame->kind == FRAME_PYTHON) {
        json_string(out, "kind", SLICE("python"));
        json_path(out, "file", frame->file);
        json_number(out, "line", frame->line);
        json_string(out, "function", frame->function);
    } else {
        json_string(out, "kind", SLICE("native"));
        json_string_or_null(out, "object", frame->object);
        json_key(out, "offset");
        buffer_format(out, "\"%#lx\"", frame->object.length ? frame->offset : frame->pc);
        json_string_or_null(out, "symbol", frame->function);
        json_key(out, "symbol_offset");
        if (frame->function.length > 0)
            buffer_format(out, "\"%#lx\"", frame->symbol_offset);
        else
            buffer_slice(out, SLICE("null"));
        json_string_or_null(out, "build_id", frame->build_id);
        if (frame->interrupted) /* else the offset is that of a return address */
            json_boolean(out, "interrupted", true);
        if (frame->interpreter)
            json_boolean(out, "interpreter", true);
    }
    buffer_char(out, '}');
}

/* Innermost first, all that were found: PERMSHIM_FRAMES is for what a person reads. Should there
 * not be room for all, an interpreter's give way first. */
static void put_frames(struct buffer *out, const struct stack *stack) {
    size_t omitted = 0, most = out->capacity > END_BYTES ? out->capacity - END_BYTES : 0;
    json_array(out, "frames");
    for (size_t i = 0; i < stack->count && !out->cut; i++) {
        size_t before = out->length;
        bool has_room = !stack->frames[i].interpreter || before < most / 2;
        if (has_room)
            put_frame(out, &stack->frames[i]);
        if (!has_room || out->cut || out->length > most) {
            out->length = before;
            out->cut = false;
            omitted++;
        }
    }
    buffer_char(out, ']');
    if (omitted > 0)
        json_number(out, "frames_omitted", (long long)omitted);
    if (stack->ended)
        json_string(out, "frames_ended", slice_of(stack->ended));
}

static void json_open(struct buffer *out, const char *event, const struct facts *facts) {
    buffer_format(out, "{\"v\":1,\"event\":\"%s\",\"time\":", event);
    put_time(out, facts->now);
    json_string(out, "host", facts->host);
    json_number(out, "pid", facts->identity.pid);
    json_number(out, "tid", facts->identity.tid);
    json_path(out, "exe", facts->executable);
}

static void put_failure(struct buffer *out, const struct report *report, bool brief) {
    const struct verdict *verdict = report->verdict;
    json_open(out, "failure", report->facts);
    json_path(out, "cwd", report->facts->working_directory);
    put_call(out, report);
    json_string(out, "cause", slice_of(cause_word(verdict->cause)));
    json_string(out, "certainty", slice_of(certainty_word(verdict->certainty)));
    if (verdict->culprit >= 0)
        json_path(out, "culprit", report->facts->walk.components[verdict->culprit].path);
    else
        json_string_or_null(out, "culprit", SLICE(""));
    json_string(out, "summary", verdict->summary);
    json_string(out, "why", verdict->why);
    json_array(out, "notes");
    for (size_t i = 0; i < verdict->note_count; i++)
        json_value(out, verdict->notes[i]);
    buffer_char(out, ']');
    put_process(out, report);
    if (brief) {
        json_boolean(out, "brief", true);
    } else {
        put_components(out, report);
        put_fixes(out, verdict);
        put_frames(out, report->stack);
    }
    json_key(out, "fingerprint");
    buffer_format(out, "\"%016lx\"", report->fingerprint);
    json_number(out, "count", 1);
    buffer_slice(out, SLICE("}\n"));
}

void json_render(const struct report *report, struct buffer *out) {
    put_failure(out, report, false);
    if (!out->cut)
        return;
    /* Half an object is no JSON: say less, but say it whole. */
    out->length = 0;
    out->cut = false;
    put_failure(out, report, true);
    if (out->cut)
        out->length = 0;
}

void json_render_summary(const struct tally_line *line, const struct facts *facts,
                         struct buffer *out) {
    json_open(out, "summary", facts);
    json_key(out, "fingerprint");
    buffer_format(out, "\"%016lx\"", line->fingerprint);
    json_string(out, "cause", slice_of(line->cause));
    if (line->culprit.length > 0)
        json_path(out, "culprit", line->culprit);
    else
        json_string_or_null(out, "culprit", SLICE(""));
    json_number(out, "count", line->count);
    buffer_slice(out, SLICE("}\n"));
}
