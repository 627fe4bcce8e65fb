#include "serve/keys.h"

#include <stdlib.h>

#include "base/file.h"

enum { MOST_BYTES = 1 << 20 };

static void clear_key(struct fst_key *k)
{
    free(k->id);
    if (k->secret)
        explicit_bzero(k->secret, strlen(k->secret));
    free(k->secret);
    free(k->account);
    free(k->name);
}

enum fst_status fst_keys_add(struct fst_keys *keys, const struct fst_key *key, struct fst_error *err)
{
    struct fst_key *grown = realloc(keys->items, (keys->count + 1) * sizeof *grown), *k;

    if (!grown)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    keys->items = grown;
    k = &grown[keys->count++];
    *k = (struct fst_key){ strdup(key->id), strdup(key->secret), strdup(key->account ? key->account : FST_KEYS_ACCOUNT),
                           strdup(key->name ? key->name : "") };
    return k->id && k->secret && k->account && k->name ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
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

/* One profile, as views into the file's text. */
struct profile {
    struct fst_view name, id, secret, account;
};

static enum fst_status add_profile(struct fst_keys *keys, const struct profile *p, struct fst_error *err)
{
    struct fst_key  key = { 0 };
    enum fst_status st = FST_OK;

    if (!p->id.n || !p->secret.n)
        return FST_OK;
    key.id = strndup(p->id.p, p->id.n);
    key.secret = strndup(p->secret.p, p->secret.n);
    key.name = strndup(p->name.n ? p->name.p : "", p->name.n);
    key.account = p->account.n ? strndup(p->account.p, p->account.n) : NULL;
    if (!key.id || !key.secret || !key.name || (p->account.n && !key.account))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    if (!st)
        st = fst_keys_add(keys, &key, err);
    clear_key(&key);
    return st;
}

static void take_setting(struct profile *p, struct fst_view name, struct fst_view value)
{
    if (fst_view_is(name, "aws_access_key_id"))
        p->id = value;
    if (fst_view_is(name, "aws_secret_access_key"))
        p->secret = value;
    if (fst_view_is(name, "aws_account_id"))
        p->account = value;
}

static enum fst_status parse(struct fst_keys *keys, struct fst_view text, struct fst_error *err)
{
    struct profile  profile = { 0 };
    enum fst_status st = FST_OK;

    while (text.n && !st) {
        struct fst_view line = next_line(&text);
        const char     *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
        if (line.n > 1 && *line.p == '[' && line.p[line.n - 1] == ']') {
            st = add_profile(keys, &profile, err);
            profile = (struct profile){ .name = fst_view_n(line.p + 1, line.n - 2) };
        } else if (equals && *line.p != '#') {
            take_setting(&profile, trim(fst_view_n(line.p, (size_t)(equals - line.p))),
                         trim(fst_view_from(line, (size_t)(equals - line.p) + 1)));
        }
    }
    return st ? st : add_profile(keys, &profile, err);
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

const struct fst_key *fst_keys_find(const struct fst_keys *keys, struct fst_view id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (fst_view_is(id, keys->items[i].id))
            return &keys->items[i];
    return NULL;
}

const char *fst_keys_account_name(const struct fst_keys *keys, struct fst_view account)
{
    for (size_t i = 0; i < keys->count; i++)
        if (fst_view_is(account, keys->items[i].account))
            return *keys->items[i].name ? keys->items[i].name : keys->items[i].account;
    return "";
}

void fst_keys_clear(struct fst_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        clear_key(&keys->items[i]);
    free(keys->items);
    *keys = (struct fst_keys){ 0 };
}
