#include "prepare/manifest.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/grow.h"
#include "base/str.h"

enum { TEXT_MAX = 2000 * 1000 * 1000 };

static const char *const states[] = { "read", "without-fhir", "unreadable" };

const char *fst_source_state_name(enum fst_source_state state)
{
    return states[state];
}

struct loader {
    struct fst_manifest *m;
    struct fst_tape      tape;
    struct fst_buf       scratch;
    bool                 bad; /* something is not as it should be */
};

static uint64_t number(struct loader *l, uint32_t object, const char *name)
{
    uint32_t node = fst_tape_member(&l->tape, object, name);
    uint64_t n = 0;

    if (node == FST_NO_NODE || fst_tape_kind(&l->tape, node) != FST_JSON_NUMBER ||
        !fst_parse_u64(&n, fst_tape_raw(&l->tape, node)))
        l->bad = true;
    return n;
}

static const char *string(struct loader *l, uint32_t object, const char *name)
{
    uint32_t    node = fst_tape_member(&l->tape, object, name);
    const char *s = NULL;

    if (node != FST_NO_NODE && fst_tape_kind(&l->tape, node) == FST_JSON_STRING)
        s = fst_arena_strn(l->m->strings, fst_tape_string(&l->tape, node, &l->scratch));
    if (!s)
        l->bad = true;
    return s ? s : "";
}

/* The name of a type as the tables have it, or NULL. */
static const char *static_type(const char *name)
{
    fst_type type = fst_type_find(fst_view_of(name));
    return type == FST_NO_TYPE ? NULL : fst_type_name(type);
}

static void load_types(struct loader *l, uint32_t object)
{
    struct fst_figures *f = &l->m->figures;
    uint32_t            types = fst_tape_member(&l->tape, object, "types");

    if (types == FST_NO_NODE) {
        l->bad = true;
        return;
    }
    FST_EACH_MEMBER(&l->tape, types, name) {
        struct fst_view v = fst_tape_string(&l->tape, name, &l->scratch);
        fst_type        type = fst_type_find(v);
        if (type == FST_NO_TYPE || f->type_count == FST_TYPE_MAX) {
            l->bad = true;
            return;
        }
        f->types[f->type_count++] = (struct fst_type_figures){ fst_type_name(type), number(l, name + 1, "resources"),
                                                               number(l, name + 1, "bytes") };
    }
}

static void load_figures(struct loader *l)
{
    struct fst_figures *f = &l->m->figures;
    uint32_t            object = fst_tape_member(&l->tape, 0, "figures");
    uint32_t            skipped = fst_tape_member(&l->tape, object, "skipped");

    f->values = number(l, object, "values");
    f->resources = number(l, object, "resources");
    f->files = number(l, object, "files");
    f->bytes = number(l, object, "bytes");
    f->quarantined = number(l, object, "quarantined");
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        f->skipped[i] = number(l, skipped, fst_skip_name((enum fst_skip)i));
    f->unresolved = number(l, object, "unresolved");
    f->unknown_profiles = number(l, object, "unknownProfiles");
    f->sources = number(l, object, "sources");
    f->sources_without_fhir = number(l, object, "sourcesWithoutFhir");
    f->sources_unread = number(l, object, "sourcesUnread");
    f->input_bytes = number(l, object, "inputBytes");
    load_types(l, object);
}

static uint32_t crc_of(struct loader *l, uint32_t object)
{
    struct fst_buf bytes;
    uint32_t       crc = 0;

    fst_buf_init(&bytes, 64);
    if (fst_base64_decode(&bytes, fst_tape_member_string(&l->tape, object, "crc32", &l->scratch)) && bytes.len == 4)
        for (int i = 0; i < 4; i++)
            crc = crc << 8 | (uint8_t)bytes.p[i];
    else
        l->bad = true;
    fst_buf_clear(&bytes);
    return crc;
}

static size_t count_of(struct loader *l, uint32_t array)
{
    size_t n = 0;

    if (array == FST_NO_NODE) {
        l->bad = true;
        return 0;
    }
    FST_EACH_ELEMENT(&l->tape, array, item)
        n++;
    return n;
}

/* The job that imports the chunk, by the folder that it is in; false where it is none of ours. */
static bool job_of(const char *key, struct fst_manifest_job *job)
{
    static const char several[] = FST_INPUT_FOLDER FST_JOB_FOLDER;
    const char       *digits = key + sizeof several - 1;
    uint64_t          number = 0;
    size_t            n;

    *job = (struct fst_manifest_job){ .input = FST_INPUT_FOLDER };
    if (!fst_view_starts(fst_view_of(key), several))
        return fst_view_starts(fst_view_of(key), FST_INPUT_FOLDER);
    n = strcspn(digits, "/");
    if (!digits[n] || !fst_parse_u64(&number, fst_view_n(digits, n)) || !number || number > UINT32_MAX)
        return false;
    job->number = (unsigned)number;
    snprintf(job->input, sizeof job->input, "%.*s", (int)(sizeof several + n), key);
    return true;
}

/* Chunks are sorted by key, and so by job. */
static enum fst_status load_jobs(struct loader *l, struct fst_error *err)
{
    struct fst_manifest *m = l->m;
    size_t               cap = 0;

