#include "pipeline/staging.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/grow.h"
#include "fhir/types.h"

#define MIB ((uint64_t)1 << 20)
enum { DEFAULT_CONNECTIONS = 64, MAX_CONNECTIONS = 256, PATH_CEILING = 64 * 1024 };
#define DEFAULT_MEMORY (128 * MIB)

static const char input_folder[] = FST_INPUT_FOLDER, meta_folder[] = "meta/", quarantine_folder[] = "quarantine/";

/* ---- what is there */

static struct fst_aws *client(const struct fst_staging *s)
{
    return fst_sender_client(s->sender);
}

static enum fst_status open_bucket(struct fst_staging *s, struct fst_error *err)
{
    struct fst_error own = { 0 };
    enum fst_status  st;

    if (!s->opts->create_bucket)
        return FST_OK;
    st = fst_s3_head_bucket(client(s), s->bucket, &own);
    if (st == FST_ESERVICE && !strcmp(client(s)->code, "NotFound"))
        return fst_s3_create_bucket(client(s), s->bucket, err);
    if (st && err)
        *err = own;
    return st;
}

static enum fst_status note_object(void *ctx, const struct fst_s3_object *o, struct fst_error *err)
{
    struct fst_staging *s = ctx;
    struct fst_staged  *item;

    if (!fst_grow(&s->staged, s->count, &s->cap, sizeof *s->staged))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    item = &s->staged[s->count];
    *item = (struct fst_staged){ fst_arena_strn(&s->strings, fst_view_from(o->key, s->prefix.n + (s->prefix.n != 0))), o->size, false };
    if (!item->key)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->manifest_there |= !strcmp(item->key, FST_MANIFEST_KEY);
    s->count++;
    return FST_OK;
}

static int compare_staged(const void *a, const void *b)
{
    return strcmp(((const struct fst_staged *)a)->key, ((const struct fst_staged *)b)->key);
}

static enum fst_status list(struct fst_staging *s, struct fst_error *err)
{
    const char *const folders[] = { input_folder, meta_folder };
    struct fst_buf    key;
    enum fst_status   st = FST_OK;

    fst_buf_init(&key, PATH_CEILING);
    for (size_t i = 0; i < FST_COUNT(folders) && !st; i++)
        st = fst_s3_list(client(s), s->bucket, fst_sender_key(s->sender, folders[i], &key), note_object, s, err);
    fst_buf_clear(&key);
    if (!st && s->count)
        qsort(s->staged, s->count, sizeof *s->staged, compare_staged);
    return st;
}

static struct fst_staged *find(const struct fst_staging *s, const char *key)
{
    const struct fst_staged wanted = { .key = (char *)key };
    return s->count ? bsearch(&wanted, s->staged, s->count, sizeof *s->staged, compare_staged) : NULL;
}

/* ---- opening */

/* A prefix with a manifest is whole: an older one goes before anything that it names is overwritten. */
static enum fst_status before_write(void *ctx, struct fst_error *err)
{
    struct fst_staging *s = ctx;
    struct fst_buf      key;
    enum fst_status     st;

    if (!s->manifest_there)
        return FST_OK;
    fst_buf_init(&key, PATH_CEILING);
    st = fst_s3_delete(client(s), s->bucket, fst_sender_key(s->sender, FST_MANIFEST_KEY, &key), err);
    fst_buf_clear(&key);
    return st;
}

static struct fst_s3_guard guard_of(const struct fst_upload_opts *o, const struct fst_aws_config *config)
{
    static const enum fst_s3_sum_kind kinds[] = {
        [FST_CHECKSUM_CRC32] = FST_S3_SUM_CRC32, [FST_CHECKSUM_CRC32C] = FST_S3_SUM_CRC32C,
        [FST_CHECKSUM_CRC64NVME] = FST_S3_SUM_CRC64NVME, [FST_CHECKSUM_NONE] = FST_S3_SUM_NONE,
    };
    bool sign = o->payload_signing == FST_PAYLOAD_AUTO ? fst_s3_signs_payload(config) : o->payload_signing == FST_PAYLOAD_SIGN;
    return (struct fst_s3_guard){ kinds[o->checksum], o->checksum_mode == FST_CHECKSUM_TRAILER, !sign };
}

static enum fst_status new_sender(struct fst_staging *s, bool counts, uint64_t largest, struct fst_error *err)
{
    const struct fst_upload_opts *o = s->opts;
    struct fst_sender_opts        opts = {
        .config = &s->config, .env = s->env, .bucket = s->bucket, .prefix = s->prefix,
        .guard = guard_of(o, &s->config), .connections = o->connections ? o->connections : DEFAULT_CONNECTIONS,
        .memory_bytes = o->memory_bytes ? o->memory_bytes : DEFAULT_MEMORY, .largest_bytes = largest, .tmp_dir = o->tmp_dir,
        .meter = o->meter, .counts = counts, .before_write = before_write, .ctx = s,
    };
    enum fst_status               st = fst_s3_storing_build(&opts.storing, &o->storing, &s->strings, err);
    if (opts.connections > MAX_CONNECTIONS)
        opts.connections = MAX_CONNECTIONS;
    return st ? st : fst_sender_new(&s->sender, &opts, err);
}

