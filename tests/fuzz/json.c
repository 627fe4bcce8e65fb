/* Both parsers: the same verdict, the same rule, the same tape; and what the tape says of the text is true. The first
 * byte chooses the options, the rest is the text. */
#include <string.h>

#include "fuzz.h"
#include "json/writer.h"

enum { CEILING = 1 << 26 };

struct parsed {
    struct fst_tape       tape;
    struct fst_json_error jerr;
    enum fst_status       st;
};

static void parse(struct parsed *x, struct fst_view text, enum fst_json_parser parser, unsigned choice)
{
    struct fst_json_opts opts = { .parser = parser, .allow_duplicates = choice & 1, .max_depth = choice & 2 ? 3 : 0 };
    x->st = fst_json_parse(&x->tape, text, &opts, &x->jerr);
}

static void hold_together(const struct parsed *fast, const struct parsed *yajl)
{
    if (fast->st != yajl->st || (fast->st && strcmp(fast->jerr.rule, yajl->jerr.rule)))
        fst_fuzz_fail("fast: %s %s at %u, yajl: %s %s at %u, of %.*s", fst_status_name(fast->st), fast->st ? fast->jerr.rule : "",
                      (unsigned)fast->jerr.offset, fst_status_name(yajl->st), yajl->st ? yajl->jerr.rule : "",
                      (unsigned)yajl->jerr.offset, (int)fast->tape.text_len, fast->tape.text);
    if (!fast->st && (fast->tape.count != yajl->tape.count ||
                      memcmp(fast->tape.nodes, yajl->tape.nodes, fast->tape.count * sizeof *fast->tape.nodes)))
        fst_fuzz_fail("the tapes differ");
}

/* What was minified is JSON again, of as many nodes, and minifying it changes nothing. */
static void hold_minified(const struct parsed *x, unsigned choice)
{
    struct fst_buf once, twice;
    struct parsed  again = { 0 };

    fst_buf_init(&once, CEILING);
    fst_buf_init(&twice, CEILING);
    fst_json_minify(&once, &x->tape, 0);
    parse(&again, fst_buf_view(&once), FST_JSON_FAST, choice);
    if (again.st || again.tape.count != x->tape.count)
        fst_fuzz_fail("minified it is something else");
    fst_json_minify(&twice, &again.tape, 0);
    if (once.len != twice.len || memcmp(once.p, twice.p, once.len))
        fst_fuzz_fail("minified twice it is something else: %.*s, then %.*s", (int)once.len, once.p, (int)twice.len, twice.p);
    fst_tape_clear(&again.tape);
    fst_buf_clear(&once);
    fst_buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct parsed fast, yajl; /* used again, as a reader of NDJSON does */
    struct fst_view      text;

    if (!n)
        return 0;
    text = fst_view_n((const char *)p + 1, n - 1);
    parse(&fast, text, FST_JSON_FAST, p[0]);
    parse(&yajl, text, FST_JSON_YAJL, p[0]);
    hold_together(&fast, &yajl);
    if (!fast.st)
        hold_minified(&fast, p[0]);
    return 0;
}
