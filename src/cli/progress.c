#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/say.h"
#include "fhirstage/view.h"
#include "healthlake/model.h"
#include "json/writer.h"

enum { TERMINAL = -1, DELAY_MS = 1000, REDRAW_MS = 200, JSON_MS = 1000, PLAIN_MS = 10000, PACE_MS = 8000 };

static const char *const stages[] = {
    [FST_STAGE_NONE] = "start", [FST_STAGE_INDEX] = "index", [FST_STAGE_MEASURE] = "measure",
    [FST_STAGE_PREPARE] = "prepare", [FST_STAGE_UPLOAD] = "upload", [FST_STAGE_IMPORT] = "import", [FST_STAGE_RECONCILE] = "reconcile",
    [FST_STAGE_VALIDATE] = "validate", [FST_STAGE_DONE] = "done",
};

const char *fst_stage_name(int stage)
{
    return (unsigned)stage < FST_COUNT(stages) ? stages[stage] : "?";
}

/* ---- the line */

static void add_count(struct fst_buf *out, uint64_t n, uint64_t total, const char *what)
{
    fst_buf_add_str(out, "  ");
    fst_add_count(out, n);
    if (total >= n && total) {
        fst_buf_add_char(out, '/');
        fst_add_count(out, total);
    }
    fst_buf_addf(out, " %s", what);
}

/* "70.2 of 473.4 MB", "900.0 kB of 2.1 GB". */
static void add_bytes(struct fst_buf *out, const struct fst_progress_sample *s)
{
    struct fst_buf total;
    const char    *unit;
    fst_buf_init(&total, 64);
    fst_add_size(&total, s->bytes_total);
    unit = strchr(fst_buf_str(&total), ' ');
    fst_buf_add_str(out, "  ");
    fst_add_size(out, s->bytes);
    if (s->bytes_total) {
        size_t n = unit ? strlen(unit) : 0;
        if (n && out->len > n && !strcmp(out->p + out->len - n, unit))
            out->len -= n;
        fst_buf_addf(out, " of %s", fst_buf_str(&total));
    }
    fst_buf_clear(&total);
}

static bool finite_stage(const struct fst_progress_sample *s)
{
    return s->bytes_total && s->bytes <= s->bytes_total;
}

/* Milliseconds to go at this pace, or -1. */
static int64_t left_ms(const struct fst_progress_sample *s, double pace)
{
    return finite_stage(s) && pace > 0 ? (int64_t)((double)(s->bytes_total - s->bytes) / pace * 1000) : -1;
}

/* What matters most comes first: a narrow terminal cuts the end off. */
void fst_progress_text(struct fst_buf *out, const struct fst_progress_sample *s, double pace, int64_t elapsed_ms)
{
    int64_t left = left_ms(s, pace);
    fst_buf_addf(out, "%-9s", fst_stage_name(s->stage));
    if (finite_stage(s))
        fst_buf_addf(out, " %3u%%", (unsigned)((double)s->bytes / (double)s->bytes_total * 100));
    fst_buf_add_str(out, "  ");
    fst_add_duration(out, left >= 0 ? left : elapsed_ms);
    if (left >= 0)
        fst_buf_add_str(out, " left");
    if (s->files || s->files_total)
        add_count(out, s->files, s->files_total, "files");
    if (s->bytes || s->bytes_total)
        add_bytes(out, s);
    if (pace > 0) {
        fst_buf_add_str(out, "  ");
        fst_add_size(out, (uint64_t)pace);
        fst_buf_add_str(out, "/s");
    }
    if (s->rejected)
        add_count(out, s->rejected, 0, "rejected");
    if (s->resources)
        add_count(out, s->resources, 0, "resources");
    if (s->stage == FST_STAGE_IMPORT)
        fst_buf_addf(out, "  %s", fst_job_status_name((enum fst_job_status)s->job_status));
}

