#include "serve/keys.h"

#include <stdlib.h>

#include "base/file.h"

enum { MOST_BYTES = 1 << 20 };

enum fst_status fst_keys_add(struct fst_keys *keys, struct fst_view id, struct fst_view secret, struct fst_error *err)
{
    struct fst_key *grown = realloc(keys->items, (keys->count + 1) * sizeof *grown);

    if (!grown)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    keys->items = grown;
    grown[keys->count] = (struct fst_key){ strndup(id.p, id.n), strndup(secret.p, secret.n) };
    keys->count++;
    return grown[keys->count - 1].id && grown[keys->count - 1].secret ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static struct fst_view trim(struct fst_view v)
{
    while (v.n && strchr(" \t\r", *v.p))
        v = fst_view_from(v, 1);
    while (v.n && strchr(" \t\r", v.p[v.n - 1]))
        v.n--;
    return v;
}

static struct fst_view next_line(struct fst_view *rest)
{
    const char     *end = memchr(rest->p, '\n', rest->n);
    struct fst_view line = end ? fst_view_n(rest->p, (size_t)(end - rest->p)) : *rest;

    *rest = fst_view_from(*rest, line.n + 1);
    return trim(line);
}

static enum fst_status parse(struct fst_keys *keys, struct fst_view text, struct fst_error *err)
{
    struct fst_view id = { 0 }, secret = { 0 };
    enum fst_status st = FST_OK;

    while (text.n && !st) {
        struct fst_view line = next_line(&text);
        const char     *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
        struct fst_view name, value;
        if (line.n && *line.p == '[')
            id = secret = (struct fst_view){ 0 };
        if (!equals || *line.p == '#')
            continue;
        name = trim(fst_view_n(line.p, (size_t)(equals - line.p)));
        value = trim(fst_view_from(line, (size_t)(equals - line.p) + 1));
        if (fst_view_is(name, "aws_access_key_id"))
            id = value;
        if (fst_view_is(name, "aws_secret_access_key"))
            secret = value;
        if (id.n && secret.n) {
            st = fst_keys_add(keys, id, secret, err);
            id = secret = (struct fst_view){ 0 };
        }
    }
    return st;
}

enum fst_status fst_keys_load(struct fst_keys *keys, const char *path, struct fst_error *err)
{
    struct fst_buf  text;
    size_t          before = keys->count;
    enum fst_status st;

    fst_buf_init(&text, MOST_BYTES);
    st = fst_file_read(&text, path, err);
    if (!st)
        st = parse(keys, fst_buf_view(&text), err);
    if (!st && keys->count == before)
        st = fst_fail(err, FST_ECONFIG, "%s: no aws_access_key_id with its aws_secret_access_key", path);
    if (text.p)
        memset(text.p, 0, text.cap);
    fst_buf_clear(&text);
    return st;
}

const char *fst_keys_secret(const struct fst_keys *keys, struct fst_view id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (fst_view_is(id, keys->items[i].id))
            return keys->items[i].secret;
    return NULL;
}

void fst_keys_clear(struct fst_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].id);
        free(keys->items[i].secret);
    }
    free(keys->items);
    *keys = (struct fst_keys){ 0 };
}
