#include "test.h"

#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "json/token.h"
#include "json/writer.h"

static const enum fst_json_parser parsers[] = { FST_JSON_FAST, FST_JSON_YAJL };

static enum fst_status parse(struct fst_tape *t, struct fst_view text, enum fst_json_parser parser, bool duplicates,
                             struct fst_json_error *jerr)
{
    struct fst_json_opts opts = { .parser = parser, .allow_duplicates = duplicates };
    return fst_json_parse(t, text, &opts, jerr);
}

/* What is refused, by which rule, and at which byte. */
static void refusals(void **state)
{
    static const struct { const char *why, *text, *rule; size_t offset; } rows[] = {
        { "nothing", "", "json-syntax", 0 },
        { "cut", "{\"a\":[1", "json-syntax", 7 },
        { "a string begins behind the value", "{} \"", "json-syntax", 3 },
        { "twice", "{\"a\":1,\"b\":2,\"a\":3}", "json-duplicate", 13 },
        { "twice, escaped", "{\"ab\":1,\"\\u0061b\":2}", "json-duplicate", 8 },
        { "overlong UTF-8", "\"\xC0\xAF\"", "json-utf8", 1 },
        { "surrogate in UTF-8", "\"\xED\xA0\x80\"", "json-utf8", 1 },
        { "half a pair", "\"x\\ud800\"", "json-utf8", 2 },
        { "the other half", "\"\\udc00\"", "json-utf8", 1 },
        { "high and high", "\"\\ud800\\ud800\"", "json-utf8", 1 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        for (size_t p = 0; p < FST_COUNT(parsers); p++) {
            struct fst_tape       t = { 0 };
            struct fst_json_error jerr;
            enum fst_status       st = parse(&t, fst_view_of(rows[i].text), parsers[p], false, &jerr);
            if (st != FST_EPARSE || strcmp(jerr.rule, rows[i].rule) || jerr.offset != rows[i].offset)
                fail_msg("%s: %s %s at %u", rows[i].why, fst_status_name(st), jerr.rule ? jerr.rule : "-",
                         (unsigned)jerr.offset);
            fst_tape_clear(&t);
        }
}

static void depth_is_bounded(void **state)
{
    char text[600];
    for (size_t p = 0; p < FST_COUNT(parsers); p++)
        for (size_t depth = 254; depth <= 256; depth++) {
            struct fst_tape       t = { 0 };
            struct fst_json_error jerr;
            memset(text, '[', depth);
            memset(text + depth, ']', depth);
            assert_int_equal(parse(&t, fst_view_n(text, 2 * depth), parsers[p], false, &jerr),
                             depth <= 255 ? FST_OK : FST_EPARSE);
            fst_tape_clear(&t);
        }
}

static void reading(void **state)
{
    static const char text[] = "{ \"a\" : [ 1.50 , \"x\\n\\u00e9\\ud83d\\ude00\" , { } ] , \"\\u0062\" : null , \"\" : \"\" }";
    for (size_t p = 0; p < FST_COUNT(parsers); p++) {
        struct fst_tape       t = { 0 };
        struct fst_json_error jerr;
        struct fst_buf        b;
        uint32_t              a;

        fst_buf_init(&b, 1000);
        assert_int_equal(parse(&t, fst_view_of(text), parsers[p], false, &jerr), FST_OK);
        assert_int_equal(fst_node_count(&t.nodes[0]), 3);
        a = fst_tape_member(&t, 0, "a");
        assert_int_equal(fst_tape_kind(&t, a), FST_JSON_ARRAY);
        assert_int_equal(fst_node_count(&t.nodes[a]), 3);
        assert_true(fst_view_is(fst_tape_raw(&t, a + 1), "1.50"));
        assert_true(fst_view_is(fst_tape_string(&t, a + 2, &b), "x\n\xC3\xA9\xF0\x9F\x98\x80"));
        assert_int_equal(fst_tape_kind(&t, fst_tape_member(&t, 0, "b")), FST_JSON_NULL);
        assert_true(fst_tape_string_is(&t, fst_tape_member(&t, 0, ""), ""));
        assert_int_equal(fst_tape_member(&t, 0, "c"), FST_NO_NODE);
        assert_int_equal(fst_tape_first(&t, a + 3), FST_NO_NODE);
        fst_buf_reset(&b);
        fst_json_minify(&b, &t, 0);
        assert_string_equal(fst_buf_str(&b), "{\"a\":[1.50,\"x\\n\\u00e9\\ud83d\\ude00\",{}],\"\\u0062\":null,\"\":\"\"}");
        fst_buf_clear(&b);
        fst_tape_clear(&t);
    }
}

/* A value that nothing stands behind. */
static void lone_scalars(void **state)
{
    static const char *const rows[] = { "0", "-12.5e3", "true", "null", "7 " };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        for (size_t p = 0; p < FST_COUNT(parsers); p++) {
            struct fst_tape       t = { 0 };
            struct fst_json_error jerr;
            assert_int_equal(parse(&t, fst_view_of(rows[i]), parsers[p], false, &jerr), FST_OK);
            assert_int_equal(t.nodes[0].off, 0);
            assert_int_equal(t.nodes[0].len, strcspn(rows[i], " "));
            fst_tape_clear(&t);
        }
}

/* What the fast parser says of white space is true, wherever it stands. */
static void compactness(void **state)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    char                  text[200];

    for (int k = 0; k < FST_TOKEN_KERNEL_COUNT; k++)
        for (size_t n = 3; n < 140 && fst_tokens_use((enum fst_token_kernel)k); n++)
            for (size_t blank = 0; blank <= n; blank++) {
                text[0] = '"';
                memset(text + 1, ' ', n - 2);
                text[n - 1] = '"';
                memmove(text + blank + 1, text + blank, n - blank);
                text[blank] = ' ';
                assert_int_equal(parse(&t, fst_view_n(text, n + 1), FST_JSON_FAST, false, &jerr), FST_OK);
                assert_int_equal(t.compact, blank > 0 && blank < n);
            }
    fst_tape_clear(&t);
}

static void many_members(void **state)
{
    struct fst_buf        b;
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    fst_buf_init(&b, 1 << 20);
    fst_buf_add_char(&b, '{');
    for (int i = 0; i < 5000; i++)
        fst_buf_addf(&b, "%s\"m%d\":%d", i ? "," : "", i, i);
    fst_buf_add_char(&b, '}');
    for (size_t p = 0; p < FST_COUNT(parsers); p++)
        assert_int_equal(parse(&t, fst_buf_view(&b), parsers[p], false, &jerr), FST_OK);
    b.len--;
    fst_buf_add_str(&b, ",\"m77\":0}");
    for (size_t p = 0; p < FST_COUNT(parsers); p++) {
        assert_int_equal(parse(&t, fst_buf_view(&b), parsers[p], false, &jerr), FST_EPARSE);
        assert_string_equal(jerr.rule, "json-duplicate");
        assert_int_equal(parse(&t, fst_buf_view(&b), parsers[p], true, &jerr), FST_OK);
    }
    fst_tape_clear(&t);
    fst_buf_clear(&b);
}

/* ---- both parsers, all kernels: the same verdict, the same tape */

struct twins {
    struct fst_tape fast, yajl;
    char           *page_end; /* behind it nothing may be read */
    size_t          room;
};

static void twins_init(struct twins *w, size_t room)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char  *map;

    room = (room + page - 1) / page * page;
    map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + room, page, PROT_NONE), 0);
    *w = (struct twins){ .page_end = map + room, .room = room };
}

