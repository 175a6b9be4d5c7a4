#include "fiber.h"
#include <stdio.h>

#define SIZE 503
static Fiber *nodes[SIZE];
static int64_t winner;

static void node(void) {
  long me = 0;
  while (nodes[me] != current) me++;
  Fiber *next = nodes[(me + 1) % SIZE];
  for (;;) {
    int64_t hops = receive();
    if (hops == 0) {
      winner = me + 1;
      send(&root, winner);
    } else {
      send(next, hops - 1);
    }
  }
}

int main(int argc, char **argv) {
  long hops = atol(argv[argc - 1]);
  for (int i = 0; i < SIZE; i++) nodes[i] = spawn(node);
  send(nodes[0], hops);
  printf("process %ld has the token after %ld hops\n", (long)receive(), hops);
}
