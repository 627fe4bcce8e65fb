#include "aws/profile.h"

#include <stdlib.h>
#include <strings.h>

#include "base/file.h"
#include "base/grow.h"

enum { FILE_CEILING = 4 << 20 };

struct reading {
    struct fst_profile_file *f;
    struct fst_arena        *strings;
    const char              *path, *section, *group;
    unsigned                 line;
    struct fst_error        *err;
};

static struct fst_view trim(struct fst_view v)
{
    while (v.n && strchr(" \t\r", v.p[0]))
        v = fst_view_from(v, 1);
    while (v.n && strchr(" \t\r", v.p[v.n - 1]))
        v.n--;
    return v;
}

/* " # …" ends a value. */
static struct fst_view without_comment(struct fst_view v)
{
    for (size_t i = 1; i < v.n; i++)
        if ((v.p[i] == '#' || v.p[i] == ';') && (v.p[i - 1] == ' ' || v.p[i - 1] == '\t'))
            return fst_view_n(v.p, i - 1);
    return v;
}

static enum fst_status malformed(const struct reading *r, const char *what)
{
    return fst_fail(r->err, FST_ECONFIG, "%s:%u: %s", r->path, r->line, what);
}

static enum fst_status add_key(struct reading *r, struct fst_view key, struct fst_view value, bool indented)
{
    struct fst_profile_file *f = r->f;
    struct fst_profile_key   k = { r->section, indented ? r->group : NULL, fst_arena_strn(r->strings, key), fst_arena_strn(r->strings, value) };

    if (!k.key || !k.value || !fst_grow(&f->keys, f->count, &f->cap, sizeof *f->keys))
        return fst_fail(r->err, FST_ENOMEM, "out of memory");
    f->keys[f->count++] = k;
    if (!indented)
        r->group = k.key;
    return FST_OK;
}

static enum fst_status read_line(struct reading *r, struct fst_view line)
{
    bool            indented = line.n && (line.p[0] == ' ' || line.p[0] == '\t');
    struct fst_view v = trim(line);
    const char     *equals, *close;

    if (!v.n || v.p[0] == '#' || v.p[0] == ';')
        return FST_OK;
    if (v.p[0] == '[') {
        close = memchr(v.p, ']', v.n);
        if (!close)
            return malformed(r, "a section without its closing bracket");
        r->section = fst_arena_strn(r->strings, trim(fst_view_n(v.p + 1, (size_t)(close - v.p) - 1)));
        r->group = NULL;
        return r->section ? FST_OK : fst_fail(r->err, FST_ENOMEM, "out of memory");
    }
    equals = memchr(v.p, '=', v.n);
    if (!equals)
        return malformed(r, "neither a section nor KEY = VALUE"); /* the line may hold a secret: it is not shown */
    if (!r->section)
        return malformed(r, "a key before the first section");
    return add_key(r, trim(fst_view_n(v.p, (size_t)(equals - v.p))),
                   trim(without_comment(fst_view_n(equals + 1, v.n - (size_t)(equals - v.p) - 1))), indented && r->group);
}

enum fst_status fst_profile_read(struct fst_profile_file *f, const char *path, struct fst_arena *strings, struct fst_error *err)
{
    struct reading  r = { .f = f, .strings = strings, .path = path, .err = err };
    struct fst_buf  text;
    struct fst_view rest;
    enum fst_status st;

    *f = (struct fst_profile_file){ 0 };
    if (!fst_file_exists(path))
        return FST_OK;
    fst_buf_init(&text, FILE_CEILING);
    st = fst_file_read(&text, path, err);
    for (rest = fst_buf_view(&text); rest.n && !st;) {
        const char *newline = memchr(rest.p, '\n', rest.n);
        size_t      n = newline ? (size_t)(newline - rest.p) : rest.n;
        r.line++;
        st = read_line(&r, fst_view_n(rest.p, n));
        rest = fst_view_from(rest, n + 1);
    }
    if (text.p)
        explicit_bzero(text.p, text.len);
    fst_buf_clear(&text);
    return st;
}

void fst_profile_clear(struct fst_profile_file *f)
{
    free(f->keys);
    *f = (struct fst_profile_file){ 0 };
}

const char *fst_profile_get(const struct fst_profile_file *f, const char *section, const char *group, const char *key)
{
    for (size_t i = f->count; i-- > 0;) {
        const struct fst_profile_key *k = &f->keys[i];
        bool same_group = group ? k->group && !strcmp(k->group, group) : !k->group;
        if (same_group && !strcmp(k->section, section) && !strcasecmp(k->key, key))
            return k->value;
    }
    return NULL;
}

bool fst_profile_has(const struct fst_profile_file *f, const char *section)
{
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->keys[i].section, section))
            return true;
    return false;
}
