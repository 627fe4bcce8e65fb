#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "input/frame.h"

/* A source of its own over a temporary file, as standard input's spool is. */
static struct fst_source source_of(struct fst_view text)
{
    struct fst_source s = { .shown = "text", .rel = "text", .bytes = text.n, .spool = -1 };
    assert_int_equal(fst_file_temp(&s.spool, NULL, NULL), FST_OK);
    assert_int_equal(fst_file_write_all(s.spool, text.p, text.n, "text", NULL), FST_OK);
    return s;
}

/* "line[entry] text" of each slice, a line each; broken ones with "!" before. */
static void list_slices(struct fst_buf *out, const struct fst_source *source, const struct fst_frame_opts *opts,
                        const struct fst_mark *from)
{
    struct fst_frame f;
    struct fst_slice s;
    bool             more = true;

    assert_int_equal(fst_frame_open(&f, source, opts, from, NULL), FST_OK);
    if (f.framing == FST_FRAMING_NOT_FHIR)
        fst_buf_addf(out, "not FHIR: %s\n", f.why);
    for (;;) {
        assert_int_equal(fst_frame_next(&f, &s, &more, NULL), FST_OK);
        if (!more)
            break;
        fst_buf_addf(out, "%s%s%d", s.broken ? "!" : "", s.continued ? "+" : "", (int)s.mark.line);
        if (s.mark.entry >= 0)
            fst_buf_addf(out, "[%d]", (int)s.mark.entry);
        fst_buf_addf(out, " %.*s\n", FST_VIEW_ARGS(s.text));
    }
    fst_frame_close(&f);
}

static void test_slices(void **state)
{
    static const struct { const char *name, *text, *want; enum fst_split split; uint64_t max; } cases[] = {
        { "NDJSON", "{\"resourceType\":\"A\"}\n\n{\"b\":2}\r\n  {\"c\":3}", "1 {\"resourceType\":\"A\"}\n3 {\"b\":2}\n4 {\"c\":3}\n", 0, 0 },
        { "a torn first line", "{\"resourceType\":\"A\",\"x\":\"y\n{\"b\":2}\n", "1 {\"resourceType\":\"A\",\"x\":\"y\n2 {\"b\":2}\n", 0, 0 },
        { "a first line of rubbish", "bc\"}\n{\"resourceType\":\"B\"}\n", "1 bc\"}\n2 {\"resourceType\":\"B\"}\n", 0, 0 },
        { "one resource over lines", "{\n \"resourceType\": \"A\",\n \"x\": [1, {}]\n}\n", "1 {\n \"resourceType\": \"A\",\n \"x\": [1, {}]\n}\n", 0, 0 },
        { "byte order mark", "\xef\xbb\xbf{\"resourceType\":\"A\"}", "1 {\"resourceType\":\"A\"}\n", 0, 0 },
        { "a Bundle", "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[\n{\"a\":1},\n {\"b\":\"}\"}\n]}", "2[0] {\"a\":1}\n3[1] {\"b\":\"}\"}\n", 0, 0 },
        { "type behind the entries", "{\"entry\":[{\"a\":1}],\"type\":\"batch\",\"resourceType\":\"Bundle\"}", "1[0] {\"a\":1}\n", 0, 0 },
        { "a document stays whole", "{\"entry\":[{\"a\":1}],\n\"type\":\"document\",\"resourceType\":\"Bundle\"}", "1 {\"entry\":[{\"a\":1}],\n\"type\":\"document\",\"resourceType\":\"Bundle\"}\n", 0, 0 },
        { "unless it is to be split", "{\"entry\":[{\"a\":1}],\n\"type\":\"document\",\"resourceType\":\"Bundle\"}", "1[0] {\"a\":1}\n", FST_SPLIT_ALL, 0 },
        { "nothing is split", "{\"resourceType\":\"Bundle\",\n\"type\":\"batch\",\"entry\":[]}", "1 {\"resourceType\":\"Bundle\",\n\"type\":\"batch\",\"entry\":[]}\n", FST_SPLIT_NONE, 0 },
        { "two Bundles, a name with an escape", "{\n\"resourceType\":\"Bundle\",\"entr\\u0079\":[{\"a\":1}]}\n{\"resourceType\":\"Bundle\",\"entry\":[{\"b\":1},7]}", "2[0] {\"a\":1}\n3[0] {\"b\":1}\n3[1] 7\n", 0, 0 },
        { "a Bundle that breaks off", "{\n\"resourceType\":\"Bundle\",\"entry\":[{\"a\":1},{\"b\":", "2[0] {\"a\":1}\n!2[1] {\"b\":\n", 0, 0 },
        { "between entries", "{\n\"resourceType\":\"Bundle\",\"entry\":[{\"a\":1}", "2[0] {\"a\":1}\n!2[0] \n", 0, 0 },
        { "a broken document, then a good one", "{\n\"resourceType\": \"A\",\n \"x\": [}\n{\n\"b\":1}", "!1 {\n\"resourceType\": \"A\",\n \"x\": [}\n4 {\n\"b\":1}\n", 0, 0 },
        { "a missing comma", "{\n\"resourceType\":\"Bundle\",\"entry\":[{\"a\":1} {\"b\":2}]}", "2[0] {\"a\":1}\n!2[1] {\"b\":2}]}\n", 0, 0 },
        { "a line that is too long", "{\"resourceType\":\"A\"}\n{\"b\":1}\n", "1 {\"resourceType\":\"A\"}\n2 {\"b\":1}\n", 0, 0 },
        { "empty", " \n", "not FHIR: empty\n", 0, 0 },
        { "XML", "<Patient xmlns=\"http://hl7.org/fhir\"/>", "not FHIR: FHIR in XML: only JSON is read; convert it first\n", 0, 0 },
        { "other JSON", "{\"name\":1}", "not FHIR: JSON, but no FHIR: there is no resourceType in it\n", 0, 0 },
        { "an array", "[{\"resourceType\":\"A\"}]", "not FHIR: a JSON array: give one resource a line (jq -c '.[]')\n", 0, 0 },
    };
    struct fst_buf out;

    (void)state;
    fst_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < FST_COUNT(cases); i++) {
        struct fst_source     source = source_of(fst_view_of(cases[i].text));
        struct fst_frame_opts opts = { .split = cases[i].split, .max_slice = cases[i].max };
        fst_buf_reset(&out);
        list_slices(&out, &source, &opts, NULL);
        if (strcmp(fst_buf_str(&out), cases[i].want))
            fail_msg("%s: got\n%swant\n%s", cases[i].name, fst_buf_str(&out), cases[i].want);
        close(source.spool);
    }
    fst_buf_clear(&out);
}

