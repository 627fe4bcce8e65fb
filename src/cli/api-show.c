#include "cli/api-show.h"

#include "cli/table.h"
#include "json/writer.h"

enum { CELL_MAX = 1 << 20 };

struct show {
    struct fst_buf        *out;
    const struct fst_tape *t;
    int64_t                now_ms;
    struct fst_buf         cell, text;
};

/* ---- values */

void fst_add_local_time(struct fst_buf *out, int64_t ms, int64_t now_ms)
{
    static const struct { int64_t ms; const char *unit; } units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" } };
    time_t    seconds = (time_t)(ms / 1000);
    struct tm tm;
    char      text[32];
    int64_t   ago = now_ms - ms, distance = ago < 0 ? -ago : ago;
    size_t    i = 0;
    if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        return;
    while (i + 1 < FST_COUNT(units) && distance < units[i].ms)
        i++;
    fst_buf_addf(out, "%s (%s%lld %s%s)", text, ago < 0 ? "in " : "", (long long)(distance / units[i].ms), units[i].unit, ago < 0 ? "" : " ago");
}

/* The service's text, without what would move a terminal's cursor. */
static void add_plain(struct fst_buf *out, struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        fst_buf_add_char(out, (unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7F ? ' ' : v.p[i]);
}

static bool is_seconds(const struct fst_model_shape *shape, const struct fst_tape *t, uint32_t node)
{
    return shape && shape->kind == FST_MODEL_TIMESTAMP && fst_tape_kind(t, node) == FST_JSON_NUMBER;
}

static int64_t seconds_to_ms(const struct fst_tape *t, uint32_t node)
{
    char text[40];
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(fst_tape_raw(t, node)));
    return (int64_t)(strtod(text, NULL) * 1000 + 0.5);
}

static void add_value(struct show *s, struct fst_buf *out, const struct fst_model_shape *shape, uint32_t node)
{
    if (node == FST_NO_NODE)
        return;
    if (is_seconds(shape, s->t, node))
        fst_add_local_time(out, seconds_to_ms(s->t, node), s->now_ms);
    else if (fst_tape_kind(s->t, node) == FST_JSON_STRING)
        add_plain(out, fst_tape_string(s->t, node, &s->text));
    else
        fst_json_minify(out, s->t, node);
}

/* ---- an object */

static void show_object(struct show *s, const struct fst_model_shape *shape, uint32_t node, int indent);

static bool is_object(const struct fst_tape *t, uint32_t node)
{
    return fst_tape_kind(t, node) == FST_JSON_OBJECT;
}

static void show_member(struct show *s, const struct fst_model_shape *shape, uint32_t name, int indent, int width)
{
    struct fst_view                raw = fst_tape_raw(s->t, name);
    const struct fst_model_member *m = fst_model_member(shape, raw);
    fst_buf_addf(s->out, "%*s", indent, "");
    if (is_object(s->t, name + 1)) {
        add_plain(s->out, raw);
        fst_buf_add_char(s->out, '\n');
        show_object(s, m ? m->shape : NULL, name + 1, indent + 2);
        return;
    }
    add_plain(s->out, raw);
    fst_buf_addf(s->out, "%*s", width - (int)raw.n + 2, "");
    add_value(s, s->out, m ? m->shape : NULL, name + 1);
    fst_buf_add_char(s->out, '\n');
}

static void show_object(struct show *s, const struct fst_model_shape *shape, uint32_t node, int indent)
{
    int width = 0;
    FST_EACH_MEMBER(s->t, node, name)
        if (!is_object(s->t, name + 1) && (int)s->t->nodes[name].len > width)
            width = (int)s->t->nodes[name].len;
    FST_EACH_MEMBER(s->t, node, name)
        show_member(s, shape, name, indent, width);
}

/* {"ImportJobProperties": {…}}: what is within. */
static void show_answer(struct show *s, const struct fst_model_shape *shape)
{
    uint32_t first = fst_tape_first(s->t, 0);
    if (first != FST_NO_NODE && fst_node_count(&s->t->nodes[0]) == 1 && is_object(s->t, first + 1)) {
        const struct fst_model_member *m = fst_model_member(shape, fst_tape_raw(s->t, first));
        show_object(s, m ? m->shape : NULL, first + 1, 0);
    } else {
        show_object(s, shape, 0, 0);
    }
}

/* ---- a list */

