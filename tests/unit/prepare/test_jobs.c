#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "fhirstage/prepare.h"
#include "prepare/jobs.h"

/* A chunk of a resource, into room for a few. */
static void add(struct fst_chunk_list *l, uint32_t segment, fst_type type, uint32_t number, uint64_t bytes)
{
    static struct fst_chunk room[16];

    l->synced.items = room;
    room[l->synced.count++] = (struct fst_chunk){ .segment = segment, .type = type, .number = number, .bytes = bytes, .resources = 1 };
}

static void fill(struct fst_chunk_list *l)
{
    *l = (struct fst_chunk_list){ .lock = PTHREAD_MUTEX_INITIALIZER };
    add(l, 2, 1, 1, 40);
    add(l, 1, 5, 1, 10);
    add(l, 1, 3, 2, 20);
    add(l, 1, 3, 1, 30);
    add(l, 1, 3, 10, 50);
}

/* In order they have 30, 20, 50, 10 and 40 bytes. */
static void splits(void **state)
{
    static const struct { const char *why; uint64_t files, bytes; const char *jobs; } rows[] = {
        { "all in one", 5, 150, "00000" },    { "no limit", UINT64_MAX, UINT64_MAX, "00000" },
        { "a byte too many", 5, 149, "11112" }, { "a file too many", 4, 150, "11112" },
        { "full to the byte", 5, 50, "11233" }, { "one a file", 1, 150, "12345" },
        { "bytes before files", 2, 60, "11223" },
    };

    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_chunk_list l;
        struct fst_jobs       jobs = { 0 };
        char                  got[8] = "";
        fill(&l);
        assert_int_equal(fst_jobs_split(&jobs, &l, rows[i].files, rows[i].bytes, NULL), FST_OK);
        for (size_t k = 0; k < l.synced.count; k++) {
            got[k] = (char)('0' + l.synced.items[k].job);
            assert_int_equal(fst_jobs_find(&jobs, &l.synced.items[k]), l.synced.items[k].job);
        }
        if (strcmp(got, rows[i].jobs) != 0)
            fail_msg("%s: %s, not %s", rows[i].why, got, rows[i].jobs);
        fst_jobs_clear(&jobs);
    }
}

static void refuses_what_no_job_may_hold(void **state)
{
    struct fst_chunk_list l;
    struct fst_jobs       jobs = { 0 };
    struct fst_error      err = { 0 };

    fill(&l);
    assert_int_equal(fst_jobs_split(&jobs, &l, 5, 49, &err), FST_ELIMIT);
    assert_non_null(strstr(err.text, "50 bytes"));
    fst_jobs_clear(&jobs);
}

static void tells_splits_apart(void **state)
{
    struct fst_chunk_list l;
    struct fst_jobs       a = { 0 }, b = { 0 }, one = { 0 };

    fill(&l);
    assert_int_equal(fst_jobs_split(&a, &l, 2, 60, NULL), FST_OK);
    assert_int_equal(fst_jobs_split(&b, &l, 2, 70, NULL), FST_OK);
    assert_true(fst_jobs_equal(&a, &b));
    assert_false(fst_jobs_equal(&a, &one));
    fst_jobs_clear(&b);
    assert_int_equal(fst_jobs_split(&b, &l, 5, 100, NULL), FST_OK);
    assert_false(fst_jobs_equal(&a, &b));
    fst_jobs_clear(&a);
    fst_jobs_clear(&b);
    assert_int_equal(fst_jobs_find(NULL, &l.synced.items[0]), 0);
}

static void names_chunks(void **state)
{
    static const struct { struct fst_chunk c; const char *key; } rows[] = {
        { { .segment = 1, .number = 1 }, "input/Account/Account-000001.ndjson" },
        { { .segment = 12, .number = 3 }, "input/Account/Account-000012-3.ndjson" },
        { { .segment = 12, .number = 3, .job = 2 }, "input/job-0002/Account/Account-000012-3.ndjson" },
    };
    char key[FST_CHUNK_KEY_MAX];

    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        fst_chunk_key(key, &rows[i].c);
        assert_string_equal(key, rows[i].key);
    }
}

