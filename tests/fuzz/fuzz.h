/* A fuzz target is tests/fuzz/NAME.c: one LLVMFuzzerTestOneInput() that must return 0 whatever the bytes, and calls
 * fst_fuzz_fail() when what it finds contradicts itself. tests/fuzz/corpus/NAME/ holds its inputs: seeds by what they
 * show, and everything that ever failed. NAME.dict beside it, when there is one, has tokens for libFuzzer to try.
 * `make fuzz` searches, `make test` replays the corpus and some mutations of it. */
#ifndef FST_FUZZ_H
#define FST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define fst_fuzz_fail(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), abort())

#endif
