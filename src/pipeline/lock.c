#include "pipeline/lock.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "json/writer.h"
#include "pipeline/ask.h"

enum { REFRESH_S = 20, LAPSE_MS = 90 * 1000, SETTLE_MS = 200, TEXT_CEILING = 64 * 1024, HOST_MAX = 256, TRIES = 3 };

/* Who holds it. */
struct holder {
    char     host[HOST_MAX], id[33], since[FST_TIME_ISO];
    uint64_t process, started; /* started: when, in the kernel's ticks; 0: not known */
};

/* The 22nd field of /proc/PID/stat; the second is a name in parentheses, which may hold anything. */
static uint64_t start_of(uint64_t process)
{
    char     path[64], text[1024], *at;
    uint64_t ticks = 0;
    FILE    *f;
    size_t   n;

    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", process);
    f = fopen(path, "r");
    if (!f)
        return 0;
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at && sscanf(at, " %" SCNu64, &ticks) == 1 ? ticks : 0;
}

static void describe_self(struct holder *h, const struct fst_env *env)
{
    uint8_t random[16];

    *h = (struct holder){ .process = (uint64_t)getpid() };
    if (gethostname(h->host, sizeof h->host - 1) != 0)
        snprintf(h->host, sizeof h->host, "unknown");
    h->started = start_of(h->process);
    env->random(env->ctx, random, sizeof random);
    fst_hex(random, sizeof random, h->id);
    fst_format_time_iso(h->since, env->now_ms(env->ctx));
}

static void write_holder(struct fst_buf *out, const struct holder *h)
{
    struct fst_json_writer w;

    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "host", h->host);
    fst_json_member_u64(&w, "process", h->process);
    fst_json_member_u64(&w, "started", h->started);
    fst_json_member_str(&w, "since", h->since);
    fst_json_member_str(&w, "id", h->id);
    fst_json_end_object(&w);
    fst_buf_add_char(out, '\n');
}

static uint64_t number_member(const struct fst_tape *t, const char *name)
{
    uint32_t node = fst_tape_member(t, 0, name);
    uint64_t n = 0;
    return node != FST_NO_NODE && fst_parse_u64(&n, fst_tape_raw(t, node)) ? n : 0;
}

/* What cannot be read names nobody. */
static void read_holder(struct holder *h, struct fst_view text)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_tape       t = { 0 };

    *h = (struct holder){ 0 };
    if (!fst_json_parse(&t, text, &opts, &jerr)) {
        fst_answer_string(h->host, sizeof h->host, &t, 0, "host");
        fst_answer_string(h->id, sizeof h->id, &t, 0, "id");
        fst_answer_string(h->since, sizeof h->since, &t, 0, "since");
        h->process = number_member(&t, "process");
        h->started = number_member(&t, "started");
    }
    fst_tape_clear(&t);
}

/* A process of this machine that ended. */
static bool is_gone(const struct holder *h, const struct holder *self)
{
    if (strcmp(h->host, self->host) != 0 || !h->process)
        return false;
    if (kill((pid_t)h->process, 0) != 0 && errno == ESRCH)
        return true;
    return h->started && start_of(h->process) != h->started;
}

static struct fst_s3_put put_of(const struct fst_lock *l, bool if_absent)
{
    struct fst_s3_put p = { .bucket = l->bucket, .key = fst_view_of(l->key), .body = fst_body_of(fst_buf_view(&l->text)), .sum.kind = FST_S3_SUM_CRC32,
                            .content_type = "application/json", .if_absent = if_absent };
    fst_s3_sum_add(&p.sum, fst_buf_view(&l->text));
    return p;
}

static enum fst_status read_lock(struct fst_lock *l, struct fst_aws *a, struct holder *h, struct fst_error *err)
{
    enum fst_status st = fst_s3_get(a, l->bucket, fst_view_of(l->key), NULL, NULL, err);
    read_holder(h, st ? (struct fst_view){ 0 } : fst_buf_view(&a->resp.body));
    return st;
}

/* ---- keeping it fresh */

