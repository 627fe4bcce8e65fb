/* json/token.h — the first half of the fast parser: where a text's tokens begin, found 64 bytes at a time without looking
 * at what they are. The rest of the parser is private to json/.
 *
 * A token is: a string's opening quote and its closing one, a bracket, the first byte of a number or word, a comma or
 * colon. Commas and colons that stand right behind another token (as nearly all do in compact JSON) are left out: who
 * has read that token looks at the byte behind it.
 * The same kernels find where a container ends (fst_tokens_skip()), for who wants to pass over it.
 * Memory: fixed. Threads: none share one; the kernel is chosen once for all. May use: base. */
#ifndef FST_JSON_TOKEN_H
#define FST_JSON_TOKEN_H

#include <stdint.h>

#include "fhirstage/view.h"

enum {
    FST_TOKEN_BLOCK = 64,
    FST_TOKEN_CHUNK = 4096,
    FST_TOKEN_PLACES = FST_TOKEN_CHUNK + 2 * FST_TOKEN_BLOCK /* a chunk, what is left of less than a block, some written too many */
};

struct fst_tokens {
    const char *text;
    size_t      n;
    size_t      at;      /* scanned up to here */
    size_t      utf8_at; /* well-formed up to here, where that is ahead of `at` */
    uint64_t    blanks;  /* not 0: met white space outside of strings */
    bool        bad;     /* met a byte that may stand nowhere: ill-formed UTF-8, a control character that is no white space */
    /* from block to block */
    uint64_t    in_string;    /* all ones: the block begins inside a string */
    uint64_t    escaped;      /* 1: a backslash that begins an escape stands right before it */
    uint64_t    after_scalar; /* 1: a number or word stands right before it */
    uint64_t    after_value;  /* 1: that, a closing quote or a closing bracket */
    /* of the chunk in hand, offsets in the text */
    uint32_t    count, snag_count;
    uint32_t    at_token[FST_TOKEN_PLACES];
    uint32_t    at_snag[FST_TOKEN_PLACES]; /* in strings: a backslash that begins an escape, a control character */
};

void fst_tokens_begin(struct fst_tokens *k, struct fst_view text);
/* Find the tokens of the next FST_TOKEN_CHUNK bytes, while at < n. */
void fst_tokens_next(struct fst_tokens *k);

/* Behind the object or array that begins at p, told by brackets and quotes alone (whether the brackets match is not looked
 * at); NULL when it does not end before `end`. */
const char *fst_tokens_skip(const char *p, const char *end);

/* The kernels, for tests: use that one, not the fastest. False when this processor has it not. Not while others parse. */
#define FST_TOKEN_KERNELS(X) X(PLAIN, plain) X(SSE2, sse2) X(SSE42, sse42) X(AVX2, avx2) X(AVX512, avx512) X(NEON, neon)
enum fst_token_kernel {
#define FST_TOKEN_KERNEL_ID(id, name) FST_TOKEN_##id,
    FST_TOKEN_KERNELS(FST_TOKEN_KERNEL_ID)
#undef FST_TOKEN_KERNEL_ID
    FST_TOKEN_KERNEL_COUNT
};
bool fst_tokens_use(enum fst_token_kernel kernel);

#endif
