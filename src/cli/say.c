#include "cli/say.h"

#include <pthread.h>

#include "base/str.h"
#include "json/writer.h"

static struct {
    pthread_mutex_t       lock;
    const struct fst_cli *cli;
    bool                  drawn; /* the cursor stands behind a progress line */
} say = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct { const char *name, *prefix, *color; } levels[] = {
    [FST_SAY_ERROR] = { "error", "fhirstage: ", "\033[31m" },
    [FST_SAY_WARNING] = { "warning", "warning: ", "\033[33m" },
    [FST_SAY_NOTE] = { "info", "", "" },
    [FST_SAY_DETAIL] = { "debug", "", "" },
};

void fst_say_setup(const struct fst_cli *cli)
{
    say.cli = cli;
}

/* Under the lock. */
static void erase(void)
{
    if (say.drawn)
        fputs("\r\033[K", stderr);
    say.drawn = false;
}

/* A line of JSON, which the caller ends. */
static void begin_json(struct fst_json_writer *w, struct fst_buf *out, enum fst_say_level level)
{
    char time[FST_TIME_ISO];

    fst_format_time_iso(time, say.cli->env->now_ms(say.cli->env->ctx));
    fst_json_writer_init(w, out, 0);
    fst_json_begin_object(w);
    fst_json_member_str(w, "time", time);
    fst_json_member_str(w, "level", levels[level].name);
}

static void add_json(struct fst_buf *out, enum fst_say_level level, const char *where, const char *what, const char *hint)
{
    struct fst_json_writer w;
    begin_json(&w, out, level);
    fst_json_member_str(&w, "where", where);
    fst_json_member_str(&w, "message", what);
    fst_json_member_str(&w, "hint", hint && *hint ? hint : NULL);
    fst_json_end_object(&w);
    fst_buf_add_char(out, '\n');
}

static void add_text(struct fst_buf *out, enum fst_say_level level, const char *where, const char *what, const char *hint)
{
    bool color = say.cli && say.cli->color && *levels[level].color;
    fst_buf_addf(out, "%s%s%s", color ? levels[level].color : "", levels[level].prefix, color ? "\033[0m" : "");
    if (where)
        fst_buf_addf(out, "%s: ", where);
    fst_buf_addf(out, "%s\n", what);
    if (hint && *hint)
        fst_buf_addf(out, "hint: %s\n", hint);
}

static void print(struct fst_buf *line)
{
    pthread_mutex_lock(&say.lock);
    erase();
    fputs(fst_buf_str(line), stderr);
    pthread_mutex_unlock(&say.lock);
}

static void write_message(enum fst_say_level level, const char *where, const char *what, const char *hint)
{
    struct fst_buf out;
    int            verbosity = say.cli ? say.cli->verbosity : 0;
    if ((verbosity < 0 && level != FST_SAY_ERROR) || (verbosity < 1 && level == FST_SAY_DETAIL))
        return;
    fst_buf_init(&out, 1 << 16);
    if (say.cli && say.cli->log_json)
        add_json(&out, level, where, what, hint);
    else
        add_text(&out, level, where, what, hint);
    print(&out);
    fst_buf_clear(&out);
}

void fst_say(enum fst_say_level level, const char *where, const char *fmt, ...)
{
    char    what[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    write_message(level, where, what, NULL);
}

void fst_say_error(const struct fst_error *err)
{
    if (*err->text)
        write_message(FST_SAY_ERROR, NULL, err->text, err->hint);
}

void fst_say_notice(void *ctx, const char *where, const char *what)
{
    write_message(FST_SAY_WARNING, where, what, NULL);
}

/* ---- requests */

static void add_request_json(struct fst_buf *out, const struct fst_request_note *n)
{
    struct fst_json_writer w;

    begin_json(&w, out, FST_SAY_DETAIL);
    fst_json_member_str(&w, "operation", n->operation);
    fst_json_member_str(&w, "method", n->method);
    fst_json_member_string(&w, "url", n->url);
    fst_json_member_u64(&w, "status", (uint64_t)n->status);
    fst_json_member_str(&w, "code", *n->code ? n->code : NULL);
    if (n->request_id.n)
        fst_json_member_string(&w, "requestId", n->request_id);
    fst_json_member_u64(&w, "attempt", n->attempt);
    fst_json_member_u64(&w, "milliseconds", (uint64_t)n->duration_ms);
    fst_json_member_bool(&w, "again", n->again);
    fst_json_end_object(&w);
    fst_buf_add_char(out, '\n');
}

/* What a service sent may hold anything. */
static void add_printable(struct fst_buf *out, struct fst_view text)
{
    for (size_t i = 0; i < text.n; i++)
        fst_buf_add_char(out, (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f ? '?' : text.p[i]);
}

static void add_request_text(struct fst_buf *out, const struct fst_request_note *n)
{
    fst_buf_addf(out, "%s: %s ", n->operation, n->method);
    add_printable(out, n->url);
    if (n->status)
        fst_buf_addf(out, ": %d", n->status);
    else
        fst_buf_add_str(out, ": no answer");
    if (*n->code)
        fst_buf_addf(out, " %s", n->code);
    fst_buf_addf(out, ", %lld ms", (long long)n->duration_ms);
    if (n->request_id.n)
        fst_buf_add_str(out, ", request id ");
    add_printable(out, n->request_id);
    if (n->attempt > 1 || n->again)
        fst_buf_addf(out, ", try %u%s", n->attempt, n->again ? ", another follows" : "");
    fst_buf_add_char(out, '\n');
}

void fst_say_request(void *ctx, const struct fst_request_note *note)
{
    struct fst_buf out;

    if (say.cli->verbosity < 2)
        return;
    fst_buf_init(&out, 1 << 16);
    if (say.cli->log_json)
        add_request_json(&out, note);
    else
        add_request_text(&out, note);
    print(&out);
    fst_buf_clear(&out);
}

void fst_say_redraw(const char *line)
{
    pthread_mutex_lock(&say.lock);
    erase();
    if (*line) {
        fputs(line, stderr);
        say.drawn = true;
    }
    fflush(stderr);
    pthread_mutex_unlock(&say.lock);
}

void fst_say_line(const char *line)
{
    pthread_mutex_lock(&say.lock);
    erase();
    fprintf(stderr, "%s\n", line);
    pthread_mutex_unlock(&say.lock);
}
