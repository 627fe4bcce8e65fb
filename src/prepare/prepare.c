#include "fhirstage/prepare.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "base/thread.h"
#include "fhirstage/version.h"
#include "json/writer.h"
#include "prepare/folder.h"
#include "prepare/outcome.h"
#include "prepare/settle.h"

#define MIB ((uint64_t)1 << 20)
enum {
    MAX_JOBS = 256, MIN_BUFFER = 16 * 1024, MAX_BUFFER = 256 * 1024, TYPICAL_TYPES = 48,
    MAX_GROWTH = 12 /* times the input, at most: "url":"a:" may become a type and an id of 64 letters */
};

struct preparation {
    struct fst_prepare_opts   opts; /* with the defaults filled in */
    const struct fst_env     *env;
    bool                      writes;
    int64_t                   begun_ms, begun_mono;
    struct fst_walk          *walk;
    struct fst_selection      selection;
    struct fst_registry       registry;
    struct fst_settled        settled;
    struct fst_collector     *collectors; /* one a thread */
    struct fst_outcome_shared shared;
    struct fst_outcomes      *outcomes; /* one a thread */
    struct fst_jobs           jobs;
    struct fst_chunk_list     chunks;
    struct fst_figures       *figures;
};

static void fill_defaults(struct fst_prepare_opts *o)
{
    if (!o->chunk_bytes)
        o->chunk_bytes = 256 * MIB;
    if (!o->max_job_files)
        o->max_job_files = FST_JOB_FILES;
    if (!o->max_job_bytes)
        o->max_job_bytes = FST_JOB_BYTES;
    if (o->chunk_bytes > o->max_job_bytes)
        o->chunk_bytes = o->max_job_bytes;
    if (!o->segment_bytes)
        o->segment_bytes = 256 * MIB;
    if (!o->max_resource_bytes)
        o->max_resource_bytes = 192 * MIB;
    if (!o->memory_bytes)
        o->memory_bytes = 256 * MIB;
    if (!o->jobs)
        o->jobs = fst_cpu_count();
    if (o->jobs > MAX_JOBS)
        o->jobs = MAX_JOBS;
}

static void enter_stage(struct preparation *p, enum fst_stage stage)
{
    fst_meter_enter(p->opts.meter, stage, stage == FST_STAGE_INDEX ? fst_walk_source_count(p->walk) : 0, fst_walk_bytes(p->walk));
}

/* ---- first pass */

static enum fst_status collect_value(void *ctx, const struct fst_value *v, struct fst_error *err)
{
    return fst_collect(ctx, v, err);
}

static enum fst_status collect_source(void *ctx, size_t task, unsigned worker, struct fst_error *err)
{
    struct preparation *p = ctx;
    enum fst_status     st = fst_walk_source(p->walk, task, collect_value, &p->collectors[worker], err);

    if (p->opts.meter)
        p->opts.meter->files++;
    return st;
}

static enum fst_status open_registry(struct preparation *p, struct fst_error *err)
{
    const struct fst_prepare_opts *o = &p->opts;
    enum fst_status                st = fst_selection_init(&p->selection, o->types, o->stage_unsupported, err);

    p->registry.selection = &p->selection;
    p->registry.parser = (enum fst_json_parser)o->parser;
    p->registry.ids = o->ids;
    p->registry.claims = o->duplicates != FST_DUPLICATES_KEEP;
    if (!st)
        st = fst_index_new(&p->registry.index, (size_t)o->memory_bytes / 16, o->jobs, o->tmp_dir, err);
    return st ? st : fst_heap_new(&p->registry.heap, o->jobs, o->tmp_dir, err);
}

static enum fst_status first_pass(struct preparation *p, struct fst_error *err)
{
    enum fst_status st;

    p->collectors = calloc(p->opts.jobs, sizeof *p->collectors);
    if (!p->collectors)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (unsigned i = 0; i < p->opts.jobs; i++)
        fst_collector_init(&p->collectors[i], &p->registry, i);
    enter_stage(p, FST_STAGE_INDEX);
    st = fst_run_tasks(fst_walk_source_count(p->walk), p->opts.jobs, collect_source, p, err);
    for (unsigned i = 0; i < p->opts.jobs; i++)
        fst_collector_clear(&p->collectors[i]);
    free(p->collectors);
    p->collectors = NULL;
    if (!st)
        st = fst_index_finish(p->registry.index, err);
    if (!st)
        st = fst_heap_finish(p->registry.heap, err);
    return st ? st : fst_walk_cut(p->walk, err);
}

