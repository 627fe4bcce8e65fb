#include "prepare/quarantine.h"

#include <inttypes.h>
#include <stdio.h>

#include "json/writer.h"

enum { BUFFER = 64 * 1024, LIST_MAX = 1 << 28, MAX_ISSUES = 50, KEY_MAX = 64 };

void fst_quarantine_init(struct fst_quarantine *q, const char *dir)
{
    *q = (struct fst_quarantine){ .dir = dir };
    fst_part_init(&q->values, BUFFER, LIST_MAX);
    fst_part_init(&q->list, BUFFER, LIST_MAX);
    fst_buf_init(&q->issues, LIST_MAX);
}

void fst_quarantine_clear(struct fst_quarantine *q)
{
    fst_part_clear(&q->values);
    fst_part_clear(&q->list);
    fst_buf_clear(&q->issues);
}

void fst_quarantine_begin(struct fst_quarantine *q, uint32_t segment)
{
    q->segment = segment;
    q->begun = false;
}

void fst_quarantine_reset(struct fst_quarantine *q)
{
    fst_buf_reset(&q->issues);
    q->issue_count = 0;
}

void fst_quarantine_issue(struct fst_quarantine *q, const struct fst_issue *issue)
{
    struct fst_json_writer w;

    if (q->issue_count++ >= MAX_ISSUES)
        return;
    if (q->issues.len)
        fst_buf_add_char(&q->issues, ',');
    fst_json_writer_init(&w, &q->issues, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "severity", fst_severity_name(issue->severity));
    fst_json_member_str(&w, "code", fst_issue_code_name(issue->code));
    fst_json_member_str(&w, "rule", issue->rule);
    if (issue->expression.n)
        fst_json_member_string(&w, "expression", issue->expression);
    fst_json_member_string(&w, "diagnostics", issue->text);
    fst_json_end_object(&w);
}

static enum fst_status begin_files(struct fst_quarantine *q, struct fst_error *err)
{
    char            key[KEY_MAX];
    enum fst_status st;

    q->begun = true;
    snprintf(key, sizeof key, "quarantine/rejected-%06" PRIu32 ".json", q->segment);
    st = fst_part_begin(&q->values, q->dir, key, false, err);
    snprintf(key, sizeof key, "quarantine/rejected-%06" PRIu32 ".issues.ndjson", q->segment);
    return st ? st : fst_part_begin(&q->list, q->dir, key, false, err);
}

/* The line of the value at hand, but for its length: more bytes of it may come. */
static void open_line(struct fst_quarantine *q, const struct fst_value *v, struct fst_view type)
{
    struct fst_json_writer w;

    fst_json_writer_init(&w, &q->list.buf, 0);
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "file", v->source);
    fst_json_member_u64(&w, "line", v->line);
    if (v->entry >= 0)
        fst_json_member_u64(&w, "entry", (uint64_t)v->entry);
    if (type.n)
        fst_json_member_string(&w, "resourceType", type);
    fst_json_name(&w, "issues");
    fst_json_begin_array(&w);
    if (q->issues.len)
        fst_json_raw(&w, fst_buf_view(&q->issues));
    fst_json_end_array(&w);
    fst_json_member_u64(&w, "offset", q->values.bytes + q->values.buf.len);
    q->bytes = 0;
    q->line_open = true;
}

static void close_line(struct fst_quarantine *q)
{
    if (!q->line_open)
        return;
    fst_buf_addf(&q->list.buf, ",\"bytes\":%" PRIu64 "}\n", q->bytes);
    fst_buf_add_char(&q->values.buf, '\n');
    q->line_open = false;
}

enum fst_status fst_quarantine_more(struct fst_quarantine *q, struct fst_view bytes, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    q->bytes += bytes.n;
    while (bytes.n && !st) { /* what is too large for a chunk is not held once more */
        struct fst_view some = fst_view_n(bytes.p, bytes.n < BUFFER ? bytes.n : BUFFER);
        fst_buf_add_view(&q->values.buf, some);
        st = fst_part_added(&q->values, err);
        bytes = fst_view_from(bytes, some.n);
    }
    return st;
}

enum fst_status fst_quarantine_add(struct fst_quarantine *q, const struct fst_value *v, struct fst_view bytes,
                                   struct fst_view type, struct fst_error *err)
{
    enum fst_status st = q->begun ? FST_OK : begin_files(q, err);

    if (!st)
        st = fst_buf_check(&q->issues, err);
    if (st)
        return st;
    close_line(q);
    st = fst_part_added(&q->list, err);
    open_line(q, v, type);
    return st ? st : fst_quarantine_more(q, bytes, err);
}

enum fst_status fst_quarantine_end(struct fst_quarantine *q, struct fst_error *err)
{
    enum fst_status st;

    if (!q->begun)
        return FST_OK;
    q->begun = false;
    close_line(q);
    st = fst_part_finish(&q->values, err);
    return st ? st : fst_part_finish(&q->list, err);
}
