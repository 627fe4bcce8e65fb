#include "test.h"

#include <stdlib.h>

#include "json/token.h"

/* Byte by byte: what fst_tokens_skip() is held against. */
static size_t end_of_container(const char *p, size_t n)
{
    size_t depth = 0;
    bool   string = false;

    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\\') /* what it stands before is no quote; outside of strings it is malformed anyway */
            i += i + 1 < n && strchr("\"\\", p[i + 1]);
        else if (p[i] == '"')
            string = !string;
        else if (!string && strchr("{[", p[i]))
            depth++;
        else if (!string && strchr("}]", p[i]) && !--depth)
            return i + 1;
    }
    return 0;
}

static void hold(const char *p, size_t n)
{
    size_t want = end_of_container(p, n);

    for (int k = 0; k < FST_TOKEN_KERNEL_COUNT; k++) {
        char       *own = malloc(n); /* so that a sanitiser sees a read past the end */
        const char *behind;
        if (!fst_tokens_use((enum fst_token_kernel)k)) {
            free(own);
            continue;
        }
        memcpy(own, p, n);
        behind = fst_tokens_skip(own, own + n);
        if ((behind ? (size_t)(behind - own) : 0) != want)
            fail_msg("kernel %d: ends at %zu, not %zu: %.*s", k, behind ? (size_t)(behind - own) : 0, want, (int)n, p);
        free(own);
    }
}

/* Containers of all lengths, strings with escapes and brackets in them at every place of a block. */
static void skipping(void **state)
{
    static const char *const fillers[] = { "x", "\\\\", "\\\"", "]", "{" };
    char                     text[400];

    for (size_t f = 0; f < FST_COUNT(fillers); f++)
        for (size_t times = 0; times < 150; times++) {
            size_t n = 0, whole;
            memcpy(text, "[{\"", 3);
            for (n = 3; n < 3 + times * strlen(fillers[f]) && n < 300; n += strlen(fillers[f]))
                memcpy(text + n, fillers[f], strlen(fillers[f]));
            memcpy(text + n, "\":[1,{}]}, []]", 14);
            whole = n + 14;
            memcpy(text + whole, ",\"]\"}", 5);
            hold(text, whole + 5);
            hold(text, whole);
            hold(text, whole - 1);
            hold(text, n);
        }
}

/* Anything that begins with a bracket, by a fixed series of numbers. */
static void skipping_anything(void **state)
{
    static const char pieces[] = "\"\"\\{}[],:x    ";
    uint64_t          random = 88172645463325252u;
    char              text[200] = "[";

    for (int round = 0; round < 20000; round++) {
        size_t n;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        n = 1 + (size_t)(random % 199);
        for (size_t i = 1; i < n; i++)
            text[i] = pieces[(random >> i % 48 ^ i * 7 ^ (uint64_t)round) % (sizeof pieces - 1)];
        hold(text, n);
    }
}

FST_TESTS(cmocka_unit_test(skipping), cmocka_unit_test(skipping_anything))
