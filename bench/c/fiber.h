// Fibres on one thread: no preemption, no isolation, no mailboxes beyond one word. A limit to look up to, not a peer.
#include <stdint.h>
#include <stdlib.h>

#ifndef __x86_64__
#error "the switch is written for x86-64"
#endif

typedef struct Fiber {
  void *sp;
  struct Fiber *next_ready;
  int full, waiting;
  int64_t word;
  struct Fiber *from;
} Fiber;

void fiber_switch(void **save, void *load);
__asm__(
    ".text\n.globl fiber_switch\nfiber_switch:\n"
    "push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rsp, (%rdi)\n"
    "mov %rsi, %rsp\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
    "ret\n");

static Fiber root, *current = &root, *ready_head, *ready_tail;

static void make_ready(Fiber *f) {
  f->next_ready = NULL;
  if (ready_head) ready_tail->next_ready = f; else ready_head = f;
  ready_tail = f;
}

static void switch_to(Fiber *f) {
  Fiber *old = current;
  current = f;
  fiber_switch(&old->sp, f->sp);
}

static void run_next(void) {
  Fiber *f = ready_head;
  if (!f) abort(); // everybody waits
  ready_head = f->next_ready;
  switch_to(f);
}

static Fiber *spawn(void (*body)(void)) {
  enum { STACK = 8192 };
  Fiber *f = calloc(1, sizeof(Fiber));
  char *stack = aligned_alloc(16, STACK);
  void **top = (void **)(stack + STACK);
  *--top = NULL;
  *--top = (void *)body;
  for (int i = 0; i < 6; i++) *--top = NULL;
  f->sp = top;
  make_ready(f);
  return f;
}

static void send(Fiber *to, int64_t word) {
  if (to->full) abort(); // one word is all there is room for
  to->full = 1;
  to->word = word;
  to->from = current;
  if (to->waiting) {
    to->waiting = 0;
    make_ready(to);
  }
}

static int64_t receive(void) {
  while (!current->full) {
    current->waiting = 1;
    run_next();
  }
  current->full = 0;
  return current->word;
}