static void twins_clear(struct twins *w)
{
    munmap(w->page_end - w->room, w->room + (size_t)sysconf(_SC_PAGESIZE));
    fst_tape_clear(&w->fast);
    fst_tape_clear(&w->yajl);
    for (int i = 0; i < FST_TOKEN_KERNEL_COUNT; i++)
        fst_tokens_use((enum fst_token_kernel)i);
}

static void hold_together(struct twins *w, struct fst_view text)
{
    struct fst_json_error yajl, fast;
    enum fst_status       st, other;

    assert_true(text.n <= w->room);
    if (text.n)
        memcpy(w->page_end - text.n, text.p, text.n);
    text.p = w->page_end - text.n;
    st = parse(&w->yajl, text, FST_JSON_YAJL, false, &yajl);
    for (int i = 0; i < FST_TOKEN_KERNEL_COUNT; i++) {
        if (!fst_tokens_use((enum fst_token_kernel)i))
            continue;
        other = parse(&w->fast, text, FST_JSON_FAST, false, &fast);
        if (other != st || (st && strcmp(fast.rule, yajl.rule)))
            fail_msg("kernel %d: %s %s at %u, yajl: %s %s at %u, of %.*s", i, fst_status_name(other), other ? fast.rule : "",
                     (unsigned)fast.offset, fst_status_name(st), st ? yajl.rule : "", (unsigned)yajl.offset, FST_VIEW_ARGS(text));
        if (!st && (w->fast.count != w->yajl.count || memcmp(w->fast.nodes, w->yajl.nodes, w->fast.count * sizeof *w->fast.nodes)))
            fail_msg("kernel %d: another tape than yajl's, of %.*s", i, FST_VIEW_ARGS(text));
    }
}

