#include "fhir/validate-private.h"

enum { MAX_SHOWN = 80 };

static void add_name(struct fst_buf *out, const struct fst_schema *s, const struct fst_frame *at, const struct fst_member *m,
                     int32_t index)
{
    const struct fst_element *e = &s->elements[at->type->elements + m->element];
    fst_buf_add_char(out, '.');
    fst_buf_add(out, s->pool + e->name, e->name_len);
    if (index >= 0)
        fst_buf_addf(out, "[%d]", index);
    if (m->flags & FST_MEMBER_CHOICE)
        fst_buf_addf(out, ".ofType(%.*s)", FST_VIEW_ARGS(fst_schema_name(s, m->def)));
}

static void add_frames(struct fst_buf *out, const struct fst_schema *s, const struct fst_frame *at)
{
    if (!at->up) {
        fst_buf_add_view(out, fst_pool_view(s, at->type->name));
        return;
    }
    add_frames(out, s, at->up);
    add_name(out, s, at->up, at->member, at->index);
}

void fst_report(struct fst_validator *v, struct fst_place place, enum fst_severity severity, enum fst_issue_code code,
                const char *rule, uint32_t node, const char *fmt, ...)
{
    fst_beyond(v);
    if (v->trial) {
        *v->trial += severity >= FST_SEVERITY_ERROR;
        return;
    }
    if (severity >= FST_SEVERITY_ERROR)
        v->verdict.errors++;
    else if (v->opts.no_warnings)
        return;
    else
        v->verdict.warnings++;
    if (v->sent >= v->opts.max_issues)
        return;
    v->sent++;
    fst_buf_reset(&v->expression);
    fst_buf_reset(&v->text);
    if (place.at)
        add_frames(&v->expression, v->schema, place.at);
    else
        fst_buf_add_view(&v->expression, v->root_name);
    if (place.at && place.member)
        add_name(&v->expression, v->schema, place.at, place.member, place.index);
    va_list args;
    va_start(args, fmt);
    fst_buf_vaddf(&v->text, fmt, args);
    va_end(args);
    v->out_of_memory |= v->expression.failed == FST_ENOMEM || v->text.failed == FST_ENOMEM;
    struct fst_issue issue = { severity, code, rule, fst_buf_view(&v->expression), fst_buf_view(&v->text),
                               v->tape->nodes[node].off };
    v->sink(v->ctx, &issue);
}

static struct fst_view show(struct fst_validator *v, struct fst_view value)
{
    size_t n = value.n;
    if (n > MAX_SHOWN)
        for (n = MAX_SHOWN; n && ((unsigned char)value.p[n] & 0xC0) == 0x80;)
            n--;
    fst_buf_reset(&v->shown);
    fst_buf_addf(&v->shown, "'%.*s%s'", (int)n, value.n ? value.p : "", n < value.n ? "…" : "");
    return fst_buf_view(&v->shown);
}

static const struct fst_view hidden = FST_VIEW("the value");

struct fst_view fst_shown(struct fst_validator *v, struct fst_view value)
{
    return v->opts.show_values ? show(v, value) : hidden;
}

struct fst_view fst_shown_code(struct fst_validator *v, struct fst_view value)
{
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7F)
            return fst_shown(v, value);
    return show(v, value);
}
