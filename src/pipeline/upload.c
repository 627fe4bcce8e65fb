#include "fhirstage/run.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "pipeline/transfer.h"
#include "prepare/manifest.h"

enum { DEFAULT_CONNECTIONS = 16, MAX_CONNECTIONS = 256, PATH_CEILING = 64 * 1024 };

static const char input_folder[] = "input/", meta_folder[] = "meta/";

struct upload {
    const struct fst_upload_opts *opts;
    struct fst_upload_result     *result;
    struct fst_error             *err;
    struct fst_view               bucket, prefix;
    struct fst_manifest           manifest;
    struct fst_transfer          *transfer;
    struct fst_transfer_item     *items; /* sorted by key, but for the manifest, which is the last */
    size_t                        count, cap;
    struct fst_arena              strings;
    char                        **foreign; /* whole keys */
    size_t                        foreign_count, foreign_cap;
    bool                          manifest_there;
};

/* ---- what there is to send */

static enum fst_status add_item(struct upload *u, struct fst_transfer_item item, struct fst_error *err)
{
    if (u->count == u->cap) {
        size_t                    cap = u->cap ? 2 * u->cap : 256;
        struct fst_transfer_item *items = realloc(u->items, cap * sizeof *items);
        if (!items)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        u->items = items;
        u->cap = cap;
    }
    u->items[u->count++] = item;
    return FST_OK;
}

static enum fst_status add_meta(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    struct upload           *u = ctx;
    struct fst_transfer_item item = { .size = bytes };

    if (!strcmp(rel, FST_MANIFEST_KEY + sizeof meta_folder - 1) || rel[0] == '.')
        return FST_OK;
    item.key = fst_arena_printf(&u->strings, "%s%s", meta_folder, rel);
    return item.key ? add_item(u, item, err) : fst_fail(err, FST_ENOMEM, "out of memory");
}

static enum fst_status collect(struct upload *u)
{
    struct fst_buf  path;
    struct stat     s;
    enum fst_status st = fst_manifest_load(&u->manifest, u->opts->dir, u->err);

    if (st == FST_ENOENT)
        fst_error_hint(u->err, "'fhirstage prepare INPUT... --out=%s' makes it", u->opts->dir);
    for (size_t i = 0; !st && i < u->manifest.chunk_count; i++) {
        const struct fst_manifest_chunk *c = &u->manifest.chunks[i];
        st = add_item(u, (struct fst_transfer_item){ .key = c->key, .size = c->bytes, .crc32 = c->crc32, .crc_known = true }, u->err);
    }
    fst_buf_init(&path, PATH_CEILING);
    if (!st)
        st = fst_file_walk(fst_path_join(&path, u->opts->dir, "meta"), add_meta, u, u->err);
    if (!st && stat(fst_path_join(&path, u->opts->dir, FST_MANIFEST_KEY), &s) != 0)
        st = fst_fail_errno(u->err, "%s", fst_buf_str(&path));
    fst_buf_clear(&path);
    return st ? st : add_item(u, (struct fst_transfer_item){ .key = FST_MANIFEST_KEY, .size = (uint64_t)s.st_size }, u->err);
}

/* ---- what is there */

static enum fst_status open_bucket(struct upload *u)
{
    struct fst_aws *a = fst_transfer_client(u->transfer);
    enum fst_status st;

    if (!u->opts->create_bucket)
        return FST_OK;
    st = fst_s3_head_bucket(a, u->bucket, u->err);
    if (st != FST_ESERVICE || strcmp(a->code, "NotFound") != 0)
        return st;
    *u->err = (struct fst_error){ 0 };
    return fst_s3_create_bucket(a, u->bucket, u->err);
}

static enum fst_status add_foreign(struct upload *u, struct fst_view key, struct fst_error *err)
{
    if (u->foreign_count == u->foreign_cap) {
        size_t cap = u->foreign_cap ? 2 * u->foreign_cap : 64;
        char **longer = realloc(u->foreign, cap * sizeof *longer);
        if (!longer)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        u->foreign = longer;
        u->foreign_cap = cap;
    }
    u->foreign[u->foreign_count] = fst_arena_strn(&u->strings, key);
    return u->foreign[u->foreign_count++] ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static int compare_key(const void *key, const void *item)
{
    return strcmp(key, ((const struct fst_transfer_item *)item)->key);
}

static int compare_items(const void *a, const void *b)
{
    return compare_key(((const struct fst_transfer_item *)a)->key, b);
}

static enum fst_status note_object(void *ctx, const struct fst_s3_object *o, struct fst_error *err)
{
    struct upload            *u = ctx;
    char                     *key = fst_arena_strn(&u->strings, fst_view_from(o->key, u->prefix.n + (u->prefix.n != 0)));
    struct fst_transfer_item *last = &u->items[u->count - 1], *item;