static void *refresh(void *arg)
{
    struct fst_lock *l = arg;

    pthread_mutex_lock(&l->lock);
    while (!l->synced.ends) {
        struct timespec until;
        struct holder   h;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += REFRESH_S;
        if (pthread_cond_timedwait(&l->wake, &l->lock, &until) != ETIMEDOUT)
            continue;
        if (!read_lock(l, l->client, &h, NULL) && !strcmp(h.id, l->id)) {
            struct fst_s3_put put = put_of(l, false);
            if (fst_s3_put(l->client, &put, NULL))
                continue; /* the next time, long before it lapses */
        }
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void start_refreshing(struct fst_lock *l)
{
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    l->refreshed = pthread_create(&l->thread, NULL, refresh, l) == 0;
}

/* ---- taking it */

static enum fst_status refuse(const struct fst_lock *l, const struct holder *h, struct fst_error *err)
{
    fst_fail(err, FST_ECONFIG, "s3://%.*s/%s: another run is at work here: process %" PRIu64 " on %s, since %s", FST_VIEW_ARGS(l->bucket), l->key,
             h->process, h->host[0] ? h->host : "an unknown host", h->since[0] ? h->since : "an unknown time");
    fst_error_hint(err, "wait for it to end; if it was broken off, this lapses %d s after its last sign, or give --break-lock", LAPSE_MS / 1000);
    return FST_ECONFIG;
}

/* Write it over one that is left behind. Of two who do so at the same time the last is the holder. */
static enum fst_status take_over(struct fst_lock *l, const struct fst_env *env, struct fst_error *err)
{
    struct fst_s3_put put = put_of(l, false);
    struct holder     h;
    enum fst_status   st = fst_s3_put(l->client, &put, err);

    if (st)
        return st;
    env->sleep_ms(env->ctx, SETTLE_MS);
    st = read_lock(l, l->client, &h, err);
    return st || !strcmp(h.id, l->id) ? st : refuse(l, &h, err);
}

/* *gone: it was released meanwhile. */
static enum fst_status contend(struct fst_lock *l, const struct holder *self, const struct fst_env *env, bool force, bool *gone,
                               struct fst_error *err)
{
    struct holder   h;
    int64_t         age;
    enum fst_status st = read_lock(l, l->client, &h, err);

    *gone = st == FST_ESERVICE && l->client->resp.status == 404;
    if (*gone)
        return FST_OK;
    if (st)
        return st;
    age = fst_s3_age(l->client);
    return force || is_gone(&h, self) || age >= LAPSE_MS ? take_over(l, env, err) : refuse(l, &h, err);
}

static enum fst_status take(struct fst_lock *l, const struct fst_env *env, bool force, struct fst_error *err)
{
    struct holder     self;
    struct fst_s3_put put;

    describe_self(&self, env);
    memcpy(l->id, self.id, sizeof l->id);
    write_holder(&l->text, &self);
    put = put_of(l, true);
    for (int i = 0;; i++) {
        struct fst_error why = { 0 };
        bool             gone = false;
        enum fst_status  st = fst_s3_put(l->client, &put, &why);
        if (st == FST_ESERVICE && (l->client->resp.status == 412 || l->client->resp.status == 409))
            st = contend(l, &self, env, force, &gone, &why);
        else if (st == FST_ESERVICE && l->client->resp.status == 501) /* a service that knows no conditions knows no locks */
            st = take_over(l, env, &why);
        if (gone && i < TRIES)
            continue;
        if (st && err)
            *err = why;
        return st;
    }
}

enum fst_status fst_lock_take(struct fst_lock *l, const struct fst_aws_config *config, const struct fst_env *env,
                              struct fst_view bucket, struct fst_view key, bool force, struct fst_error *err)
{
    enum fst_status st;

    *l = (struct fst_lock){ .bucket = bucket, .key = strndup(key.p, key.n) };
    fst_buf_init(&l->text, TEXT_CEILING);
    st = l->key ? fst_aws_new(&l->client, config, env, NULL, err) : fst_fail(err, FST_ENOMEM, "out of memory");
    if (!st)
        st = take(l, env, force, err);
    l->held = !st;
    if (st)
        fst_lock_release(l);
    else
        start_refreshing(l);
    return st;
}

enum fst_status fst_lock_check(struct fst_lock *l, struct fst_aws *a, struct fst_error *err)
{
    struct holder   h;
    enum fst_status st = read_lock(l, a, &h, err);

    if (st && !(st == FST_ESERVICE && a->resp.status == 404))
        return st;
    return !strcmp(h.id, l->id) ? FST_OK : refuse(l, &h, err);
}

void fst_lock_release(struct fst_lock *l)
{
    struct holder h;

    if (l->held) {
        pthread_mutex_lock(&l->lock);
        l->synced.ends = true;
        pthread_cond_signal(&l->wake);
        pthread_mutex_unlock(&l->lock);
        if (l->refreshed)
            pthread_join(l->thread, NULL);
        pthread_mutex_destroy(&l->lock);
        pthread_cond_destroy(&l->wake);
        if (!read_lock(l, l->client, &h, NULL) && !strcmp(h.id, l->id) && fst_s3_delete(l->client, l->bucket, fst_view_of(l->key), NULL))
            l->held = false; /* it lapses by itself */
    }
    fst_aws_free(l->client);
    fst_buf_clear(&l->text);
    free(l->key);
    *l = (struct fst_lock){ 0 };
}
