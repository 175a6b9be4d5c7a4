#include "fiber.h"
#include <stdio.h>

static void pong(void) {
  for (;;) {
    int64_t n = receive();
    send(current->from, n + 1);
  }
}

int main(int argc, char **argv) {
  Fiber *other = spawn(pong);
  int64_t n = 0;
  for (long left = atol(argv[argc - 1]); left > 0; left--) {
    send(other, n);
    n = receive();
  }
  printf("%ld\n", (long)n);
}