void fst_progress_json(struct fst_buf *out, const struct fst_progress_sample *s, double pace, int64_t elapsed_ms)
{
    struct fst_json_writer w;
    int64_t                left = left_ms(s, pace);
    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "stage", fst_stage_name(s->stage));
    if (s->stage == FST_STAGE_IMPORT)
        fst_json_member_str(&w, "jobStatus", fst_job_status_name((enum fst_job_status)s->job_status));
    fst_json_member_u64(&w, "files", s->files);
    fst_json_member_u64(&w, "filesTotal", s->files_total);
    fst_json_member_u64(&w, "bytes", s->bytes);
    fst_json_member_u64(&w, "bytesTotal", s->bytes_total);
    fst_json_member_u64(&w, "resources", s->resources);
    fst_json_member_u64(&w, "rejected", s->rejected);
    fst_json_member_u64(&w, "bytesPerSecond", (uint64_t)pace);
    fst_json_name(&w, "elapsedSeconds");
    fst_json_double(&w, (double)elapsed_ms / 1000, 1);
    if (left >= 0) {
        fst_json_name(&w, "secondsLeft");
        fst_json_double(&w, (double)left / 1000, 1);
    }
    fst_json_end_object(&w);
}

/* ---- the thread */

static int64_t now_ms(const struct fst_progress *p)
{
    return p->cli->env->mono_ms(p->cli->env->ctx);
}

struct fst_progress_sample fst_progress_take(struct fst_meter *m, int64_t at_ms)
{
    return (struct fst_progress_sample){
        .at_ms = at_ms, .stage = m->stage, .job_status = m->job_status, .files = m->files, .files_total = m->files_total,
        .bytes = m->bytes, .bytes_total = m->bytes_total, .resources = m->resources, .rejected = m->rejected,
    };
}

/* Note the sample; the pace over the last seconds of its stage. */
static double pace_of(struct fst_progress *p, const struct fst_progress_sample *s)
{
    const struct fst_progress_sample *oldest;
    unsigned                          i;
    if (p->sampled && p->ring[(p->sampled - 1) % FST_PROGRESS_SAMPLES].stage != s->stage) {
        p->sampled = 0;
        p->stage_began_ms = s->at_ms;
    }
    p->ring[p->sampled++ % FST_PROGRESS_SAMPLES] = *s;
    i = p->sampled > FST_PROGRESS_SAMPLES ? p->sampled - FST_PROGRESS_SAMPLES : 0;
    while (i + 2 < p->sampled && s->at_ms - p->ring[i % FST_PROGRESS_SAMPLES].at_ms > PACE_MS)
        i++;
    oldest = &p->ring[i % FST_PROGRESS_SAMPLES];
    if (s->at_ms <= oldest->at_ms || s->bytes <= oldest->bytes)
        return 0;
    return (double)(s->bytes - oldest->bytes) * 1000 / (double)(s->at_ms - oldest->at_ms);
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void show(struct fst_progress *p)
{
    struct fst_progress_sample s = fst_progress_take(p->cli->meter, now_ms(p));
    double                     pace = pace_of(p, &s);
    struct fst_buf             line;
    fst_buf_init(&line, 4096);
    if (p->mode == FST_PROGRESS_JSON)
        fst_progress_json(&line, &s, pace, s.at_ms - p->began_ms);
    else
        fst_progress_text(&line, &s, pace, s.at_ms - p->stage_began_ms);
    if (p->mode == TERMINAL) {
        size_t width = terminal_width() - 1;
        if (line.len > width)
            line.p[width] = '\0';
        fst_say_redraw(fst_buf_str(&line));
    } else {
        fst_say_line(fst_buf_str(&line));
    }
    fst_buf_clear(&line);
}

static void *work(void *ctx)
{
    struct fst_progress *p = ctx;
    int64_t pause = p->mode == TERMINAL ? REDRAW_MS : p->mode == FST_PROGRESS_JSON ? JSON_MS : PLAIN_MS;
    for (bool on = fst_ticker_rest(&p->ticker, p->mode == TERMINAL ? DELAY_MS : pause); on; on = fst_ticker_rest(&p->ticker, pause))
        show(p);
    return NULL;
}

void fst_progress_start(struct fst_progress *p, const struct fst_cli *cli)
{
    *p = (struct fst_progress){ .cli = cli, .mode = cli->progress };
    if (p->mode == FST_PROGRESS_AUTO)
        p->mode = isatty(STDERR_FILENO) && !cli->log_json ? TERMINAL : cli->log_json ? FST_PROGRESS_JSON : FST_PROGRESS_PLAIN;
    if (p->mode == FST_PROGRESS_NONE)
        return;
    p->began_ms = p->stage_began_ms = now_ms(p);
    fst_ticker_start(&p->ticker, work, p);
}

void fst_progress_stop(struct fst_progress *p)
{
    if (!p->ticker.running)
        return;
    fst_ticker_stop(&p->ticker);
    if (p->mode == TERMINAL)
        fst_say_redraw("");
}
