#include "aws/credentials.h"

#include <pthread.h>

#include "aws/providers.h"
#include "base/str.h"
#include "json/tape.h"

enum { EARLY_MS = 15 * 60 * 1000, AGAIN_MS = 60 * 1000, TEXT_CEILING = 1 << 16 };

/* ---- a key pair */

static const char *put(char **at, struct fst_view v)
{
    char *begin = *at;

    memcpy(begin, v.p ? v.p : "", v.n);
    begin[v.n] = '\0';
    *at += v.n + 1;
    return begin;
}

struct fst_credentials *fst_credentials_new(struct fst_view id, struct fst_view secret, struct fst_view token, int64_t expires_ms,
                                            const char *origin)
{
    struct fst_credentials *c = malloc(sizeof *c + id.n + secret.n + token.n + strlen(origin) + 4);
    char                   *at;

    if (!c)
        return NULL;
    *c = (struct fst_credentials){ .expires_ms = expires_ms, .refs = 1 };
    at = c->text;
    c->access_key_id = put(&at, id);
    c->secret_access_key = put(&at, secret);
    c->token = token.n ? put(&at, token) : NULL;
    c->origin = put(&at, fst_view_of(origin));
    return c;
}

struct fst_credentials *fst_credentials_ref(struct fst_credentials *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void fst_credentials_unref(struct fst_credentials *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    explicit_bzero((char *)c->secret_access_key, strlen(c->secret_access_key));
    if (c->token)
        explicit_bzero((char *)c->token, strlen(c->token));
    free(c);
}

/* ---- from JSON */

static bool parse_expiry(int64_t *out, const struct fst_tape *t, uint32_t object, const struct fst_credentials_names *names, struct fst_buf *scratch)
{
    uint32_t        node = fst_tape_member(t, object, names->expires);
    uint64_t        ms;
    struct fst_view text;

    *out = 0;
    if (node == FST_NO_NODE || fst_tape_kind(t, node) == FST_JSON_NULL)
        return true;
    if (names->in_ms) {
        bool ok = fst_parse_u64(&ms, fst_tape_raw(t, node));
        *out = ok ? (int64_t)ms : 0;
        return ok;
    }
    text = fst_tape_string(t, node, scratch);
    return fst_parse_time_ms(out, text);
}

static enum fst_status read_document(struct fst_credentials **out, const struct fst_tape *t, const char *inside,
                                     const struct fst_credentials_names *names, const char *origin, struct fst_error *err)
{
    uint32_t        object = inside ? fst_tape_member(t, 0, inside) : 0;
    struct fst_buf  scratch[4];
    struct fst_view id, secret, token;
    int64_t         expires = 0;
    enum fst_status st = FST_OK;

    for (size_t i = 0; i < FST_COUNT(scratch); i++)
        fst_buf_init(&scratch[i], TEXT_CEILING);
    id = fst_tape_member_string(t, object, names->id, &scratch[0]);
    secret = fst_tape_member_string(t, object, names->secret, &scratch[1]);
    token = fst_tape_member_string(t, object, names->token, &scratch[2]);
    if (!id.n || !secret.n)
        st = fst_fail(err, FST_ECONFIG, "%s: no %s and %s in what it gave", origin, names->id, names->secret);
    else if (!parse_expiry(&expires, t, object, names, &scratch[3]))
        st = fst_fail(err, FST_ECONFIG, "%s: %s is no time", origin, names->expires);
    else if (!(*out = fst_credentials_new(id, secret, token, expires, origin)))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < FST_COUNT(scratch); i++) {
        if (scratch[i].p)
            explicit_bzero(scratch[i].p, scratch[i].cap);
        fst_buf_clear(&scratch[i]);
    }
    return st;
}

enum fst_status fst_credentials_parse(struct fst_credentials **out, struct fst_view json, const char *inside,
                                      const struct fst_credentials_names *names, const char *origin, struct fst_error *err)
{
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&t, json, &opts, &jerr);

    *out = NULL;
    if (st == FST_EPARSE)
        st = fst_fail(err, FST_ECONFIG, "%s: what it gave is no JSON: %s", origin, jerr.what);
    else if (st)
        st = fst_fail(err, st, "out of memory");
    else
        st = read_document(out, &t, inside, names, origin, err);
    fst_tape_clear(&t);
    return st;
}

/* ---- the source */

struct fst_credential_source {
    struct fst_aws_config   config;
    const struct fst_env   *env;
    char                   *profile;
    bool                    fixed;
    pthread_mutex_t         lock;
    pthread_mutex_t         looking; /* held by the one that gets new ones */
    struct fst_credentials *current; /* under `lock` */
    int64_t                 not_before_ms; /* the next try, after one in vain; under `looking` */
};

