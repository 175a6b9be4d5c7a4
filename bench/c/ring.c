/* C has no processes like ours: coroutines of one thread, switched by hand, are the nearest thing. A limit, not a peer. */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define SIZE 503
#define STACK 16384

static ucontext_t nodes[SIZE], boss;
static long hops;
static int holder;

static void node(int number) {
    for (;;) {
        if (hops == 0) {
            holder = number + 1;
            swapcontext(&nodes[number], &boss);
        }
        hops--;
        swapcontext(&nodes[number], &nodes[(number + 1) % SIZE]);
    }
}

int main(int argc, char **argv) {
    long n = hops = argc > 1 ? atol(argv[1]) : 1000000;
    for (int i = 0; i < SIZE; i++) {
        getcontext(&nodes[i]);
        nodes[i].uc_stack.ss_sp = malloc(STACK);
        nodes[i].uc_stack.ss_size = STACK;
        makecontext(&nodes[i], (void (*)(void))node, 1, i);
    }
    swapcontext(&boss, &nodes[0]);
    printf("process %d has the token after %ld hops\n", holder, n);
    return 0;
}