static void notice(struct preparation *p, const char *where, const char *what)
{
    if (p->opts.notice)
        p->opts.notice(p->opts.notice_ctx, where, what);
}

/* Count what became of the sources, and name those that are not FHIR or could not be read. */
static enum fst_status judge_sources(struct preparation *p, struct fst_error *err)
{
    size_t             count = fst_walk_source_count(p->walk), bad = SIZE_MAX;
    struct fst_figures *f = p->figures;

    f->sources = count;
    for (size_t i = 0; i < count; i++) {
        struct fst_manifest_source s;
        fst_walk_source_info(p->walk, i, &s);
        if (s.state == FST_SOURCE_READ)
            continue;
        if (bad == SIZE_MAX || s.state == FST_SOURCE_UNREADABLE)
            bad = i;
        f->sources_unread += s.state == FST_SOURCE_UNREADABLE;
        f->sources_without_fhir += s.state == FST_SOURCE_WITHOUT_FHIR;
        if (s.state == FST_SOURCE_WITHOUT_FHIR && count > 1)
            notice(p, fst_walk_source_shown(p->walk, i), fst_walk_source_error(p->walk, i));
        else if (s.state == FST_SOURCE_UNREADABLE)
            notice(p, "not read", fst_walk_source_error(p->walk, i));
    }
    f->input_bytes = fst_walk_input_bytes(p->walk);
    if (f->sources_unread + f->sources_without_fhir < count)
        return FST_OK;
    if (f->sources_unread)
        return fst_fail(err, FST_EINPUT, "%s", fst_walk_source_error(p->walk, bad));
    fst_fail(err, FST_EINPUT, "%s: no FHIR: %s", count == 1 ? fst_walk_source_shown(p->walk, 0) : p->opts.inputs[0],
             fst_walk_source_error(p->walk, bad));
    fst_error_hint(err, "give FHIR R4 in JSON: NDJSON, Bundles or single resources, gzipped or not");
    return FST_EINPUT;
}

static enum fst_status settle(struct preparation *p, struct fst_error *err)
{
    struct fst_settle s = { p->walk, &p->registry, &p->opts };
    return fst_settle(&s, &p->settled, err);
}

/* ---- second pass */

static enum fst_status stage_segment(void *ctx, size_t task, unsigned worker, struct fst_error *err)
{
    struct preparation  *p = ctx;
    struct fst_outcomes *o = &p->outcomes[worker];
    enum fst_status      st;

    fst_outcomes_begin(o, task);
    st = fst_walk_segment(p->walk, task, fst_outcome, o, err);
    return st ? st : fst_outcomes_end(o, err);
}

static size_t buffer_size(const struct fst_prepare_opts *o)
{
    uint64_t bytes = o->memory_bytes / 4 / o->jobs / TYPICAL_TYPES;
    return bytes < MIN_BUFFER ? MIN_BUFFER : bytes > MAX_BUFFER ? MAX_BUFFER : (size_t)bytes;
}

static void add_counts(struct fst_figures *sum, const struct fst_figures *f)
{
    sum->values += f->values;
    sum->resources += f->resources;
    sum->quarantined += f->quarantined;
    sum->unresolved += f->unresolved;
    sum->unknown_profiles += f->unknown_profiles;
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        sum->skipped[i] += f->skipped[i];
}

/* All segments, into chunks that are written below `dir`, or only counted (NULL). */
static enum fst_status pass_over(struct preparation *p, const struct fst_prepare_opts *opts, const char *dir, struct fst_chunk_list *chunks,
                                 struct fst_figures *figures, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    p->shared = (struct fst_outcome_shared){ opts, dir, p->walk, &p->registry, &p->settled, &p->jobs, chunks, buffer_size(opts) };
    p->outcomes = calloc(p->opts.jobs, sizeof *p->outcomes);
    if (!p->outcomes)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (unsigned i = 0; i < p->opts.jobs && !st; i++)
        st = fst_outcomes_init(&p->outcomes[i], &p->shared, err);
    if (!st)
        st = fst_run_tasks(fst_walk_segment_count(p->walk), p->opts.jobs, stage_segment, p, err);
    for (unsigned i = 0; i < p->opts.jobs; i++) {
        add_counts(figures, &p->outcomes[i].figures);
        fst_findings_merge(opts->findings, p->outcomes[i].findings);
        if (p->outcomes[i].shared)
            fst_outcomes_clear(&p->outcomes[i]);
    }
    free(p->outcomes);
    p->outcomes = NULL;
    /* FST_EINPUT would say that the rest is done */
    return st == FST_EINPUT ? fst_fail_while(err, FST_EIO, "reading the input again") : st;
}