static enum fst_status take_lock(struct fst_staging *s, struct fst_error *err)
{
    struct fst_buf  key;
    enum fst_status st;

    fst_buf_init(&key, PATH_CEILING);
    st = fst_lock_take(&s->lock, &s->config, s->env, s->bucket, fst_sender_key(s->sender, FST_LOCK_KEY, &key), s->opts->break_lock, err);
    fst_buf_clear(&key);
    return st;
}

static enum fst_status sink_begin(void *ctx, const char *key, void **file, struct fst_error *err)
{
    struct fst_staging *s = ctx;
    struct fst_staged  *there = find(s, key);

    *file = NULL;
    if (s->again && !fst_sender_again(s->sender, key))
        return FST_OK; /* sent, or kept, the first time */
    return fst_stream_open((struct fst_stream **)file, s->sender, key, there && !s->again, err);
}

static enum fst_status sink_write(void *file, const void *p, size_t n, struct fst_error *err)
{
    return file ? fst_stream_write(file, fst_view_n(p, n), err) : FST_OK;
}

static enum fst_status sink_finish(void *file, uint32_t crc32, struct fst_error *err)
{
    return file ? fst_stream_close(file, crc32, err) : FST_OK;
}

static void sink_drop(void *file)
{
    if (file)
        fst_stream_drop(file);
}

enum fst_status fst_staging_open(struct fst_staging *s, const struct fst_upload_opts *opts, const struct fst_env *env, bool counts,
                                 uint64_t largest, struct fst_error *err)
{
    enum fst_status st;

    *s = (struct fst_staging){ .opts = opts, .env = env ? env : fst_env_real(),
                               .sink = { s, sink_begin, sink_write, sink_finish, sink_drop } };
    fst_arena_init(&s->strings, 0);
    st = fst_s3_parse_url(&s->bucket, &s->prefix, opts->to, err);
    if (!st)
        st = fst_aws_config_load(&s->config, &opts->remote, s->env, err);
    if (!st)
        st = new_sender(s, counts, largest, err);
    if (!st)
        st = open_bucket(s, err);
    if (!st)
        st = take_lock(s, err);
    return st ? st : list(s, err);
}

void fst_staging_close(struct fst_staging *s)
{
    fst_sender_free(s->sender); /* ends what is under way, before others may begin */
    fst_lock_release(&s->lock);
    fst_aws_config_clear(&s->config);
    fst_arena_clear(&s->strings);
    free(s->staged);
    *s = (struct fst_staging){ 0 };
}

/* ---- what is not ours */

static bool is_input(const char *key)
{
    return !strncmp(key, input_folder, sizeof input_folder - 1);
}

/* How consoles make a folder: nothing to import. */
static bool is_folder(const struct fst_staged *o)
{
    return !o->size && o->key[strlen(o->key) - 1] == '/';
}

/* "input/TYPE/TYPE-000001.ndjson", "…-000001-2.ndjson", "input/job-0001/TYPE/…" */
static bool can_be_chunk(const char *key)
{
    const char *type = key + sizeof input_folder - 1, *slash = strchr(type, '/'), *at;
    size_t      n;

    if (slash && fst_view_starts(fst_view_of(type), FST_JOB_FOLDER)) {
        type = slash + 1;
        slash = strchr(type, '/');
    }
    n = slash ? (size_t)(slash - type) : 0;
    if (!n || fst_type_find(fst_view_n(type, n)) == FST_NO_TYPE || strncmp(slash + 1, type, n) != 0 || slash[1 + n] != '-')
        return false;
    at = slash + 2 + n;
    at += strspn(at, "0123456789");
    if (*at == '-')
        at += 1 + strspn(at + 1, "0123456789");
    return !strcmp(at, ".ndjson");
}

typedef bool foreign_fn(const struct fst_staged *o);

static bool is_stranger(const struct fst_staged *o)
{
    return is_input(o->key) && !is_folder(o) && !can_be_chunk(o->key);
}

static bool is_left(const struct fst_staged *o)
{
    return is_input(o->key) && !is_folder(o) && !o->ours;
}

/* An import takes all that lies under input/. */
static enum fst_status refuse(const struct fst_staging *s, foreign_fn *foreign, struct fst_error *err)
{
    size_t count = 0, first = 0;

    for (size_t i = s->count; i-- > 0;)
        if (foreign(&s->staged[i])) {
            count++;
            first = i;
        }
    if (!count)
        return FST_OK;
    fst_fail(err, FST_ECONFIG, "s3://%.*s/%.*s%s%s: not in the manifest, as %zu of the objects under %s", FST_VIEW_ARGS(s->bucket),
             FST_VIEW_ARGS(s->prefix), s->prefix.n ? "/" : "", s->staged[first].key, count, input_folder);
    fst_error_hint(err, "the import would take them too: delete them with --prune, or choose another prefix");
    return FST_ECONFIG;
}

static enum fst_status prune(struct fst_staging *s, struct fst_upload_result *result, struct fst_error *err)
{
    struct fst_buf  key;
    enum fst_status st = FST_OK;

