/* What a killed process left: files under objects/ that no row names, since a file comes before its row and goes after it.
 * The lock file says whether there can be any: it has a word in it while a service runs. */
#include "serve/sweep.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"

#define RUNNING "running\n"

struct sweeping {
    char (*names)[FST_HEX_ID]; /* sorted: of the files that are needed */
    size_t count, cap;
};

static enum fst_status take_name(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct sweeping *w = ctx;

    if (!fst_grow(&w->names, w->count, &w->cap, sizeof *w->names))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    snprintf(w->names[w->count++], FST_HEX_ID, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    return FST_OK;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static enum fst_status remove_orphan(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    const struct sweeping *w = ctx;
    const char            *slash = strrchr(rel, '/');

    if (!bsearch(slash ? slash + 1 : rel, w->names, w->count, sizeof *w->names, compare) && unlink(path))
        return fst_fail_errno(err, "%s", path);
    return FST_OK;
}

static enum fst_status sweep(struct fst_serve *s, struct fst_error *err)
{
    struct sweeping w = { 0 };
    struct fst_buf  path;
    enum fst_status st = fst_db_run(s->db, take_name, &w, err, "SELECT file FROM object UNION ALL SELECT file FROM version UNION ALL SELECT file FROM part", "");

    fst_buf_init(&path, FST_TEXT_CEILING);
    if (!st && w.count)
        qsort(w.names, w.count, sizeof *w.names, compare);
    if (!st)
        st = fst_file_walk(fst_path_join(&path, s->opts.dir, "objects"), remove_orphan, &w, err);
    fst_buf_clear(&path);
    free(w.names);
    return st;
}

enum fst_status fst_sweep_begin(struct fst_serve *s, struct fst_error *err)
{
    char            word;
    bool            was_killed = pread(s->lock_fd, &word, 1, 0) == 1;
    enum fst_status st = was_killed ? sweep(s, err) : FST_OK;

    if (!st && pwrite(s->lock_fd, RUNNING, sizeof RUNNING - 1, 0) != sizeof RUNNING - 1)
        st = fst_fail_errno(err, "%s/lock", s->opts.dir);
    return st;
}

void fst_sweep_end(struct fst_serve *s)
{
    if (ftruncate(s->lock_fd, 0))
        return; /* then the next start looks once more */
}