/* ---- a whole preparation */

struct place {
    char dir[64];
    char in[96], out[96];
};

static void write_input(struct place *p, const struct fst_buf *text)
{
    snprintf(p->dir, sizeof p->dir, "/tmp/test_jobs-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->in, sizeof p->in, "%s/in", p->dir);
    snprintf(p->out, sizeof p->out, "%s/out", p->dir);
    assert_int_equal(fst_file_replace(p->in, fst_buf_view(text), NULL), FST_OK);
}

/* Links of two letters that become a long type and an id of 64 letters: nothing grows more. The preparation relies on
 * that where it decides that one job is enough without measuring. */
static void grows_twelvefold_at_most(void **state)
{
    struct fst_buf          text;
    struct place            p;
    const char             *inputs[] = { p.in };
    struct fst_prepare_opts opts = { .inputs = inputs, .input_count = 1, .level = FST_LEVEL_MINIMAL, .jobs = 1, .stage_unsupported = true };
    struct fst_figures      f;

    fst_buf_init(&text, 1 << 20);
    fst_buf_add_str(&text, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"a:\",\"resource\":{\"resourceType\":"
                           "\"MedicinalProductUndesirableEffect\",\"id\":\"");
    for (int i = 0; i < 64; i++)
        fst_buf_add_char(&text, 'i');
    fst_buf_add_str(&text, "\"}},{\"resource\":{\"resourceType\":\"Patient\",\"photo\":[{\"title\":\"t\"}");
    for (int i = 0; i < 5000; i++)
        fst_buf_add_str(&text, ",{\"url\":\"a:\",\"uri\":\"a:\"}");
    fst_buf_add_str(&text, "]}}]}");
    write_input(&p, &text);
    assert_int_equal(fst_prepare_figures(&opts, NULL, &f, NULL), FST_OK);
    assert_int_equal(f.resources, 2);
    assert_in_range(f.bytes, 8 * text.len, 12 * text.len);
    fst_buf_clear(&text);
    assert_int_equal(fst_file_remove_tree(p.dir, NULL), FST_OK);
}

/* What fits into one job is the same whatever the limits are, also where it was measured. */
static void prepares_for_jobs(void **state)
{
    static const struct { const char *why; uint64_t files, bytes, jobs, job_files, job_bytes; } rows[] = {
        { "one, surely", 0, 0, 1, 2, 108 },       { "one, when measured", 2, 1024, 1, 2, 108 },
        { "a file each", 1, 1024, 2, 1, 54 },     { "in every limit", 1, 54, 2, 1, 54 },
    };
    struct fst_buf text;
    struct place   p;

    fst_buf_init(&text, 1 << 20);
    fst_buf_add_str(&text, "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Basic\",\"id\":\"a\",\"code\":{\"text\":\"t\"}}\n");
    fst_buf_add_str(&text, "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n");
    write_input(&p, &text);
    fst_buf_clear(&text);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        const char             *inputs[] = { p.in };
        struct fst_prepare_opts opts = { .inputs = inputs, .input_count = 1, .out_dir = p.out, .level = FST_LEVEL_MINIMAL, .jobs = 1,
                                         .stage_unsupported = true, .max_job_files = rows[i].files, .max_job_bytes = rows[i].bytes };
        struct fst_figures      f, counted, loaded;
        assert_int_equal(fst_prepare(&opts, NULL, &f, NULL), FST_OK);
        assert_int_equal(fst_prepare_figures(&opts, NULL, &counted, NULL), FST_OK);
        assert_int_equal(fst_figures_load(&loaded, p.out, NULL), FST_OK);
        if (f.import_jobs != rows[i].jobs || f.job_files != rows[i].job_files)
            fail_msg("%s: %llu jobs of up to %llu files and %llu bytes", rows[i].why, (unsigned long long)f.import_jobs,
                     (unsigned long long)f.job_files, (unsigned long long)f.job_bytes);
        assert_int_equal(counted.import_jobs, f.import_jobs);
        assert_int_equal(counted.job_bytes, f.job_bytes);
        assert_int_equal(loaded.import_jobs, f.import_jobs);
        assert_int_equal(loaded.job_files, f.job_files);
        assert_int_equal(loaded.job_bytes, f.job_bytes);
    }
    assert_int_equal(fst_file_remove_tree(p.dir, NULL), FST_OK);
}

