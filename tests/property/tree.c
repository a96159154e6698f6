/* SPDX-License-Identifier: MIT */
#include "tree.h"
#include <stdio.h>
#include <string.h>

static const uint32_t ID_POOL[] = {0, 1001, 1001, 1002, 1003, 1004, 65534};

uid_t any_uid(struct random *random) {
    return RANDOM_OF(random, ID_POOL);
}

gid_t any_gid(struct random *random) {
    uint32_t id = RANDOM_OF(random, ID_POOL);
    return id > 1000 && id < 2000 ? id + 1000 : id;
}

/* Half of them open but for a few bits, so that deep walks get deep; the rest anything. */
static mode_t any_mode(struct random *random, enum node_type type) {
    static const mode_t usual[] = {0700, 0750, 0755, 0711, 01777, 01775, 02770,
                                   0644, 0640, 0600, 0444, 0044,  0070,  0007,
                                   0000, 0111, 0666, 0570, 0100,  0610,  0601};
    unsigned kind = random_below(random, 10);
    if (kind < 5) {
        mode_t mode = type == DIRECTORY ? 0777 : 0666;
        for (unsigned i = random_below(random, 4); i > 0; i--)
            mode &= ~(1U << random_below(random, 9));
        if (type == DIRECTORY && random_chance(random, 25))
            mode |= 01000;
        return mode;
    }
    return kind < 8 ? RANDOM_OF(random, usual) : random_below(random, 010000);
}

static uint16_t any_bits(struct random *random) {
    return (uint16_t)(random_chance(random, 40) ? 7 : random_below(random, 8));
}

static void add_entry(struct entries *acl, unsigned tag, unsigned bits, uint32_t id) {
    acl->entry[acl->count++] = (struct entry){(uint16_t)tag, (uint16_t)bits, id};
}

/* Named entries in the order of their ids, each id at most once, as setfacl(1) writes them. */
static void add_named(struct random *random, struct entries *acl, unsigned tag) {
    static const uint32_t ids[] = {0, 1001, 1002, 1003, 1004, 65534};
    unsigned left = 3;
    for (unsigned i = 0; i < sizeof ids / sizeof *ids && left > 0; i++)
        if (random_chance(random, 25)) {
            uint32_t id = ids[i];
            if (tag == TAG_GROUP && id > 1000 && id < 2000)
                id += 1000;
            add_entry(acl, tag, any_bits(random), id);
            left--;
        }
}

/* An ACL that fits the mode: acl(5), "correspondence between ACL entries and file permission
 * bits". It has a mask: without one the kernel keeps the mode alone. */
static void any_acl(struct random *random, mode_t mode, struct entries *acl) {
    add_entry(acl, TAG_USER_OBJ, mode >> 6 & 7, UINT32_MAX);
    add_named(random, acl, TAG_USER);
    add_entry(acl, TAG_GROUP_OBJ, any_bits(random), UINT32_MAX);
    add_named(random, acl, TAG_GROUP);
    add_entry(acl, TAG_MASK, mode >> 3 & 7, UINT32_MAX);
    add_entry(acl, TAG_OTHER, mode & 7, UINT32_MAX);
}

static struct node *add_node(struct random *random, struct scene *scene, int parent,
                             enum node_type type) {
    int index = scene->count++;
    struct node *node = &scene->nodes[index];
    *node = (struct node){.parent = parent, .type = type, .goal = NO_NODE};
    node->uid = any_uid(random);
    node->gid = any_gid(random);
    node->mode = type == LINK ? 0777 : any_mode(random, type);
    /* Names without a likeness, so that nothing is a near miss of anything. */
    static const char *const words[] = {"ash",   "birch", "cedar", "dogwood", "elm",   "fir",
                                        "gorse", "hazel", "ivy",   "juniper", "kapok", "larch"};
    snprintf(node->name, sizeof node->name, "%s%d%s", RANDOM_OF(random, words), index,
             type == DIRECTORY ? "" : ".png");
    if (type == LINK || scene->place->no_acls)
        return node;
    if (random_chance(random, 35))
        any_acl(random, node->mode, &node->acl);
    if (type == DIRECTORY && random_chance(random, 10))
        any_acl(random, random_below(random, 01000), &node->default_acl);
    return node;
}

