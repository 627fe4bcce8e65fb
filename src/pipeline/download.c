/* Fetching an export: where its files are is asked of HealthLake, what they are of S3's listing. Each is written beside
 * its name, compared, and renamed. */
#include "fhirstage/download.h"

#include <fcntl.h>
#include <unistd.h>

#include "aws/s3.h"
#include "base/file.h"
#include "base/grow.h"
#include "base/thread.h"
#include "base/crc.h"
#include "fhirstage/api.h"
#include "healthlake/model.h"
#include "json/tape.h"
#include "pipeline/ask.h"

enum { CONNECTIONS = 8, ATTEMPTS = 4, PAUSE_MS = 200, READ_BYTES = 256 * 1024, TEXT_MAX = 1 << 20, LIST_MAX = 1 << 24 };

struct item {
    char    *path; /* below the folder */
    uint64_t size, lines;
    bool     kept;
};

struct download {
    const struct fst_download_opts *opts;
    const struct fst_env           *env;
    struct fst_aws_config           config;
    struct fst_aws                **clients; /* one a worker; made when first used */
    struct fst_buf                  url;     /* s3://BUCKET/PREFIX */
    struct fst_view                 bucket, prefix; /* in url */
    bool                            with_errors;
    struct item                    *items;
    size_t                          count, cap;
};

/* ---- the job */

/* Is the job at its end, and where did it write? */
static enum fst_status read_job(struct download *d, const struct fst_tape *t, struct fst_error *err)
{
    static const char *const job_path[] = { "ExportJobProperties", NULL };
    static const char *const uri_path[] = { "OutputDataConfig", "S3Configuration", "S3Uri", NULL };
    uint32_t                 job = fst_answer_member(t, 0, job_path);
    enum fst_job_status      status;
    struct fst_buf           text;
    struct fst_view          state, uri;
    char                     folder[128];
    enum fst_status          st = FST_OK;
    fst_buf_init(&text, TEXT_MAX);
    state = fst_tape_member_string(t, job, "JobStatus", &text);
    d->with_errors = fst_view_is(state, "COMPLETED_WITH_ERRORS");
    if (!d->with_errors && !fst_view_is(state, "COMPLETED")) {
        bool ended = fst_job_status_parse(&status, state) && fst_job_status_is_final(status);
        st = fst_fail(err, ended ? FST_EJOB : FST_EBUSY, "DescribeFHIRExportJob: the job is %.*s", FST_VIEW_ARGS(state));
        if (!ended)
            fst_error_hint(err, "'fhirstage export wait' waits for its end");
    }
    uri = fst_tape_string(t, fst_answer_member(t, job, uri_path), &text);
    fst_buf_add_view(&d->url, uri);
    /* The job's own folder is in the answer already, or it is not: then it is added. */
    snprintf(folder, sizeof folder, "FHIR_EXPORT-%s", d->opts->job_id);
    if (!strstr(fst_buf_str(&d->url), folder))
        fst_buf_addf(&d->url, "%s%s-FHIR_EXPORT-%s/", uri.n && uri.p[uri.n - 1] == '/' ? "" : "/", d->opts->datastore_id, d->opts->job_id);
    fst_buf_clear(&text);
    if (!st)
        st = fst_buf_check(&d->url, err);
    return st ? st : fst_s3_parse_url(&d->bucket, &d->prefix, fst_buf_str(&d->url), err);
}

static enum fst_status find_job(struct download *d, struct fst_error *err)
{
    struct fst_api         api = { 0 };
    struct fst_api_answer  answer = { 0 };
    struct fst_tape        t = { 0 };
    struct fst_buf         request;
    fst_buf_init(&request, TEXT_MAX);
    fst_ask_of_datastore(&request, d->opts->datastore_id, "JobId", d->opts->job_id);
    enum fst_status st = fst_api_open(&api, &d->opts->remote, d->env, d->opts->meter, err);
    if (!st)
        st = fst_api_call(&api, fst_model_operation(fst_view_of("DescribeFHIRExportJob")), fst_buf_view(&request), &answer, err);
    if (!st)
        st = fst_answer_parse(&t, fst_view_n(answer.json, answer.length), "DescribeFHIRExportJob", err);
    if (!st)
        st = read_job(d, &t, err);
    fst_tape_clear(&t);
    fst_api_answer_clear(&answer);
    fst_api_close(&api);
    fst_buf_clear(&request);
    return st;
}

/* ---- the list of files */

