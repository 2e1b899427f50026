// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "cli/print.h"

struct node {
    const struct ss_known *object;
    struct scenesync_uuid parent; // zeros: none that is there
};

struct tree {
    const struct ss_replica *replica;
    struct node *nodes; // sorted by parent, then by name
    size_t count;
    bool json;
};

static const struct scenesync_uuid nobody;

enum { MAX_DEPTH = 1000 };

static void add(void *context, const struct ss_known *entity) {
    struct tree *tree = context;
    if (strcmp(entity->kind, "object") != 0) {
        return;
    }
    const struct ss_known *parent = ss_parent_of(tree->replica, entity);
    tree->nodes = ss_memory(realloc(tree->nodes, (tree->count + 1) * sizeof *tree->nodes));
    tree->nodes[tree->count++] = (struct node){entity, parent ? parent->id : nobody};
}

static int compare_names(const struct node *a, const struct node *b) {
    struct scenesync_bytes x = ss_known_value(a->object, "name"), y = ss_known_value(b->object, "name");
    size_t common = x.size < y.size ? x.size : y.size;
    int order = common ? memcmp(x.data, y.data, common) : 0;
    order = order ? order : (x.size > y.size) - (x.size < y.size);
    return order ? order : memcmp(a->object->id.b, b->object->id.b, sizeof a->object->id.b);
}

static int compare(const void *a, const void *b) {
    const struct node *x = a, *y = b;
    int order = memcmp(x->parent.b, y->parent.b, sizeof x->parent.b);
    return order ? order : compare_names(x, y);
}

// The first of those that hang on `parent`.
static size_t first_child(const struct tree *tree, const struct scenesync_uuid *parent) {
    size_t low = 0, high = tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(tree->nodes[middle].parent.b, parent->b, sizeof parent->b) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool hangs_on(const struct tree *tree, size_t at, const struct scenesync_uuid *parent) {
    return at < tree->count && memcmp(tree->nodes[at].parent.b, parent->b, sizeof parent->b) == 0;
}

static void print_text(const struct ss_known *object, const char *field) {
    struct scenesync_bytes text = ss_text(object, field);
    ss_json_string(stdout, text.data ? (const char *)text.data : "", text.size);
}

// What stands before a line: a bar for every level whose last child is still to come.
struct indent {
    char bars[MAX_DEPTH];
    size_t depth;
};

static void print_line(const struct node *node, const struct indent *indent, bool last) {
    char id[37];
    scenesync_uuid_format(&node->object->id, id);
    for (size_t i = 0; i < indent->depth; i++) {
        fputs(indent->bars[i] ? "│  " : "   ", stdout);
    }
    fputs(last ? "└─ " : "├─ ", stdout);
    print_text(node->object, "name");
    fputc(' ', stdout);
    print_text(node->object, "type");
    printf(" %s\n", id);
}

static void print_children(const struct tree *tree, const struct scenesync_uuid *parent, struct indent *indent);

static void print_node(const struct tree *tree, const struct node *node, struct indent *indent, bool last) {
    char id[37];
    scenesync_uuid_format(&node->object->id, id);
    if (tree->json) {
        printf("{\"id\": \"%s\", \"name\": ", id);
        print_text(node->object, "name");
        fputs(", \"type\": ", stdout);
        print_text(node->object, "type");
        fputs(", \"children\": [", stdout);
    } else {
        print_line(node, indent, last);
    }
    indent->bars[indent->depth++] = !last;
    print_children(tree, &node->object->id, indent);
    indent->depth--;
    fputs(tree->json ? "]}" : "", stdout);
}

static void print_children(const struct tree *tree, const struct scenesync_uuid *parent, struct indent *indent) {
    size_t first = first_child(tree, parent);
    for (size_t i = first; indent->depth < MAX_DEPTH && hangs_on(tree, i, parent); i++) {
        fputs(tree->json && i > first ? ", " : "", stdout);
        print_node(tree, &tree->nodes[i], indent, !hangs_on(tree, i + 1, parent));
    }
}

static int run(struct ss_cli *cli) {
    struct ss_replica replica = {0};
    struct tree tree = {.replica = &replica, .json = cli->json};
    bool ok = ss_replica_load(cli, cli->arguments[0], "object", false, &replica);
    if (ok) {
        ss_replica_each(&replica, add, &tree);
        if (tree.count > 0) {
            qsort(tree.nodes, tree.count, sizeof *tree.nodes, compare);
        }
        fputs(cli->json ? "[" : "", stdout);
        print_children(&tree, &nobody, &(struct indent){.depth = 0});
        fputs(cli->json ? "]\n" : "", stdout);
    }
    free(tree.nodes);
    ss_replica_finish(&replica);
    return ok ? SS_EXIT_OK : SS_EXIT_FAILED;
}

const struct ss_command ss_command_tree = {
    .name = "tree",
    .usage = "tree SCENE [--json]",
    .help = "Shows what objects hang on which: name, type and UUID, below their parents. With --json: {id, name, type, children}.\n",
    .least = 1,
    .most = 1,
    .run = run,
};