    for (size_t i = 0; i < m->chunk_count; i++) {
        const struct fst_manifest_chunk *c = &m->chunks[i];
        struct fst_manifest_job          of, *job;
        l->bad |= !job_of(c->key, &of);
        if (!m->job_count || m->jobs[m->job_count - 1].number != of.number) {
            if (!fst_grow(&m->jobs, m->job_count, &cap, sizeof *m->jobs))
                return fst_fail(err, FST_ENOMEM, "out of memory");
            m->jobs[m->job_count++] = of;
        }
        job = &m->jobs[m->job_count - 1];
        job->files++;
        job->bytes += c->bytes;
        job->resources += c->resources;
    }
    return FST_OK;
}

static void sum_jobs(struct fst_manifest *m)
{
    struct fst_figures *f = &m->figures;

    f->import_jobs = m->job_count;
    for (size_t i = 0; i < m->job_count; i++) {
        f->job_files = m->jobs[i].files > f->job_files ? m->jobs[i].files : f->job_files;
        f->job_bytes = m->jobs[i].bytes > f->job_bytes ? m->jobs[i].bytes : f->job_bytes;
    }
}

static enum fst_status load_lists(struct loader *l, struct fst_error *err)
{
    struct fst_manifest *m = l->m;
    uint32_t             sources = fst_tape_member(&l->tape, 0, "sources");
    uint32_t             chunks = fst_tape_member(&l->tape, 0, "chunks");

    m->sources = calloc(count_of(l, sources) + 1, sizeof *m->sources);
    m->chunks = calloc(count_of(l, chunks) + 1, sizeof *m->chunks);
    if (!m->sources || !m->chunks)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    if (l->bad)
        return FST_OK;
    FST_EACH_ELEMENT(&l->tape, sources, s) {
        struct fst_manifest_source *source = &m->sources[m->source_count++];
        const char                 *state = string(l, s, "state");
        source->path = string(l, s, "path");
        source->bytes = number(l, s, "bytes");
        while (source->state < FST_COUNT(states) && strcmp(states[source->state], state) != 0)
            source->state++;
        l->bad |= source->state == FST_COUNT(states);
    }
    FST_EACH_ELEMENT(&l->tape, chunks, c) {
        struct fst_manifest_chunk *chunk = &m->chunks[m->chunk_count++];
        chunk->key = string(l, c, "key");
        chunk->type = static_type(string(l, c, "type"));
        chunk->bytes = number(l, c, "bytes");
        chunk->resources = number(l, c, "resources");
        chunk->crc32 = crc_of(l, c);
        l->bad |= !chunk->type;
    }
    return FST_OK;
}

static enum fst_status load(struct loader *l, struct fst_view text, const char *path, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&l->tape, text, &opts, &jerr);

    if (st == FST_EPARSE)
        return fst_fail(err, st, "%s:%u: not JSON: %s", path, jerr.line, jerr.what);
    if (st)
        return fst_fail(err, st, "%s: out of memory", path);
    l->bad = fst_tape_kind(&l->tape, 0) != FST_JSON_OBJECT || number(l, 0, "format") != 1;
    if (!l->bad)
        load_figures(l);
    if (!l->bad)
        st = load_lists(l, err);
    if (!l->bad && !st)
        st = load_jobs(l, err);
    sum_jobs(l->m);
    return !st && l->bad ? fst_fail(err, FST_EPARSE, "%s: not a manifest that this version reads", path) : st;
}

enum fst_status fst_manifest_load(struct fst_manifest *m, const char *dir, struct fst_error *err)
{
    struct loader   l = { .m = m };
    struct fst_buf  path, text;
    enum fst_status st;

    *m = (struct fst_manifest){ .strings = calloc(1, sizeof *m->strings) };
    if (!m->strings)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    fst_arena_init(m->strings, 0);
    fst_buf_init(&path, TEXT_MAX);
    fst_buf_init(&text, TEXT_MAX);
    fst_buf_init(&l.scratch, TEXT_MAX);
    st = fst_file_read(&text, fst_path_join(&path, dir, FST_MANIFEST_KEY), err);
    if (!st)
        st = load(&l, fst_buf_view(&text), path.p, err);
    if (st == FST_ENOENT)
        fst_error_hint(err, "prepare the folder first: fhirstage prepare INPUT... --out %s", dir);
    fst_tape_clear(&l.tape);
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    fst_buf_clear(&l.scratch);
    if (st)
        fst_manifest_clear(m);
    return st;
}

void fst_manifest_clear(struct fst_manifest *m)
{
    if (m->strings)
        fst_arena_clear(m->strings);
    free(m->strings);
    free(m->chunks);
    free(m->jobs);
    free(m->sources);
    *m = (struct fst_manifest){ 0 };
}

static int compare_key(const void *key, const void *chunk)
{
    return strcmp(key, ((const struct fst_manifest_chunk *)chunk)->key);
}

const struct fst_manifest_chunk *fst_manifest_find(const struct fst_manifest *m, const char *key)
{
    return m->chunk_count ? bsearch(key, m->chunks, m->chunk_count, sizeof *m->chunks, compare_key) : NULL;
}

enum fst_status fst_figures_load(struct fst_figures *figures, const char *dir, struct fst_error *err)
{
    struct fst_manifest m;
    enum fst_status     st = fst_manifest_load(&m, dir, err);

    if (!st)
        *figures = m.figures;
    fst_manifest_clear(&m);
    return st;
}
