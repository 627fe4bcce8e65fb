/* A prepared folder to a prefix. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "pipeline/staging.h"

enum { PATH_CEILING = 64 * 1024 };

struct extra {
    const struct fst_manifest    *m;
    const struct fst_upload_opts *opts;
};

static enum fst_status tell_extra(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    struct extra   *x = ctx;
    struct fst_buf  key;

    fst_buf_init(&key, PATH_CEILING);
    fst_buf_addf(&key, "input/%s", rel);
    if (!fst_manifest_find(x->m, fst_buf_str(&key)) && x->opts->notice)
        x->opts->notice(x->opts->notice_ctx, path, "not in the manifest, so not sent");
    fst_buf_clear(&key);
    return FST_OK;
}

/* A folder that was changed by hand: what is missing or has another size is found before anything is sent, what has
 * other bytes when it is read. *touched: it was written to after the manifest was. */
static enum fst_status look_at(const struct fst_upload_opts *o, const struct fst_manifest_chunk *c, const struct stat *manifest,
                               bool *touched, struct fst_error *err)
{
    struct fst_buf  path;
    struct stat     s;
    enum fst_status st = FST_OK;

    fst_buf_init(&path, PATH_CEILING);
    if (stat(fst_path_join(&path, o->dir, c->key), &s) != 0)
        st = fst_fail_errno(err, "%s", fst_buf_str(&path));
    else if ((uint64_t)s.st_size != c->bytes)
        st = fst_fail(err, FST_EIO, "%s: its size is not the one that the manifest names", fst_buf_str(&path));
    if (st)
        fst_error_hint(err, "it was changed after it was prepared: prepare again");
    else
        *touched = s.st_mtime > manifest->st_mtime;
    fst_buf_clear(&path);
    return st;
}

static enum fst_status check_folder(const struct fst_upload_opts *o, const struct fst_manifest *m, bool *touched, struct fst_error *err)
{
    struct extra    x = { m, o };
    struct fst_buf  path;
    struct stat     manifest;
    enum fst_status st = FST_OK;

    fst_buf_init(&path, PATH_CEILING);
    if (stat(fst_path_join(&path, o->dir, FST_MANIFEST_KEY), &manifest) != 0)
        st = fst_fail_errno(err, "%s", fst_buf_str(&path));
    for (size_t i = 0; i < m->chunk_count && !st; i++)
        st = look_at(o, &m->chunks[i], &manifest, &touched[i], err);
    if (!st && fst_file_is_dir(fst_path_join(&path, o->dir, "input")))
        st = fst_file_walk(path.p, tell_extra, &x, err);
    fst_buf_clear(&path);
    return st;
}

static enum fst_status send_chunks(struct fst_staging *s, const char *dir, const struct fst_manifest *m, const bool *touched,
                                   struct fst_error *err)
{
    enum fst_status st = fst_staging_refuse_foreign(s, m, err);

    for (size_t i = 0; i < m->chunk_count && !st; i++) {
        const struct fst_manifest_chunk *c = &m->chunks[i];
        st = fst_staging_file(s, dir, &(struct fst_sender_file){ .key = c->key, .size = c->bytes, .crc32 = c->crc32, .crc_known = true,
                                                                 .touched = touched[i] }, err);
    }
    return st;
}

static enum fst_status upload(const struct fst_upload_opts *opts, const struct fst_env *env, const struct fst_manifest *m,
                              const bool *touched, struct fst_upload_result *result, struct fst_error *err)
{
    struct fst_staging s;
    uint64_t           largest = 0;
    enum fst_status    st;

    for (size_t i = 0; i < m->chunk_count; i++)
        largest = m->chunks[i].bytes > largest ? m->chunks[i].bytes : largest;
    fst_meter_enter(opts->meter, FST_STAGE_UPLOAD, m->figures.files, m->figures.bytes);
    st = fst_staging_open(&s, opts, env, true, largest, err);
    if (!st)
        st = send_chunks(&s, opts->dir, m, touched, err);
    if (!st)
        st = fst_staging_finish(&s, opts->dir, m, result, err);
    fst_staging_close(&s);
    return st;
}

enum fst_status fst_upload(const struct fst_upload_opts *opts, const struct fst_env *env, struct fst_upload_result *result,
                           struct fst_error *err)
{
    struct fst_manifest m = { 0 };
    struct fst_view     bucket, prefix;
    bool               *touched = NULL;
    int64_t             begun;
    enum fst_status     st;

    env = env ? env : fst_env_real();
    begun = env->mono_ms(env->ctx);
    *result = (struct fst_upload_result){ 0 };
    st = fst_s3_parse_url(&bucket, &prefix, opts->to, err);
    if (!st)
        st = fst_manifest_load(&m, opts->dir, err);
    if (st == FST_ENOENT)
        fst_error_hint(err, "'fhirstage prepare INPUT... --out=%s' makes it", opts->dir);
    if (!st && !(touched = calloc(m.chunk_count + 1, sizeof *touched)))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    if (!st)
        st = check_folder(opts, &m, touched, err);
    if (!st)
        st = upload(opts, env, &m, touched, result, err);
    result->seconds = (double)(env->mono_ms(env->ctx) - begun) / 1000;
    free(touched);
    fst_manifest_clear(&m);
    return st;
}
