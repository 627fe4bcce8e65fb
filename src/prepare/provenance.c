#include "prepare/provenance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/grow.h"
#include "base/str.h"

enum { TEXT_MAX = 1 << 30 };

static const char heading[] = "# first line, lines, source line, entry (-: none); @: the source of what follows\n";

void fst_provenance_key(char out[FST_PROVENANCE_KEY_MAX], const char *chunk_key)
{
    const char *name = strchr(chunk_key, '/') ? strchr(chunk_key, '/') + 1 : chunk_key;
    const char *dot = strrchr(name, '.');
    snprintf(out, FST_PROVENANCE_KEY_MAX, "meta/provenance/%.*s.tsv", dot ? (int)(dot - name) : (int)strlen(name), name);
}

/* ---- writing */

void fst_origin_run_clear(struct fst_origin_run *r)
{
    *r = (struct fst_origin_run){ 0 };
}

void fst_origin_run_end(struct fst_origin_run *r, struct fst_buf *out)
{
    if (!r->count)
        return;
    fst_buf_addf(out, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", r->first, r->count, r->line);
    if (r->entry < 0)
        fst_buf_add_str(out, "-\n");
    else
        fst_buf_addf(out, "%" PRId64 "\n", r->entry);
    r->count = 0;
}

/* A path, with what would break the line escaped as in JSON. */
static void add_path(struct fst_buf *out, struct fst_view path)
{
    for (size_t i = 0; i < path.n; i++)
        switch (path.p[i]) {
        case '\\': fst_buf_add_str(out, "\\\\"); break;
        case '\n': fst_buf_add_str(out, "\\n"); break;
        case '\r': fst_buf_add_str(out, "\\r"); break;
        case '\t': fst_buf_add_str(out, "\\t"); break;
        default: fst_buf_add_char(out, path.p[i]);
        }
}

static bool continues(const struct fst_origin_run *r, const struct fst_value *from)
{
    if (!r->count || r->source_number != from->source_number)
        return false;
    if (from->entry < 0)
        return r->entry < 0 && from->line == r->line + r->count;
    return r->entry >= 0 && from->bundle_line == r->line && (uint64_t)from->entry == (uint64_t)r->entry + r->count;
}

void fst_origin_run_add(struct fst_origin_run *r, const struct fst_value *from, uint64_t chunk_line, struct fst_buf *out)
{
    if (continues(r, from)) {
        r->count++;
        return;
    }
    fst_origin_run_end(r, out);
    if (!r->has_source)
        fst_buf_add_str(out, heading);
    if (!r->has_source || r->source_number != from->source_number) {
        fst_buf_add_char(out, '@');
        add_path(out, from->source);
        fst_buf_add_char(out, '\n');
    }
    *r = (struct fst_origin_run){ .first = chunk_line, .count = 1, .entry = from->entry, .has_source = true,
                                  .line = from->entry < 0 ? from->line : from->bundle_line,
                                  .source_number = from->source_number };
}

/* ---- reading */

void fst_provenance_clear(struct fst_provenance *p)
{
    free(p->runs);
    free(p->text);
    *p = (struct fst_provenance){ 0 };
}

/* Undo add_path() in place. */
static void undo_path(char *path)
{
    char *to = path;
    for (; *path; path++) {
        char c = *path;
        if (c == '\\' && path[1]) {
            c = *++path;
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
        }
        *to++ = c;
    }
    *to = '\0';
}

/* The number up to the next tab or the end; moves on. */
static bool take_number(char **at, uint64_t *n)
{
    size_t len = strcspn(*at, "\t");
    bool   ok = fst_parse_u64(n, fst_view_n(*at, len));
    *at += len + ((*at)[len] == '\t');
    return ok;
}

static bool parse_run(struct fst_provenance_run *run, char *line, const char *source)
{
    uint64_t entry = 0;

    if (!source || !take_number(&line, &run->first) || !take_number(&line, &run->count) || !take_number(&line, &run->line))
        return false;
    run->source = source;
    run->entry = -1;
    if (!strcmp(line, "-"))
        return true;
    if (!take_number(&line, &entry) || entry > INT64_MAX)
        return false;
    run->entry = (int64_t)entry;
    return true;
}

static enum fst_status parse_lines(struct fst_provenance *p, const char *path, struct fst_error *err)
{
    const char *source = NULL;
    size_t      cap = 0;

    for (char *line = p->text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (!*line || *line == '#')
            continue;
        if (*line == '@') {
            undo_path(line + 1);
            source = line + 1;
            continue;
        }
        if (!fst_grow(&p->runs, p->count, &cap, sizeof *p->runs))
            return fst_fail(err, FST_ENOMEM, "out of memory");
        if (!parse_run(&p->runs[p->count++], line, source))
            return fst_fail(err, FST_EPARSE, "%s: not a provenance file", path);
    }
    return FST_OK;
}

enum fst_status fst_provenance_load(struct fst_provenance *p, const char *dir, const char *key, struct fst_error *err)
{
    char            name[FST_PROVENANCE_KEY_MAX];
    struct fst_buf  path, text;
    enum fst_status st;

    *p = (struct fst_provenance){ 0 };
    fst_provenance_key(name, key);
    fst_buf_init(&path, TEXT_MAX);
    fst_buf_init(&text, TEXT_MAX);
    st = fst_file_read(&text, fst_path_join(&path, dir, name), err);
    if (!st) {
        size_t n;
        fst_buf_add_char(&text, '\n');
        p->text = fst_buf_take(&text, &n);
        st = p->text ? parse_lines(p, path.p, err) : fst_fail(err, FST_ENOMEM, "out of memory");
    }
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    if (st)
        fst_provenance_clear(p);
    return st;
}

enum fst_status fst_provenance_find(const struct fst_provenance *p, uint64_t line, struct fst_place *place,
                                    struct fst_error *err)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t                           middle = (low + high) / 2;
        const struct fst_provenance_run *run = &p->runs[middle];
        if (line < run->first) {
            high = middle;
        } else if (line - run->first >= run->count) {
            low = middle + 1;
        } else {
            uint64_t behind = line - run->first;
            *place = (struct fst_place){ run->source, run->entry < 0 ? run->line + behind : run->line,
                                         run->entry < 0 ? -1 : run->entry + (int64_t)behind };
            return FST_OK;
        }
    }
    return fst_fail(err, FST_ENOENT, "the chunk has no line %" PRIu64, line);
}
