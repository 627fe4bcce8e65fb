/* stages FILE.ndjson — how fast each stage is by itself, on one thread, from memory: "NAME MB/s" lines, the best of
 * some rounds. What is measured is the work on the file's bytes, not its reading.
 * stages FILE.ndjson STAGE: that one alone, for a profiler. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <yajl/yajl_parse.h>

#include "base/file.h"
#include "base/crc.h"
#include "fhir/validate.h"
#include "input/frame.h"
#include "json/writer.h"

enum { ROUNDS = 5, CEILING = 1 << 30 };

struct lines {
    struct fst_view *items;
    size_t           count, cap;
    size_t           bytes;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine may be busy with other things */
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "stages: %s\n", what);
    exit(1);
}

static void split(struct lines *l, struct fst_view text)
{
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t      n = newline ? (size_t)(newline - text.p) : text.n;
        if (l->count == l->cap) {
            l->cap = l->cap ? 2 * l->cap : 1024;
            l->items = realloc(l->items, l->cap * sizeof *l->items);
            if (!l->items)
                die("out of memory");
        }
        if (n)
            l->items[l->count++] = fst_view_n(text.p, n);
        l->bytes += n + 1;
        text = fst_view_from(text, n + 1);
    }
}

/* ---- the stages */

struct bench {
    struct lines          lines;
    const char           *path;
    struct fst_tape       tape;
    struct fst_tape      *tapes; /* one a line, made when they are first asked for */
    struct fst_buf        out;
    struct fst_validator *validator;
};

typedef void stage_fn(struct bench *b);

static void run_frame(struct bench *b)
{
    struct fst_source     source = { .path = b->path, .shown = b->path, .rel = b->path, .bytes = b->lines.bytes, .spool = -1 };
    struct fst_frame_opts opts = { 0 };
    struct fst_frame      f;
    struct fst_slice      s;
    bool                  more = true;

    if (fst_frame_open(&f, &source, &opts, NULL, NULL))
        die("cannot frame");
    while (more)
        if (fst_frame_next(&f, &s, &more, NULL))
            die("cannot frame");
    fst_frame_close(&f);
}

static void parse_all(struct bench *b, enum fst_json_parser parser)
{
    struct fst_json_opts  opts = { .parser = parser };
    struct fst_json_error jerr;
    for (size_t i = 0; i < b->lines.count; i++)
        if (fst_json_parse(&b->tape, b->lines.items[i], &opts, &jerr))
            die(jerr.what);
}

static void run_parse_yajl(struct bench *b)
{
    parse_all(b, FST_JSON_YAJL);
}

static void run_parse_fast(struct bench *b)
{
    parse_all(b, FST_JSON_FAST);
}

static void run_minify(struct bench *b)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_FAST };
    struct fst_json_error jerr;
    for (size_t i = 0; i < b->lines.count; i++) {
        if (fst_json_parse(&b->tape, b->lines.items[i], &opts, &jerr))
            die(jerr.what);
        fst_buf_reset(&b->out);
        fst_json_minify(&b->out, &b->tape, 0);
    }
}

static void ignore(void *ctx, const struct fst_issue *issue)
{
    (void)ctx;
    (void)issue;
}

static void run_validate(struct bench *b)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_FAST };
    struct fst_json_error jerr;
    struct fst_verdict    verdict;
    for (size_t i = 0; i < b->lines.count; i++) {
        if (fst_json_parse(&b->tape, b->lines.items[i], &opts, &jerr))
            die(jerr.what);
        if (fst_validate(b->validator, &b->tape, 0, ignore, NULL, &verdict))
            die("out of memory");
    }
}

static void parse_lines(struct bench *b)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_FAST };
    struct fst_json_error jerr;

    b->tapes = calloc(b->lines.count, sizeof *b->tapes);
    for (size_t i = 0; i < b->lines.count; i++) {
        struct fst_tape *t = &b->tapes[i];
        if (fst_json_parse(&b->tape, b->lines.items[i], &opts, &jerr))
            die(jerr.what);
        *t = b->tape;
        t->scratch.p = NULL;
        t->nodes = malloc(t->count * sizeof *t->nodes);
        if (!t->nodes)
            die("out of memory");
        memcpy(t->nodes, b->tape.nodes, t->count * sizeof *t->nodes);
    }
}

/* Of tapes that are there already. */
static void run_validate_alone(struct bench *b)
{
    struct fst_verdict verdict;

    for (size_t i = 0; i < b->lines.count; i++)
        if (fst_validate(b->validator, &b->tapes[i], 0, ignore, NULL, &verdict))
            die("out of memory");
}

static void run_crc32(struct bench *b)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < b->lines.count; i++)
        crc = fst_crc32(crc, b->lines.items[i].p, b->lines.items[i].n);
    if (crc == 1)
        putchar(' '); /* so that the sum is used */
}

/* yajl alone: what its parser costs without a tape. */
static void run_yajl_alone(struct bench *b)
{
    for (size_t i = 0; i < b->lines.count; i++) {
        yajl_handle h = yajl_alloc(NULL, NULL, NULL);
        if (!h || yajl_parse(h, (const unsigned char *)b->lines.items[i].p, b->lines.items[i].n) != yajl_status_ok ||
            yajl_complete_parse(h) != yajl_status_ok)
            die("yajl refuses a line");
        yajl_free(h);
    }
}

static const struct { const char *name; stage_fn *run, *first; } stages[] = {
    { "yajl alone", run_yajl_alone },
    { "frame (with reading)", run_frame },
    { "parse to tape, yajl", run_parse_yajl },
    { "parse to tape, fast", run_parse_fast },
    { "parse and minify", run_minify },
    { "parse and validate, strict", run_validate },
    { "validate alone, strict", run_validate_alone, parse_lines },
    { "crc32", run_crc32 },
};

int main(int argc, char **argv)
{
    struct bench             b = { .path = argc > 1 ? argv[1] : "" };
    struct fst_validate_opts opts = { .level = FST_LEVEL_STRICT };
    struct fst_buf           text;

    fst_buf_init(&text, CEILING);
    fst_buf_init(&b.out, CEILING);
    if (argc < 2 || argc > 3 || fst_file_read(&text, argv[1], NULL) || fst_validator_new(&b.validator, &opts, NULL))
        die("usage: stages FILE.ndjson [STAGE]");
    split(&b.lines, fst_buf_view(&text));
    for (size_t i = 0; i < FST_COUNT(stages); i++) {
        double best = 0;
        if (argc == 3 && strcmp(argv[2], stages[i].name))
            continue;
        if (stages[i].first)
            stages[i].first(&b);
        for (int round = 0; round < ROUNDS; round++) {
            double begun = now_s(), rate;
            stages[i].run(&b);
            rate = (double)b.lines.bytes / 1e6 / (now_s() - begun);
            best = rate > best ? rate : best;
        }
        printf("%-28s %8.0f MB/s\n", stages[i].name, best);
        fflush(stdout);
    }
    fst_validator_free(b.validator);
    fst_tape_clear(&b.tape);
    for (size_t i = 0; b.tapes && i < b.lines.count; i++)
        free(b.tapes[i].nodes);
    free(b.tapes);
    fst_buf_clear(&b.out);
    fst_buf_clear(&text);
    free(b.lines.items);
    return 0;
}
