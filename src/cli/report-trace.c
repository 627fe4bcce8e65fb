/* The report's chart: megabytes a second over time, a colour a stage. Labels stand outside the drawing, so that it
 * may be stretched. */
#include "base/str.h"
#include "cli/report.h"

enum { POINTS_MAX = 240, STAGES_MAX = 8, WIDTH = 1000, HEIGHT = 100 };

struct point {
    double seconds, pace; /* MB a second since the point before */
};

struct stage {
    char         name[16];
    double       from, to, bytes; /* seconds; all it read */
    size_t       count;
    struct point points[POINTS_MAX];
};

struct chart {
    struct stage stages[STAGES_MAX];
    size_t       count;
    double       seconds, peak;
};

struct sample {
    char   stage[16];
    double seconds, bytes;
};

static struct sample read_sample(const struct fst_report *r, uint32_t node, struct fst_buf *scratch)
{
    struct sample   s = { .seconds = fst_report_number(r, node, "Seconds"), .bytes = fst_report_number(r, node, "Bytes") };
    struct fst_view stage = fst_report_text(r, node, "Stage", scratch);
    snprintf(s.stage, sizeof s.stage, "%.*s", FST_VIEW_ARGS(stage));
    return s;
}

/* The stage of `s`, which begins at `from` where it is a new one; NULL when there are too many. */
static struct stage *stage_of(struct chart *c, const struct sample *s, double from)
{
    struct stage *last = c->count ? &c->stages[c->count - 1] : NULL;
    if (last && !strcmp(last->name, s->stage))
        return last;
    if (c->count == STAGES_MAX)
        return NULL;
    last = &c->stages[c->count++];
    memcpy(last->name, s->stage, sizeof last->name);
    last->from = last->to = from;
    return last;
}

/* Too short a time between two samples makes spikes: gather at least `step` seconds. */
static void add_sample(struct chart *c, const struct sample *s, double before, double step)
{
    struct stage *stage = stage_of(c, s, before);
    if (!stage || s->bytes < stage->bytes)
        return;
    c->seconds = s->seconds;
    if (s->seconds - stage->to < step || stage->count == POINTS_MAX)
        return;
    stage->points[stage->count++] =
        (struct point){ s->seconds, (s->bytes - stage->bytes) / 1e6 / (s->seconds - stage->to) };
    stage->to = s->seconds;
    stage->bytes = s->bytes;
    if (stage->points[stage->count - 1].pace > c->peak)
        c->peak = stage->points[stage->count - 1].pace;
}

static bool has_bytes(const char *stage)
{
    return !strcmp(stage, "index") || !strcmp(stage, "prepare") || !strcmp(stage, "upload") || !strcmp(stage, "import");
}

static void read_trace(struct chart *c, const struct fst_report *r, uint32_t trace)
{
    struct fst_buf scratch;
    double         before = 0, end = 0;
    fst_buf_init(&scratch, 1 << 12);
    FST_EACH_ELEMENT(&r->outcome, trace, node)
        end = fst_report_number(r, node, "Seconds");
    FST_EACH_ELEMENT(&r->outcome, trace, node) {
        struct sample s = read_sample(r, node, &scratch);
        if (has_bytes(s.stage))
            add_sample(c, &s, before, end / POINTS_MAX > 0.1 ? end / POINTS_MAX : 0.1);
        before = s.seconds;
    }
    fst_buf_clear(&scratch);
}

static const char *stage_class(const struct stage *s)
{
    return !strcmp(s->name, "prepare") ? "2" : !strcmp(s->name, "upload") ? "3" : !strcmp(s->name, "import") ? "4" : "1";
}

static void add_path(struct fst_buf *out, const struct chart *c, const struct stage *s)
{
    double x = WIDTH / c->seconds, y = HEIGHT / c->peak;
    fst_buf_addf(out, "<path class=\"s%s\" vector-effect=\"non-scaling-stroke\" d=\"M%.1f %d", stage_class(s), s->from * x, HEIGHT);
    for (size_t i = 0; i < s->count; i++) /* the pace held from the point before up to this one */
        fst_buf_addf(out, "L%.1f %.1fL%.1f %.1f", (i ? s->points[i - 1].seconds : s->from) * x, HEIGHT - s->points[i].pace * y,
                     s->points[i].seconds * x, HEIGHT - s->points[i].pace * y);
    fst_buf_addf(out, "L%.1f %dZ\"/>\n", s->to * x, HEIGHT);
}

static void add_legend(struct fst_buf *out, const struct chart *c)
{
    fst_buf_add_str(out, "<ul class=\"key\">\n");
    for (size_t i = 0; i < c->count; i++) {
        const struct stage *s = &c->stages[i];
        fst_buf_addf(out, "<li><i class=\"b%s\"></i><span>%s: ", stage_class(s), s->name);
        fst_add_size(out, (uint64_t)s->bytes);
        fst_buf_add_str(out, " in ");
        fst_add_duration(out, (int64_t)((s->to - s->from) * 1000));
        if (s->to > s->from)
            fst_buf_addf(out, ", <b>%.0f MB/s</b>", s->bytes / 1e6 / (s->to - s->from));
        fst_buf_add_str(out, "</span></li>\n");
    }
    fst_buf_add_str(out, "</ul>\n");
}

void fst_report_add_trace(struct fst_buf *out, const struct fst_report *r)
{
    uint32_t      trace = fst_report_node(r, "Trace");
    struct chart *c = calloc(1, sizeof *c);
    if (c && trace != FST_NO_NODE)
        read_trace(c, r, trace);
    if (c && c->peak > 0 && c->seconds > 0) {
        fst_buf_addf(out, "<section><h2>Throughput over time</h2>\n<div class=\"axis\"><span>%.0f MB/s</span></div>\n"
                          "<svg class=\"chart\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
                          "aria-label=\"megabytes a second over time\">\n", c->peak, WIDTH, HEIGHT);
        for (int i = 0; i < 4; i++)
            fst_buf_addf(out, "<line x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\" vector-effect=\"non-scaling-stroke\"/>\n", WIDTH,
                         i * HEIGHT / 4, i * HEIGHT / 4);
        for (size_t i = 0; i < c->count; i++)
            if (c->stages[i].count)
                add_path(out, c, &c->stages[i]);
        fst_buf_add_str(out, "</svg>\n<div class=\"axis\"><span>0 s</span><span>");
        fst_add_duration(out, (int64_t)(c->seconds * 500));
        fst_buf_add_str(out, "</span><span>");
        fst_add_duration(out, (int64_t)(c->seconds * 1000));
        fst_buf_add_str(out, "</span></div>\n");
        add_legend(out, c);
        fst_buf_add_str(out, "</section>\n");
    }
    free(c);
}