    fst_buf_init(&key, PATH_CEILING);
    for (size_t i = 0; i < s->count && !st; i++) {
        if (!is_left(&s->staged[i]))
            continue;
        st = fst_s3_delete(client(s), s->bucket, fst_sender_key(s->sender, s->staged[i].key, &key), err);
        result->files_pruned += !st;
    }
    fst_buf_clear(&key);
    return st;
}

static void mark_ours(struct fst_staging *s, const struct fst_manifest *m)
{
    for (size_t i = 0; i < m->chunk_count; i++) {
        struct fst_staged *there = find(s, m->chunks[i].key);
        if (there)
            there->ours = true;
    }
}

enum fst_status fst_staging_refuse_foreign(struct fst_staging *s, const struct fst_manifest *m, struct fst_error *err)
{
    if (m)
        mark_ours(s, m);
    return s->opts->prune ? FST_OK : refuse(s, m ? is_left : is_stranger, err);
}

/* ---- sending */

enum fst_status fst_staging_file(struct fst_staging *s, const char *dir, const struct fst_sender_file *f, struct fst_error *err)
{
    struct fst_staged     *there = find(s, f->key);
    struct fst_sender_file file = *f;
    struct fst_buf         path;
    enum fst_status        st;

    fst_buf_init(&path, PATH_CEILING);
    file.path = fst_path_join(&path, dir, f->key);
    file.listed = there && there->size == f->size;
    st = fst_sender_file(s->sender, &file, err);
    fst_buf_clear(&path);
    return st;
}

struct folder {
    struct fst_staging *s;
    const char         *dir, *name; /* "meta/" */
};

static enum fst_status send_rest(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    struct folder         *f = ctx;
    struct fst_sender_file file = { .size = bytes };

    file.key = fst_arena_printf(&f->s->strings, "%s%s", f->name, rel);
    if (!file.key)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    if (!strcmp(file.key, FST_MANIFEST_KEY) || !strcmp(file.key, FST_LOCK_KEY) || rel[0] == '.')
        return FST_OK;
    return fst_staging_file(f->s, f->dir, &file, err);
}

static enum fst_status send_folder(struct fst_staging *s, const char *dir, const char *name, struct fst_error *err)
{
    struct folder   f = { s, dir, name };
    struct fst_buf  path;
    enum fst_status st = FST_OK;

    fst_buf_init(&path, PATH_CEILING);
    if (fst_file_is_dir(fst_path_join(&path, dir, name)))
        st = fst_file_walk(path.p, send_rest, &f, err);
    fst_buf_clear(&path);
    return st;
}

static enum fst_status send_manifest(struct fst_staging *s, const char *dir, struct fst_error *err)
{
    struct fst_buf  path;
    struct stat     status;
    enum fst_status st = FST_OK;

    fst_buf_init(&path, PATH_CEILING);
    if (stat(fst_path_join(&path, dir, FST_MANIFEST_KEY), &status) != 0)
        st = fst_fail_errno(err, "%s", fst_buf_str(&path));
    fst_buf_clear(&path);
    if (!st)
        st = fst_staging_file(s, dir, &(struct fst_sender_file){ .key = FST_MANIFEST_KEY, .size = (uint64_t)status.st_size }, err);
    return st ? st : fst_sender_wait(s->sender, err);
}

static enum fst_status verify(struct fst_staging *s, const struct fst_manifest *m, struct fst_upload_result *result, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    for (size_t i = 0; i < m->chunk_count && !st; i++)
        st = fst_sender_verify(s->sender, m->chunks[i].key, m->chunks[i].bytes, m->chunks[i].crc32, err);
    if (!st)
        st = fst_sender_wait(s->sender, err);
    if (!st)
        result->files_verified = m->chunk_count;
    return st;
}

enum fst_status fst_staging_finish(struct fst_staging *s, const char *dir, const struct fst_manifest *m, struct fst_upload_result *result,
                                   struct fst_error *err)
{
    struct fst_sender_result sent;
    enum fst_status          st = fst_sender_wait(s->sender, err); /* from here on the connection is ours alone */

    if (!st)
        st = fst_staging_refuse_foreign(s, m, err);
    if (!st && s->opts->prune)
        st = prune(s, result, err);
    if (!st)
        st = send_folder(s, dir, meta_folder, err);
    if (!st && s->opts->quarantine)
        st = send_folder(s, dir, quarantine_folder, err);
    if (!st)
        st = fst_sender_wait(s->sender, err);
    if (!st && s->opts->verify)
        st = verify(s, m, result, err);
    if (!st)
        st = fst_lock_check(&s->lock, client(s), err);
    if (!st)
        st = send_manifest(s, dir, err);
    if (st)
        return st;
    fst_sender_abort_stale(s->sender, input_folder);
    fst_sender_abort_stale(s->sender, meta_folder);
    fst_sender_result(s->sender, &sent);
    result->files_sent = sent.files_sent;
    result->bytes_sent = sent.bytes_sent;
    result->files_kept = sent.files_kept;
    result->bytes_kept = sent.bytes_kept;
    result->import_jobs = m->job_count;
    return FST_OK;
}