/* Could it become more than an import job may hold? Of two neighbouring chunks of a type in a segment, the first was full
 * without the second: they are at most two for each chunk_bytes, and one. */
static bool may_need_jobs(const struct preparation *p)
{
    const struct fst_prepare_opts *o = &p->opts;
    uint64_t                       bytes = fst_walk_input_bytes(p->walk) * MAX_GROWTH;
    uint64_t                       files = fst_walk_segment_count(p->walk) * FST_TYPE_COUNT + 2 * bytes / o->chunk_bytes;

    return bytes > o->max_job_bytes || files > o->max_job_files;
}

/* A chunk's key has the number of its job, so where jobs begin has to be known before any is written. */
static enum fst_status measure(struct preparation *p, struct fst_error *err)
{
    struct fst_prepare_opts opts = p->opts;
    struct fst_figures      figures = { 0 };
    struct fst_chunk_list   chunks;
    enum fst_status         st;

    opts.findings = NULL; /* they are noted when it is done in earnest */
    fst_chunk_list_init(&chunks);
    enter_stage(p, FST_STAGE_MEASURE);
    st = pass_over(p, &opts, NULL, &chunks, &figures, err);
    if (!st)
        st = fst_jobs_split(&p->jobs, &chunks, opts.max_job_files, opts.max_job_bytes, err);
    fst_chunk_list_clear(&chunks);
    return st;
}

/* The chunks have the jobs that were foreseen. */
static enum fst_status check_jobs(struct preparation *p, struct fst_error *err)
{
    struct fst_jobs found = { 0 };
    enum fst_status st = fst_jobs_split(&found, &p->chunks, p->opts.max_job_files, p->opts.max_job_bytes, err);

    if (!st && p->writes && !fst_jobs_equal(&p->jobs, &found))
        st = fst_fail(err, FST_EIO, "the input changed while it was read: it is not the one that was measured");
    fst_jobs_clear(&found);
    return st;
}

static enum fst_status second_pass(struct preparation *p, struct fst_error *err)
{
    enum fst_status st = p->writes && may_need_jobs(p) ? measure(p, err) : FST_OK;

    if (!st && p->writes)
        st = fst_folder_empty(p->opts.out_dir, err);
    if (st)
        return st;
    enter_stage(p, FST_STAGE_PREPARE);
    st = pass_over(p, &p->opts, p->writes ? p->opts.out_dir : NULL, &p->chunks, p->figures, err);
    return st ? st : check_jobs(p, err);
}

/* ---- the close */

/* Chunks are sorted by key, and so by job and type. */
static void sum_chunks(struct fst_figures *f, const struct fst_chunk_list *l)
{
    struct fst_type_figures types[FST_TYPE_COUNT] = { { 0 } };
    uint64_t                files = 0, bytes = 0; /* of the job */

    for (size_t i = 0; i < l->synced.count; i++) {
        const struct fst_chunk *c = &l->synced.items[i];
        if (!i || c->job != c[-1].job) {
            f->import_jobs++;
            files = bytes = 0;
        }
        types[c->type].resources += c->resources;
        types[c->type].bytes += c->bytes;
        f->files++;
        f->bytes += c->bytes;
        f->job_files = ++files > f->job_files ? files : f->job_files;
        f->job_bytes = (bytes += c->bytes) > f->job_bytes ? bytes : f->job_bytes;
    }
    for (fst_type t = 0; t < FST_TYPE_COUNT; t++) {
        types[t].type = fst_type_name(t);
        if (types[t].resources)
            f->types[f->type_count++] = types[t];
    }
}

/* What was met is what was staged, set aside or skipped; and what was staged is what is in the chunks. */
static enum fst_status check_sums(const struct fst_figures *f, struct fst_error *err)
{
    uint64_t outcomes = f->resources + f->quarantined, lines = 0;

    for (int i = 0; i < FST_SKIP_COUNT; i++)
        outcomes += f->skipped[i];
    for (size_t i = 0; i < f->type_count; i++)
        lines += f->types[i].resources;
    if (outcomes == f->values && lines == f->resources)
        return FST_OK;
    return fst_fail(err, FST_EIO, "the sums differ: %" PRIu64 " values met, %" PRIu64 " accounted for, %" PRIu64 " lines written",
                    f->values, outcomes, lines);
}