/* The columns of a table, and by which it is sorted: a time (the newest first), or a text. */
static const struct layout { const char *shape, *sort, *columns[8]; } layouts[] = {
    { "ImportJobProperties", "SubmitTime", { "JobId", "JobName", "JobStatus", "SubmitTime", "EndTime", "Message" } },
    { "ExportJobProperties", "SubmitTime", { "JobId", "JobName", "JobStatus", "SubmitTime", "EndTime", "Message" } },
    { "DatastoreProperties", "CreatedAt", { "DatastoreId", "DatastoreName", "DatastoreStatus", "CreatedAt", "DatastoreEndpoint" } },
    { "Tag", "Key", { "Key", "Value" } },
};

struct row {
    uint32_t        node;
    int64_t         time_ms;
    struct fst_view text;
};

static int compare_rows(const void *pa, const void *pb)
{
    const struct row *a = pa, *b = pb;
    if (a->time_ms != b->time_ms)
        return a->time_ms > b->time_ms ? -1 : 1;
    size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
    int    c = n ? memcmp(a->text.p, b->text.p, n) : 0;
    return c ? c : a->text.n != b->text.n ? (a->text.n < b->text.n ? -1 : 1) : (a->node > b->node) - (a->node < b->node);
}

static void read_rows(struct show *s, const struct layout *l, const struct fst_model_shape *item, uint32_t list, struct row *rows)
{
    size_t i = 0;
    FST_EACH_ELEMENT(s->t, list, node) {
        uint32_t key = fst_tape_member(s->t, node, l->sort);
        rows[i] = (struct row){ .node = node };
        if (key != FST_NO_NODE && is_seconds(fst_model_member(item, fst_view_of(l->sort))->shape, s->t, key))
            rows[i].time_ms = seconds_to_ms(s->t, key);
        else
            rows[i].text = fst_tape_raw(s->t, key);
        i++;
    }
    qsort(rows, i, sizeof *rows, compare_rows);
}

/* Columns that have a value somewhere. */
static size_t used_columns(const struct show *s, const struct layout *l, const struct row *rows, size_t count, const char *used[8])
{
    size_t n = 0;
    for (size_t c = 0; c < FST_COUNT(l->columns) && l->columns[c]; c++)
        for (size_t i = 0; i < count; i++)
            if (fst_tape_member(s->t, rows[i].node, l->columns[c]) != FST_NO_NODE) {
                used[n++] = l->columns[c];
                break;
            }
    return n;
}

static void show_rows(struct show *s, const struct layout *l, const struct fst_model_shape *item, const struct row *rows, size_t count)
{
    const char      *used[8];
    size_t           n = used_columns(s, l, rows, count, used);
    struct fst_table table;
    fst_table_init(&table, &"llllllll"[8 - n]);
    for (size_t c = 0; c < n; c++)
        fst_table_add(&table, used[c]);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < n; c++) {
            fst_buf_reset(&s->cell);
            add_value(s, &s->cell, fst_model_member(item, fst_view_of(used[c]))->shape, fst_tape_member(s->t, rows[i].node, used[c]));
            fst_table_add(&table, fst_buf_str(&s->cell));
        }
    fst_table_write(&table, s->out, 0);
    fst_table_clear(&table);
}

static enum fst_status show_list(struct show *s, const struct fst_model_member *items, struct fst_error *err)
{
    const struct fst_model_shape *item = items->shape->element;
    uint32_t                      list = fst_tape_member(s->t, 0, items->name);
    size_t                        count = list == FST_NO_NODE ? 0 : fst_node_count(&s->t->nodes[list]), l = 0;
    struct row                   *rows = calloc(count + 1, sizeof *rows);
    if (!rows)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    while (l + 1 < FST_COUNT(layouts) && strcmp(layouts[l].shape, item->name))
        l++;
    if (count && fst_tape_kind(s->t, list) == FST_JSON_ARRAY) {
        read_rows(s, &layouts[l], item, list, rows);
        show_rows(s, &layouts[l], item, rows, count);
    }
    free(rows);
    return FST_OK;
}

enum fst_status fst_api_show(struct fst_buf *out, const struct fst_model_shape *shape, const struct fst_model_member *items,
                             struct fst_view json, int64_t now_ms, struct fst_error *err)
{
    struct fst_tape       t = { 0 };
    struct show           s = { .out = out, .t = &t, .now_ms = now_ms };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&t, json, &(struct fst_json_opts){ .allow_duplicates = true }, &jerr);
    fst_buf_init(&s.cell, CELL_MAX);
    fst_buf_init(&s.text, CELL_MAX);
    if (st)
        st = fst_fail(err, st, "the answer is not JSON: %s", st == FST_EPARSE ? jerr.what : fst_status_text(st));
    else if (items)
        st = show_list(&s, items, err);
    else
        show_answer(&s, shape);
    fst_buf_clear(&s.cell);
    fst_buf_clear(&s.text);
    fst_tape_clear(&t);
    return st ? st : fst_buf_check(out, err);
}