/* A path that stays below the folder. */
static bool is_safe(struct fst_view path)
{
    for (size_t at = 0; at <= path.n;) {
        const char *slash = at < path.n ? memchr(path.p + at, '/', path.n - at) : NULL;
        size_t      n = slash ? (size_t)(slash - path.p) - at : path.n - at;
        struct fst_view part = fst_view_n(path.p + at, n);
        if (!n || fst_view_is(part, ".") || fst_view_is(part, "..") || memchr(part.p, 0, n))
            return false;
        at += n + 1;
    }
    return true;
}

static enum fst_status add_item(void *ctx, const struct fst_s3_object *o, struct fst_error *err)
{
    struct download *d = ctx;
    struct fst_view  path = fst_view_from(o->key, d->prefix.n + (d->prefix.n > 0));
    if (!path.n || path.p[path.n - 1] == '/') /* a folder's mark */
        return FST_OK;
    if (!is_safe(path))
        return fst_fail(err, FST_EPARSE, "s3://%.*s/%.*s: not a name for a file", FST_VIEW_ARGS(d->bucket), FST_VIEW_ARGS(o->key));
    if (!fst_grow(&d->items, d->count, &d->cap, sizeof *d->items))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    d->items[d->count] = (struct item){ .path = strndup(path.p, path.n), .size = o->size };
    return d->items[d->count++].path ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static enum fst_status worker_client(struct download *d, unsigned worker, struct fst_aws **out, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    if (!d->clients[worker])
        st = fst_aws_new(&d->clients[worker], &d->config, d->env, d->opts->meter ? &d->opts->meter->stop : NULL, err);
    *out = d->clients[worker];
    return st;
}

static enum fst_status list_files(struct download *d, struct fst_error *err)
{
    struct fst_aws *a;
    struct fst_buf  prefix;
    enum fst_status st = worker_client(d, 0, &a, err);
    fst_buf_init(&prefix, TEXT_MAX);
    fst_buf_addf(&prefix, "%.*s%s", FST_VIEW_ARGS(d->prefix), d->prefix.n ? "/" : "");
    if (!st)
        st = fst_s3_list(a, d->bucket, fst_buf_view(&prefix), add_item, d, err);
    fst_buf_clear(&prefix);
    for (size_t i = 0; !st && d->opts->meter && i < d->count; i++) {
        d->opts->meter->files_total++;
        d->opts->meter->bytes_total += d->items[i].size;
    }
    return st;
}

/* ---- a file */

struct file {
    int               fd;
    struct fst_meter *meter;
    uint64_t          size, lines;
    uint32_t          crc32;
    char              last;
    enum fst_status   st;
    const char       *path;
    struct fst_error *err;
};

static void measure(struct file *f, const char *p, size_t n)
{
    for (const char *at = p; (at = memchr(at, '\n', (size_t)(p + n - at))); at++)
        f->lines++;
    f->crc32 = fst_crc32(f->crc32, p, n);
    f->size += n;
    if (n)
        f->last = p[n - 1];
}

static bool take_bytes(void *ctx, const char *p, size_t n)
{
    struct file *f = ctx;
    f->st = fst_file_write_all(f->fd, p, n, f->path, f->err);
    measure(f, p, n);
    if (f->meter)
        f->meter->bytes += n;
    return !f->st;
}

/* A file that is there: what it holds. False: none, or of another size. */
static bool measure_present(struct file *f, const struct item *item)
{
    char   *buf = malloc(READ_BYTES);
    ssize_t got = -1;
    f->fd = buf ? open(f->path, O_RDONLY | O_CLOEXEC) : -1;
    if (f->fd >= 0) {
        while (f->size <= item->size && (got = read(f->fd, buf, READ_BYTES)) > 0)
            measure(f, buf, (size_t)got);
        close(f->fd);
    }
    free(buf);
    return got == 0 && f->size == item->size;
}

static enum fst_status fetch_once(struct download *d, struct fst_aws *a, struct fst_view key, struct file *f, struct fst_error *err)
{
    enum fst_status st;
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (f->fd < 0)
        return fst_fail_errno(err, "%s", f->path);
    st = fst_s3_get(a, d->bucket, key, take_bytes, f, err);
    if (f->st)
        st = f->st;
    if (close(f->fd) && !st)
        st = fst_fail_errno(err, "%s", f->path);
    return st;
}

static enum fst_status compare(const struct item *item, const struct fst_s3_head *head, const struct file *f, struct fst_error *err)
{
    if (f->size != item->size || f->size != head->size)
        return fst_fail(err, FST_ENET, "%s: %llu bytes came, not %llu", item->path, (unsigned long long)f->size, (unsigned long long)head->size);
    if (head->sum.kind == FST_S3_SUM_CRC32 && !head->sum.parts && head->sum.value != f->crc32)
        return fst_fail(err, FST_ENET, "%s: the checksum is not the service's", item->path);
    return FST_OK;
}

/* Into PATH.part, compared, then renamed. What the network broke is tried again. */
static enum fst_status fetch(struct download *d, struct fst_aws *a, struct item *item, struct fst_view key, const struct fst_s3_head *head,
                             const char *path, struct fst_error *err)
{
    struct fst_buf  part;
    enum fst_status st = fst_file_mkdirs_for(path, err);
    fst_buf_init(&part, TEXT_MAX);
    fst_buf_addf(&part, "%s.part", path);
    for (unsigned attempt = 0; !st; attempt++) {
        struct file f = { .meter = d->opts->meter, .path = fst_buf_str(&part), .err = err };
        st = fetch_once(d, a, key, &f, err);
        if (!st)
            st = compare(item, head, &f, err);
        if (!st && rename(f.path, path))
            st = fst_fail_errno(err, "%s", path);
        if (!st) {
            item->lines = f.lines + (f.size && f.last != '\n');
            break;
        }
        if (f.meter)
            f.meter->bytes -= f.size;
        if (attempt + 1 < ATTEMPTS && (st == FST_ENET || (st == FST_ESERVICE && a->resp.status >= 500))) {
            a->env->sleep_ms(a->env->ctx, PAUSE_MS << attempt);
            st = FST_OK;
        } else {
            unlink(f.path);
        }
    }
    fst_buf_clear(&part);
    return st;
}

static enum fst_status task(void *ctx, size_t i, unsigned worker, struct fst_error *err)
{
    struct download   *d = ctx;
    struct item       *item = &d->items[i];
    struct fst_aws    *a;
    struct fst_s3_head head;
    struct fst_buf     key, path;
    fst_buf_init(&key, TEXT_MAX);
    fst_buf_init(&path, TEXT_MAX);
    fst_buf_addf(&key, "%.*s%s%s", FST_VIEW_ARGS(d->prefix), d->prefix.n ? "/" : "", item->path);
    fst_path_join(&path, d->opts->dir, item->path);
    struct file     present = { .path = fst_buf_str(&path) };
    enum fst_status st = worker_client(d, worker, &a, err);
    if (!st)
        st = fst_s3_head(a, d->bucket, fst_buf_view(&key), &head, err);
    if (!st && measure_present(&present, item) && !compare(item, &head, &present, NULL)) {
        item->kept = true;
        item->lines = present.lines + (present.size && present.last != '\n');
        if (d->opts->meter)
            d->opts->meter->bytes += item->size;
    } else if (!st) {
        st = fetch(d, a, item, fst_buf_view(&key), &head, fst_buf_str(&path), err);
    }
    if (!st && d->opts->meter)
        d->opts->meter->files++;
    fst_buf_clear(&key);
    fst_buf_clear(&path);
    return st;
}

/* ---- all */

static enum fst_status run(struct download *d, struct fst_error *err)
{
    unsigned        connections = d->opts->connections ? d->opts->connections : CONNECTIONS;
    enum fst_status st = find_job(d, err);
    d->clients = calloc(connections, sizeof(struct fst_aws *));
    if (!st && !d->clients)
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    if (!st)
        st = fst_aws_config_load(&d->config, &d->opts->remote, d->env, err);
    if (!st)
        st = list_files(d, err);
    if (!st)
        st = fst_file_mkdirs(d->opts->dir, err);
    if (!st)
        st = fst_run_tasks(d->count, connections, task, d, err);
    for (size_t i = 0; !st && d->opts->file && i < d->count; i++)
        d->opts->file(d->opts->ctx, &(struct fst_download_file){ d->items[i].path, d->items[i].size, d->items[i].lines, d->items[i].kept });
    for (unsigned i = 0; d->clients && i < connections; i++)
        fst_aws_free(d->clients[i]);
    return st;
}

enum fst_status fst_export_download(const struct fst_download_opts *opts, const struct fst_env *env, struct fst_error *err)
{
    struct download d = { .opts = opts, .env = env };
    fst_buf_init(&d.url, LIST_MAX);
    fst_meter_enter(opts->meter, FST_STAGE_DOWNLOAD, 0, 0);
    enum fst_status st = run(&d, err);
    if (!st && d.with_errors)
        st = fst_fail(err, FST_EREJECTED, "DescribeFHIRExportJob: all that it wrote is there, but the job was COMPLETED_WITH_ERRORS");
    for (size_t i = 0; i < d.count; i++)
        free(d.items[i].path);
    free(d.items);
    free(d.clients);
    fst_aws_config_clear(&d.config);
    fst_buf_clear(&d.url);
    return st;
}