static enum fst_status look(struct fst_credential_source *s, const struct fst_remote *given, struct fst_credentials **out, struct fst_error *err)
{
    struct fst_arena     strings;
    struct fst_providers p = { .config = &s->config, .env = s->env, .profile = s->profile };
    enum fst_status      st;

    if (given) {
        p.access_key_id = given->access_key_id;
        p.secret_access_key = given->secret_access_key;
    }
    *out = NULL;
    fst_arena_init(&strings, 0);
    st = fst_settings_open(&p.settings, s->profile, s->env, &strings, err);
    if (!st)
        st = fst_providers_find(&p, out, err);
    fst_settings_close(&p.settings);
    fst_arena_clear(&strings);
    return st;
}

static struct fst_credential_source *new_source(struct fst_error *err)
{
    struct fst_credential_source *s = calloc(1, sizeof *s);

    if (!s) {
        (void)fst_fail(err, FST_ENOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->looking, NULL);
    return s;
}

enum fst_status fst_credential_source_new(struct fst_credential_source **out, const struct fst_aws_config *config,
                                          const struct fst_remote *remote, const struct fst_env *env, struct fst_error *err)
{
    struct fst_credential_source *s = new_source(err);
    enum fst_status               st;

    *out = s;
    if (!s)
        return FST_ENOMEM;
    s->config = *config;
    s->config.credentials = NULL;
    s->env = env;
    s->fixed = remote->access_key_id != NULL;
    s->profile = remote->profile ? strdup(remote->profile) : NULL;
    if (remote->profile && !s->profile)
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    else
        st = look(s, remote, &s->current, err);
    if (st) {
        fst_credential_source_free(s);
        *out = NULL;
    }
    return st;
}

enum fst_status fst_credential_source_fixed(struct fst_credential_source **out, struct fst_credentials *credentials, struct fst_error *err)
{
    *out = new_source(err);
    if (!*out)
        return FST_ENOMEM;
    (*out)->fixed = true;
    (*out)->current = fst_credentials_ref(credentials);
    return FST_OK;
}

void fst_credential_source_free(struct fst_credential_source *s)
{
    if (!s)
        return;
    fst_credentials_unref(s->current);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->looking);
    free(s->profile);
    free(s);
}

static struct fst_credentials *current(struct fst_credential_source *s)
{
    struct fst_credentials *c;

    pthread_mutex_lock(&s->lock);
    c = fst_credentials_ref(s->current);
    pthread_mutex_unlock(&s->lock);
    return c;
}

static void replace(struct fst_credential_source *s, struct fst_credentials *c)
{
    pthread_mutex_lock(&s->lock);
    fst_credentials_unref(s->current);
    s->current = c;
    pthread_mutex_unlock(&s->lock);
}

/* New ones, in place of `old`, by the one thread that may. Those that still hold go on when there are no others. */
static enum fst_status renew(struct fst_credential_source *s, const struct fst_credentials *old, bool must, struct fst_error *err)
{
    struct fst_credentials *found = NULL, *now = current(s);
    bool                    done = now != old; /* by another thread, meanwhile */
    enum fst_status         st;

    fst_credentials_unref(now);
    if (done || (!must && s->env->mono_ms(s->env->ctx) < s->not_before_ms))
        return FST_OK;
    st = look(s, NULL, &found, err);
    if (!st)
        replace(s, found);
    s->not_before_ms = s->env->mono_ms(s->env->ctx) + AGAIN_MS;
    return must ? st : FST_OK;
}

enum fst_status fst_credential_source_get(struct fst_credential_source *s, const struct fst_credentials *refused,
                                          struct fst_credentials **out, struct fst_error *err)
{
    struct fst_credentials *c = current(s);
    int64_t                 left = c->expires_ms && !s->fixed ? c->expires_ms - s->env->now_ms(s->env->ctx) : INT64_MAX;
    bool                    must = !s->fixed && (left <= 0 || c == refused);
    enum fst_status         st = FST_OK;

    if (must || left < EARLY_MS) {
        if (must ? !pthread_mutex_lock(&s->looking) : !pthread_mutex_trylock(&s->looking)) {
            st = renew(s, c, must, err);
            pthread_mutex_unlock(&s->looking);
        }
        fst_credentials_unref(c);
        c = current(s);
    }
    *out = c;
    if (!st)
        return FST_OK;
    fst_credentials_unref(c);
    *out = NULL;
    return fst_fail_while(err, st, "credentials: getting new ones");
}
