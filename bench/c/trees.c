#include <stdio.h>
#include <stdlib.h>

typedef struct Node { struct Node *left, *right; } Node;

static Node *grow(int depth) {
    Node *n = malloc(sizeof *n);
    n->left = depth ? grow(depth - 1) : NULL;
    n->right = depth ? grow(depth - 1) : NULL;
    return n;
}

static long count(const Node *n) { return n ? 1 + count(n->left) + count(n->right) : 0; }

static void cut(Node *n) {
    if (!n) return;
    cut(n->left);
    cut(n->right);
    free(n);
}

int main(int argc, char **argv) {
    int depth = argc > 1 ? atoi(argv[1]) : 16;
    Node *stretch = grow(depth + 1);
    printf("stretch tree of depth %d, %ld nodes\n", depth + 1, count(stretch));
    cut(stretch);
    Node *longLived = grow(depth);
    for (int d = 4; d <= depth; d += 4) {
        long trees = 1L << (depth - d + 4), nodes = 0;
        for (long i = 0; i < trees; i++) {
            Node *t = grow(d);
            nodes += count(t);
            cut(t);
        }
        printf("%ld trees of depth %d, %ld nodes\n", trees, d, nodes);
    }
    printf("long-lived tree of depth %d, %ld nodes\n", depth, count(longLived));
    return 0;
}
