#include <stdio.h>
#include <stdlib.h>

typedef struct Node { struct Node *left, *right; } Node;

static Node *grow(int depth) {
  Node *node = malloc(sizeof(Node));
  node->left = depth == 0 ? NULL : grow(depth - 1);
  node->right = depth == 0 ? NULL : grow(depth - 1);
  return node;
}

static long count(const Node *node) { return node == NULL ? 0 : 1 + count(node->left) + count(node->right); }

static void drop(Node *node) {
  if (node == NULL) return;
  drop(node->left);
  drop(node->right);
  free(node);
}

static long grown(int depth) {
  Node *tree = grow(depth);
  long nodes = count(tree);
  drop(tree);
  return nodes;
}

int main(int argc, char **argv) {
  int depth = atoi(argv[argc - 1]);
  if (depth < 6) depth = 6;
  printf("stretch tree of depth %d, %ld nodes\n", depth + 1, grown(depth + 1));
  Node *longLived = grow(depth);
  for (int d = 4; d <= depth; d += 4) {
    long trees = 1L << (depth - d + 4), nodes = 0;
    for (long i = 0; i < trees; i++) nodes += grown(d);
    printf("%ld trees of depth %d, %ld nodes\n", trees, d, nodes);
  }
  printf("long-lived tree of depth %d, %ld nodes\n", depth, count(longLived));
}