    if (!key)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    item = strcmp(key, last->key) ? bsearch(key, u->items, u->count - 1, sizeof *u->items, compare_key) : last;
    if (item)
        item->listed = item->size == o->size;
    u->manifest_there |= item == last;
    if (item || strncmp(key, input_folder, sizeof input_folder - 1) != 0)
        return FST_OK;
    if (!o->size && key[strlen(key) - 1] == '/') /* how consoles make a folder: nothing to import */
        return FST_OK;
    return add_foreign(u, o->key, err);
}

/* An import takes all that lies under input/. */
static enum fst_status refuse_foreign(const struct upload *u)
{
    fst_fail(u->err, FST_ECONFIG, "s3://%.*s/%s: not in the manifest, as %zu of the objects under %s", FST_VIEW_ARGS(u->bucket),
             u->foreign[0], u->foreign_count, input_folder);
    fst_error_hint(u->err, "the import would take them too: delete them with --prune, or choose another prefix");
    return FST_ECONFIG;
}

static enum fst_status look(struct upload *u)
{
    const char *const folders[] = { input_folder, meta_folder };
    struct fst_buf    key;
    enum fst_status   st = FST_OK;

    fst_buf_init(&key, PATH_CEILING);
    for (size_t i = 0; !st && i < FST_COUNT(folders); i++)
        st = fst_s3_list(fst_transfer_client(u->transfer), u->bucket, fst_transfer_key(u->transfer, folders[i], &key), note_object, u, u->err);
    fst_buf_clear(&key);
    if (!st && u->foreign_count && !u->opts->prune)
        st = refuse_foreign(u);
    return st ? st : fst_transfer_compare(u->transfer, u->items, u->count, u->err);
}

/* ---- changing it */

static enum fst_status prune(struct upload *u)
{
    enum fst_status st = FST_OK;

    for (size_t i = 0; !st && i < u->foreign_count; i++) {
        st = fst_s3_delete(fst_transfer_client(u->transfer), u->bucket, fst_view_of(u->foreign[i]), u->err);
        u->result->files_pruned += !st;
    }
    return st;
}

/* A prefix with a manifest is whole: an older one goes before what it names is overwritten, the new one comes last. */
static enum fst_status send_all(struct upload *u)
{
    struct fst_transfer_item *last = &u->items[u->count - 1];
    struct fst_buf            key;
    enum fst_status           st = FST_OK;

    fst_buf_init(&key, PATH_CEILING);
    if (u->manifest_there && !last->kept)
        st = fst_s3_delete(fst_transfer_client(u->transfer), u->bucket, fst_transfer_key(u->transfer, last->key, &key), u->err);
    fst_buf_clear(&key);
    if (!st)
        st = prune(u);
    if (!st)
        st = fst_transfer_send(u->transfer, u->items, u->count - 1, u->err);
    return st ? st : fst_transfer_send(u->transfer, last, 1, u->err);
}

static void add_up(struct upload *u)
{
    struct fst_upload_result *r = u->result;

    for (size_t i = 0; i < u->count; i++) {
        r->files_kept += u->items[i].kept;
        r->files_sent += !u->items[i].kept;
        *(u->items[i].kept ? &r->bytes_kept : &r->bytes_sent) += u->items[i].size;
    }
}

static void enter_stage(struct upload *u)
{
    struct fst_meter *m = u->opts->meter;
    uint64_t          bytes = 0;

    if (!m)
        return;
    for (size_t i = 0; i < u->count; i++)
        bytes += u->items[i].size;
    m->stage = FST_STAGE_UPLOAD;
    m->files = m->bytes = m->resources = m->rejected = 0;
    m->files_total = u->count;
    m->bytes_total = bytes;
}

static enum fst_status upload(struct upload *u, const struct fst_aws_config *config, const struct fst_env *env)
{
    struct fst_transfer_opts t = { .dir = u->opts->dir, .bucket = u->bucket, .prefix = u->prefix, .config = config, .env = env,
                                   .sse = { u->opts->sse, u->opts->sse_kms_key_id }, .meter = u->opts->meter,
                                   .connections = u->opts->connections ? u->opts->connections : DEFAULT_CONNECTIONS };
    enum fst_status          st;

    if (t.connections > MAX_CONNECTIONS)
        t.connections = MAX_CONNECTIONS;
    qsort(u->items, u->count - 1, sizeof *u->items, compare_items);
    enter_stage(u);
    st = fst_transfer_new(&u->transfer, &t, u->err);
    if (!st)
        st = open_bucket(u);
    if (!st)
        st = look(u);
    if (!st)
        st = send_all(u);
    if (!st)
        add_up(u);
    return st;
}

enum fst_status fst_upload(const struct fst_upload_opts *opts, const struct fst_env *env, struct fst_upload_result *result,
                           struct fst_error *err)
{
    struct fst_error      own = { 0 };
    struct upload         u = { .opts = opts, .result = result, .err = err ? err : &own };
    struct fst_aws_config config = { 0 };
    int64_t               begun;
    enum fst_status       st;

    env = env ? env : fst_env_real();
    begun = env->mono_ms(env->ctx);
    *result = (struct fst_upload_result){ 0 };
    fst_arena_init(&u.strings, 0);
    st = fst_s3_parse_url(&u.bucket, &u.prefix, opts->to, u.err);
    if (!st)
        st = collect(&u);
    if (!st)
        st = fst_aws_config_load(&config, &opts->remote, env, u.err);
    if (!st)
        st = upload(&u, &config, env);
    result->seconds = (double)(env->mono_ms(env->ctx) - begun) / 1000;
    fst_transfer_free(u.transfer);
    fst_aws_config_clear(&config);
    fst_manifest_clear(&u.manifest);
    fst_arena_clear(&u.strings);
    free(u.items);
    free(u.foreign);
    return st;
}