/* A Bundle of many blocks, with entries of all sizes. */
static void make_bundle(struct fst_buf *b, unsigned entries)
{
    fst_buf_add_str(b, "{\n  \"resourceType\": \"Bundle\",\n  \"entry\": [");
    for (unsigned i = 0; i < entries; i++) {
        fst_buf_addf(b, "%s\n    {\n      \"n\": %u,\n      \"s\": \"", i ? "," : "", i);
        for (unsigned k = 0; k < i * 7919 % 3000; k++)
            fst_buf_add_str(b, k % 50 ? "]" : "\\\"");
        fst_buf_add_str(b, "\"\n    }");
    }
    fst_buf_add_str(b, "\n  ]\n}\n");
}

static void test_marks(void **state)
{
    struct fst_buf        text, all, rest;
    struct fst_source     source;
    struct fst_frame      f;
    struct fst_slice      s;
    struct fst_frame_opts opts = { 0 };
    bool                  more = true;

    (void)state;
    fst_buf_init(&text, 1 << 26);
    fst_buf_init(&all, 1 << 26);
    fst_buf_init(&rest, 1 << 26);
    make_bundle(&text, 2000);
    source = source_of(fst_buf_view(&text));
    list_slices(&all, &source, &opts, NULL);
    assert_int_equal(fst_frame_open(&f, &source, &opts, NULL, NULL), FST_OK);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(fst_frame_next(&f, &s, &more, NULL), FST_OK);
        assert_true(more && !s.broken && s.mark.entry == i);
        if (i % 499)
            continue;
        fst_buf_reset(&rest);
        list_slices(&rest, &source, &opts, &s.mark);
        assert_true(rest.len <= all.len && !memcmp(rest.p, all.p + (all.len - rest.len), rest.len));
    }
    assert_int_equal(fst_frame_next(&f, &s, &more, NULL), FST_OK);
    assert_false(more);
    fst_frame_close(&f);
    close(source.spool);
    fst_buf_clear(&text);
    fst_buf_clear(&all);
    fst_buf_clear(&rest);
}

/* What is too long for memory comes in pieces, and what is behind it is found. */
static void test_too_long(void **state)
{
    static const struct { const char *before, *after; } around[] = {
        { "{\n\"resourceType\":\"Bundle\",\"entry\":[", ",{\"b\":2}]}" },
        { "{\"resourceType\":\"A\"}\n", "\n{\"b\":2}" },
    };
    (void)state;
    for (size_t i = 0; i < FST_COUNT(around); i++) {
        struct fst_buf        text;
        struct fst_source     source;
        struct fst_frame      f;
        struct fst_slice      s;
        struct fst_frame_opts opts = { .max_slice = 1 << 19 };
        uint64_t              bytes = 0;
        unsigned              values = 0, broken = 0;
        bool                  more = true;

        fst_buf_init(&text, 1 << 26);
        fst_buf_add_str(&text, around[i].before);
        fst_buf_add_str(&text, "{\"a\":\"");
        for (unsigned k = 0; k < 3000000; k++)
            fst_buf_add_char(&text, 'x');
        fst_buf_addf(&text, "\"}%s", around[i].after);
        source = source_of(fst_buf_view(&text));
        assert_int_equal(fst_frame_open(&f, &source, &opts, NULL, NULL), FST_OK);
        for (;;) {
            assert_int_equal(fst_frame_next(&f, &s, &more, NULL), FST_OK);
            if (!more)
                break;
            bytes += s.broken ? s.text.n : 0;
            broken += s.broken && !s.continued;
            values += !s.broken;
        }
        assert_int_equal(bytes, 3000000 + strlen("{\"a\":\"\"}"));
        assert_int_equal(broken, 1);
        assert_int_equal(values, i == 0 ? 1 : 2);
        fst_frame_close(&f);
        close(source.spool);
        fst_buf_clear(&text);
    }
}

FST_TESTS(cmocka_unit_test(test_slices), cmocka_unit_test(test_marks), cmocka_unit_test(test_too_long))
