#include "fhir/package.h"

#include "base/file.h"
#include "base/zip.h"

enum { TAR_BLOCK = 512, TAR_NAME = 100, TAR_SIZE_AT = 124, TAR_SIZE_DIGITS = 11, TAR_TYPE_AT = 156 };

static enum fst_status inflate_all(struct fst_buf *out, struct fst_view in, const char *path, struct fst_error *err)
{
    struct fst_gunzip z = { 0 };
    enum fst_status   st = FST_OK;
    while (!st && (in.n || !z.ended)) {
        size_t room = 1 << 20, had = in.n;
        if (!fst_buf_reserve(out, room)) {
            st = fst_buf_check(out, err);
            break;
        }
        st = fst_gunzip_step(&z, &in, out->p + out->len, &room, err);
        out->len += room;
        if (!st && !room && had == in.n)
            st = fst_fail(err, FST_EPARSE, "the gzip data is cut short");
    }
    fst_gunzip_clear(&z);
    return st ? fst_fail_while(err, st, "%s", path) : FST_OK;
}

/* POSIX ustar: a header block, the content padded to blocks. */
static uint64_t tar_size(const char *header)
{
    uint64_t n = 0;
    for (int i = 0; i < TAR_SIZE_DIGITS; i++)
        if (header[TAR_SIZE_AT + i] >= '0' && header[TAR_SIZE_AT + i] <= '7')
            n = n * 8 + (uint64_t)(header[TAR_SIZE_AT + i] - '0');
    return n;
}

static bool is_wanted(const char *name)
{
    size_t n = strlen(name);
    return !strncmp(name, "package/", 8) && !strchr(name + 8, '/') && name[8] != '.' && n > 5 && !strcmp(name + n - 5, ".json");
}

static enum fst_status each_in_tar(struct fst_view tar, const char *path, fst_package_fn *fn, void *ctx, struct fst_error *err)
{
    for (size_t at = 0; at + TAR_BLOCK <= tar.n && tar.p[at];) {
        char     name[TAR_NAME + 1] = { 0 };
        uint64_t size = tar_size(tar.p + at);
        memcpy(name, tar.p + at, TAR_NAME);
        bool is_file = tar.p[at + TAR_TYPE_AT] == '0' || !tar.p[at + TAR_TYPE_AT];
        at += TAR_BLOCK;
        if (size > tar.n - at)
            return fst_fail(err, FST_EPARSE, "%s: the archive is cut short in %s", path, name);
        if (is_file && is_wanted(name)) {
            enum fst_status st = fn(ctx, name, fst_view_n(tar.p + at, (size_t)size), err);
            if (st)
                return fst_fail_while(err, st, "%s", path);
        }
        at += (size_t)((size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
    }
    return FST_OK;
}

enum fst_status fst_package_each(const char *path, fst_package_fn *fn, void *ctx, struct fst_error *err)
{
    struct fst_buf file, tar;
    fst_buf_init(&file, FST_PACKAGE_MAX_BYTES);
    fst_buf_init(&tar, FST_PACKAGE_MAX_BYTES);
    enum fst_status st = fst_file_read(&file, path, err);
    bool            gzip = !st && file.len > 2 && file.p[0] == '\x1f' && file.p[1] == '\x8b';
    if (gzip) {
        st = inflate_all(&tar, fst_buf_view(&file), path, err);
        if (!st)
            st = each_in_tar(fst_buf_view(&tar), path, fn, ctx, err);
    } else if (!st) {
        st = fn(ctx, path, fst_buf_view(&file), err);
    }
    fst_buf_clear(&file);
    fst_buf_clear(&tar);
    return st;
}