/* The text of a link at `from` (a directory) that leads to `to` by way of `..`. */
static void relative_target(const struct scene *scene, int from, int to, char *text, size_t bytes) {
    char up[PATH_BYTES] = "", down[PATH_BYTES] = "", joined[2 * PATH_BYTES];
    bool above[MOST_NODES] = {false};
    for (int at = to; at != 0; at = scene->nodes[at].parent)
        above[at] = true;
    above[0] = true;
    int at = from;
    for (; !above[at]; at = scene->nodes[at].parent)
        strcat(up, "../");
    for (int step = to; step != at; step = scene->nodes[step].parent) {
        snprintf(joined, sizeof joined, "%s%s%s", scene->nodes[step].name, *down ? "/" : "", down);
        snprintf(down, sizeof down, "%.*s", PATH_BYTES - 1, joined);
    }
    snprintf(joined, sizeof joined, "%s%s", up, down);
    snprintf(text, bytes, "%.*s", (int)bytes - 1, *joined ? joined : ".");
}

static void aim_link(struct random *random, struct scene *scene, int index) {
    struct node *link = &scene->nodes[index];
    char text[PATH_BYTES];
    unsigned kind = random_below(random, 100);
    int range = scene->count - scene->top;
    link->goal = scene->top + (int)random_below(random, (unsigned)range);
    if (random_chance(random, 50))
        node_path(scene, link->goal, text, sizeof text);
    else
        relative_target(scene, link->parent, link->goal, text, sizeof text);
    if (kind < 15) { /* dangling: a missing name, in a directory or through something else */
        link->goal = NO_NODE;
        strcat(text, random_chance(random, 50) ? "/zyx-gone" : "-zyx-gone");
        if (random_chance(random, 30))
            strcat(text, "/qqq.png");
    } else if (kind < 20) {
        strcat(text, "/");
    } else if (kind < 25 && scene->nodes[link->goal].type == DIRECTORY) {
        strcat(text, "/.");
    }
    snprintf(link->target, sizeof link->target, "%.*s", TARGET_BYTES - 1, text);
}

static enum node_type any_type(struct random *random) {
    unsigned kind = random_below(random, 100);
    if (kind < 40)
        return DIRECTORY;
    if (kind < 70)
        return REGULAR;
    if (kind < 90)
        return LINK;
    return kind < 94 ? FIFO : kind < 98 ? DEVICE : SOCKET;
}

static int any_directory(struct random *random, const struct scene *scene) {
    for (;;) {
        int node = scene->top + (int)random_below(random, (unsigned)(scene->count - scene->top));
        if (scene->nodes[node].type == DIRECTORY)
            return node;
    }
}

void tree_generate(struct random *random, struct scene *scene) {
    scene->count = scene->top;
    struct node *top = add_node(random, scene, scene->top - 1, DIRECTORY);
    snprintf(top->name, sizeof top->name, "t");
    /* A spine first, so that depths of one to six are equally likely; then leaves and branches. */
    unsigned depth = 1 + random_below(random, 6);
    int last = scene->top;
    for (unsigned i = 1; i < depth; i++) {
        add_node(random, scene, last, DIRECTORY);
        last = scene->count - 1;
    }
    add_node(random, scene, last, REGULAR);
    int most = scene->count + 1 + (int)random_below(random, 10);
    if (most > MOST_NODES)
        most = MOST_NODES;
    while (scene->count < most)
        add_node(random, scene, any_directory(random, scene), any_type(random));
    for (int i = scene->top; i < scene->count; i++)
        if (scene->nodes[i].type == LINK)
            aim_link(random, scene, i);
    if (random_chance(random, 3) && scene->count < MOST_NODES && !scene->place->read_only_super) {
        struct node *node = add_node(random, scene, any_directory(random, scene), DIRECTORY);
        node->dead = true;
        snprintf(node->name, sizeof node->name, "dead");
    }
}

void node_path(const struct scene *scene, int node, char *path, size_t bytes) {
    char tail[PATH_BYTES] = "", joined[2 * PATH_BYTES];
    for (; node != 0; node = scene->nodes[node].parent) {
        snprintf(joined, sizeof joined, "/%s%s", scene->nodes[node].name, tail);
        snprintf(tail, sizeof tail, "%.*s", PATH_BYTES - 1, joined);
    }
    snprintf(path, bytes, "%.*s", (int)bytes - 1, *tail ? tail : "/");
}

int node_child(const struct scene *scene, int directory, const char *name, size_t length) {
    for (int i = 1; i < scene->count; i++)
        if (scene->nodes[i].parent == directory && !scene->nodes[i].dead &&
            strlen(scene->nodes[i].name) == length &&
            memcmp(scene->nodes[i].name, name, length) == 0)
            return i;
    return NO_NODE;
}