/* Everything that can straddle the end of a block or a chunk does so, at every byte. */
static void at_every_place(void **state)
{
    static const char *const rows[] = {
        "\"abc\"", "\"\\\\\"", "\"\\\"\\\\\\\"\"", "\"\\u00e9\\ud83d\\ude00\"", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
        "-12.50e+3", "true", "{\"a\":[1,{}],\"b\" : null}", "[ [ ] , [ ] ]", "{\"a\":1,\"b\":2,\"a\":3}",
        "\"\\ud83d\"", "\"\xF0\x9F\x98\"", "\"a\nb\"", "\"a\\x\"", "01", "1.e5", "tru", "\"\x01\"", "{\"a\",1}", "[1:2]", "[1,,2]",
    };
    static const size_t sizes[] = { FST_TOKEN_BLOCK, FST_TOKEN_CHUNK };
    struct twins        w;
    struct fst_buf      b;

    twins_init(&w, 2 * FST_TOKEN_CHUNK);
    fst_buf_init(&b, 4 * FST_TOKEN_CHUNK);
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        for (size_t s = 0; s < FST_COUNT(sizes); s++)
            for (size_t before = sizes[s] - 40; before < sizes[s] + 4; before++)
                for (int filler = 0; filler < 3; filler++) { /* a string, numbers, white space */
                    fst_buf_reset(&b);
                    fst_buf_add_str(&b, filler == 0 ? "[\"" : "[");
                    while (b.len < before)
                        fst_buf_add_str(&b, filler == 0 ? "x" : filler == 1 ? "7," : " ");
                    fst_buf_add_str(&b, filler == 0 ? "\"," : "");
                    fst_buf_add_str(&b, rows[i]);
                    hold_together(&w, fst_buf_view(&b)); /* without its end */
                    fst_buf_add_str(&b, ",0]");
                    hold_together(&w, fst_buf_view(&b));
                }
    fst_buf_clear(&b);
    twins_clear(&w);
}

/* Every text that is made of up to five of these. */
static void all_short_texts(void **state)
{
    static const char pieces[] = "\"\\{}[],:1 u\xC3\xA9";
    enum { MOST = 5 };
    struct twins w;
    char         text[MOST];

    twins_init(&w, MOST);
    for (size_t n = 0; n <= MOST; n++) {
        size_t count = 1;
        for (size_t i = 0; i < n; i++)
            count *= sizeof pieces - 1;
        for (size_t number = 0; number < count; number++) {
            size_t rest = number;
            for (size_t i = 0; i < n; i++, rest /= sizeof pieces - 1)
                text[i] = pieces[rest % (sizeof pieces - 1)];
            hold_together(&w, fst_view_n(text, n));
        }
    }
    twins_clear(&w);
}

static void one_suite_file(const char *path, const char *name)
{
    struct fst_buf b;
    fst_buf_init(&b, 1 << 22);
    assert_int_equal(fst_file_read(&b, path, NULL), FST_OK);
    for (size_t p = 0; p < FST_COUNT(parsers); p++) {
        struct fst_tape       t = { 0 };
        struct fst_json_error jerr;
        enum fst_status       st = parse(&t, fst_buf_view(&b), parsers[p], true, &jerr);
        if ((name[0] == 'y' && st) || (name[0] == 'n' && st != FST_EPARSE))
            fail_msg("%s: %s %s", name, fst_status_name(st), st ? jerr.what : "");
        fst_tape_clear(&t);
    }
    fst_buf_clear(&b);
}

static enum fst_status suite_file(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    const char *name = strrchr(path, '/') + 1;
    size_t      n = strlen(name);
    if (n > 5 && !strcmp(name + n - 5, ".json") && name[1] == '_') {
        one_suite_file(path, name);
        ++*(int *)ctx;
    }
    return FST_OK;
}

static void json_test_suite(void **state)
{
    struct fst_buf path;
    int            files = 0;
    if (!fst_testdata()) {
        print_message("SKIPPED: JSONTestSuite: TESTDATA is not set\n");
        skip();
    }
    fst_buf_init(&path, 4096);
    fst_path_join(&path, fst_testdata(), "json-test-suite");
    if (!fst_file_is_dir(fst_buf_str(&path))) {
        fst_buf_clear(&path);
        print_message("SKIPPED: JSONTestSuite: not in TESTDATA\n");
        skip();
    }
    assert_int_equal(fst_file_walk(fst_buf_str(&path), suite_file, &files, NULL), FST_OK);
    fst_buf_clear(&path);
    assert_true(files >= 318);
}

static void writing(void **state)
{
    struct fst_buf         b;
    struct fst_json_writer w;
    fst_buf_init(&b, 4096);
    fst_json_writer_init(&w, &b, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "a\"b", "x\n\x01\xC3\xA9\xFF");
    fst_json_name(&w, "list");
    fst_json_begin_array(&w);
    fst_json_u64(&w, 1);
    fst_json_begin_object(&w);
    fst_json_end_object(&w);
    fst_json_null(&w);
    fst_json_end_array(&w);
    fst_json_member_bool(&w, "t", true);
    fst_json_name(&w, "mb");
    fst_json_double(&w, 0.0325, 6);
    fst_json_end_object(&w);
    assert_string_equal(fst_buf_str(&b), "{\"a\\\"b\":\"x\\n\\u0001\xC3\xA9\xEF\xBF\xBD\",\"list\":[1,{},null],\"t\":true,\"mb\":0.032500}");
    fst_buf_clear(&b);
}

FST_TESTS(cmocka_unit_test(refusals), cmocka_unit_test(depth_is_bounded), cmocka_unit_test(reading), cmocka_unit_test(lone_scalars),
          cmocka_unit_test(compactness), cmocka_unit_test(many_members), cmocka_unit_test(at_every_place),
          cmocka_unit_test(all_short_texts), cmocka_unit_test(json_test_suite), cmocka_unit_test(writing))