static enum fst_status write_run(const struct preparation *p, struct fst_error *err)
{
    struct fst_json_writer w;
    struct fst_buf         text, path;
    char                   begun[FST_TIME_ISO];
    enum fst_status        st;

    fst_format_time_iso(begun, p->begun_ms);
    fst_buf_init(&text, 1 << 20);
    fst_buf_init(&path, 1 << 20);
    fst_json_writer_init(&w, &text, 2);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "version", FST_VERSION);
    fst_json_member_str(&w, "begun", begun);
    fst_json_name(&w, "seconds");
    fst_json_double(&w, p->figures->seconds, 3);
    fst_json_member_u64(&w, "jobs", p->opts.jobs);
    fst_json_member_u64(&w, "memoryBytes", p->opts.memory_bytes);
    fst_json_end_object(&w);
    fst_buf_add_char(&text, '\n');
    st = fst_file_replace(fst_path_join(&path, p->opts.out_dir, "meta/run.json"), fst_buf_view(&text), err);
    fst_buf_clear(&text);
    fst_buf_clear(&path);
    return st;
}

static enum fst_status close_folder(struct preparation *p, struct fst_error *err)
{
    struct fst_manifest_input in = { &p->opts, p->figures, &p->chunks, fst_walk_source_count(p->walk), fst_walk_source_info, p->walk };
    const char               *dir = p->opts.out_dir;
    struct fst_buf            meta;
    enum fst_status           st;

    fst_buf_init(&meta, 1 << 20);
    st = fst_file_mkdirs(fst_path_join(&meta, dir, "meta"), err);
    fst_buf_clear(&meta);
    if (!st)
        st = write_run(p, err);
    if (!st)
        st = fst_manifest_write(&in, dir, err);
    return st ? st : fst_folder_tidy(dir, err);
}

static enum fst_status work(struct preparation *p, struct fst_error *err)
{
    enum fst_status st = open_registry(p, err);

    if (!st)
        st = fst_walk_new(&p->walk, &p->opts, err);
    if (!st)
        st = first_pass(p, err);
    if (!st)
        st = judge_sources(p, err);
    if (!st)
        st = settle(p, err);
    if (!st && p->writes)
        st = fst_folder_claim(p->opts.out_dir, err);
    if (!st)
        st = second_pass(p, err);
    if (st)
        return st;
    fst_chunk_list_sort(&p->chunks);
    sum_chunks(p->figures, &p->chunks);
    st = check_sums(p->figures, err);
    p->figures->seconds = (double)(p->env->mono_ms(p->env->ctx) - p->begun_mono) / 1000;
    return !st && p->writes ? close_folder(p, err) : st;
}

static enum fst_status prepare(const struct fst_prepare_opts *opts, const struct fst_env *env, bool writes,
                               struct fst_figures *figures, struct fst_error *err)
{
    struct preparation p = { .opts = *opts, .env = env ? env : fst_env_real(), .writes = writes, .figures = figures };
    enum fst_status    st;

    *figures = (struct fst_figures){ 0 };
    fill_defaults(&p.opts);
    if (!writes)
        p.opts.out_dir = NULL;
    fst_chunk_list_init(&p.chunks);
    p.begun_ms = p.env->now_ms(p.env->ctx);
    p.begun_mono = p.env->mono_ms(p.env->ctx);
    st = work(&p, err);
    fst_settled_clear(&p.settled);
    fst_index_free(p.registry.index);
    fst_heap_free(p.registry.heap);
    fst_walk_free(p.walk);
    fst_jobs_clear(&p.jobs);
    fst_chunk_list_clear(&p.chunks);
    if (st)
        return st;
    if (figures->sources_unread)
        return FST_EINPUT;
    return figures->quarantined ? FST_EREJECTED : FST_OK;
}

enum fst_status fst_prepare(const struct fst_prepare_opts *opts, const struct fst_env *env, struct fst_figures *figures,
                            struct fst_error *err)
{
    return prepare(opts, env, true, figures, err);
}

enum fst_status fst_prepare_figures(const struct fst_prepare_opts *opts, const struct fst_env *env,
                                    struct fst_figures *figures, struct fst_error *err)
{
    return prepare(opts, env, false, figures, err);
}