/* ---- input that changes while it is read */

static const char before[] = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\",\"id\":\"b\"}\n";
static const char after[] = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Account\",\"id\":\"b\"}\n";

struct changing {
    struct fst_meter meter;
    enum fst_stage   changes; /* in this stage it is `after` */
    bool             fails;   /* or cannot be read */
    size_t           at;
};

static bool claims(const char *input)
{
    return !strcmp(input, "changing:");
}

static enum fst_status list(void *ctx, const char *url, fst_store_object_fn *fn, void *fn_ctx, struct fst_error *err)
{
    return fn(fn_ctx, &(struct fst_store_object){ .url = url, .rel = "in.ndjson", .tag = "t", .bytes = sizeof before - 1 }, err);
}

static bool not_now(void *ctx, const struct fst_store_object *o)
{
    return false;
}

static enum fst_status open_it(void *ctx, const struct fst_store_object *o, uint64_t offset, void **stream, struct fst_error *err)
{
    ((struct changing *)ctx)->at = offset;
    *stream = ctx;
    return FST_OK;
}

static enum fst_status read_it(void *stream, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    struct changing *c = stream;

    if (c->fails && c->meter.stage == (int)c->changes)
        return fst_fail(err, FST_EINPUT, "changing: it changed");
    *n = sizeof before - 1 - c->at < cap ? sizeof before - 1 - c->at : cap;
    memcpy(out, (c->meter.stage == (int)c->changes ? after : before) + c->at, *n);
    c->at += *n;
    return FST_OK;
}

static void close_it(void *stream)
{
}

/* It was measured to be one file for one job, and is two. */
static void notices_input_that_changes(void **state)
{
    struct changing         c = { .changes = FST_STAGE_DONE };
    const struct fst_store  store = { .claims = claims, .list = list, .soon = not_now, .open = open_it, .read = read_it,
                                      .close = close_it, .ctx = &c };
    const char             *inputs[] = { "changing:" };
    struct fst_prepare_opts opts = { .inputs = inputs, .input_count = 1, .store = &store, .level = FST_LEVEL_MINIMAL, .jobs = 1,
                                     .max_job_files = 1, .meter = &c.meter };
    struct fst_figures      f;
    struct fst_error        err = { 0 };
    char                    dir[] = "/tmp/test_jobs-XXXXXX";

    assert_non_null(mkdtemp(dir));
    opts.out_dir = dir;
    assert_int_equal(fst_prepare(&opts, NULL, &f, &err), FST_OK);
    c.changes = FST_STAGE_PREPARE;
    assert_int_equal(fst_prepare(&opts, NULL, &f, &err), FST_EIO);
    assert_non_null(strstr(err.text, "changed"));
    c.fails = true; /* FST_EINPUT would mean that the rest is there */
    assert_int_equal(fst_prepare(&opts, NULL, &f, &err), FST_EIO);
    assert_non_null(strstr(err.text, "changed"));
    assert_int_equal(fst_file_remove_tree(dir, NULL), FST_OK);
}

FST_TESTS(cmocka_unit_test(splits), cmocka_unit_test(refuses_what_no_job_may_hold), cmocka_unit_test(tells_splits_apart),
          cmocka_unit_test(names_chunks), cmocka_unit_test(grows_twelvefold_at_most), cmocka_unit_test(prepares_for_jobs), cmocka_unit_test(notices_input_that_changes))
