#include "cli/api-opts.h"

#include <ctype.h>

#include "base/file.h"
#include "cli/remote-opts.h"
#include "cli/shorthand.h"

enum { FILE_MAX = 1 << 24 }; /* bytes of a file:// value */

/* ---- names and helps: made once each, kept for good */

static struct {
    char   text[1 << 15];
    size_t used;
} pool;

static const char *keep(const char *s)
{
    size_t n = strlen(s) + 1;
    for (size_t at = 0; at < pool.used; at += strlen(pool.text + at) + 1)
        if (!strcmp(pool.text + at, s))
            return pool.text + at;
    if (pool.used + n > sizeof pool.text)
        return ""; /* a test asks that it does not come to this */
    memcpy(pool.text + pool.used, s, n);
    pool.used += n;
    return pool.text + pool.used - n;
}

/* A capital begins a word behind a small letter or digit, or before a small letter. */
void fst_api_option_name(struct fst_buf *out, const char *member)
{
    for (const char *c = member; *c; c++) {
        bool capital = isupper((unsigned char)*c);
        if (c > member && capital && (!isupper((unsigned char)c[-1]) || islower((unsigned char)c[1])))
            fst_buf_add_char(out, '-');
        fst_buf_add_char(out, (char)tolower((unsigned char)*c));
    }
}

static const char *option_name(const char *prefix, const char *member)
{
    struct fst_buf b;
    fst_buf_init(&b, 256);
    fst_buf_add_str(&b, prefix);
    fst_api_option_name(&b, member);
    const char *name = keep(fst_buf_str(&b));
    fst_buf_clear(&b);
    return name;
}

/* ---- the tables */

static const char *arg_name(const struct fst_model_member *m)
{
    static const struct { const char *end, *arg; } ends[] = {
        { "Id", "ID" }, { "Arn", "ARN" }, { "ARN", "ARN" }, { "Name", "NAME" }, { "Token", "TOKEN" }, { "Keys", "KEY" }
    };
    size_t n = strlen(m->name);
    for (size_t i = 0; i < FST_COUNT(ends); i++)
        if (n > strlen(ends[i].end) && !strcmp(m->name + n - strlen(ends[i].end), ends[i].end))
            return ends[i].arg;
    switch (m->shape->kind) {
    case FST_MODEL_TIMESTAMP: return "TIME";
    case FST_MODEL_INTEGER: return "N";
    case FST_MODEL_STRING: return "TEXT";
    case FST_MODEL_ENUM: return "WORD";
    default: return "CONFIG";
    }
}

enum { SHORT_ENUM = 5 }; /* values that may stand in the option's name line */

/* The documentation line, with an enum's values where they are many. */
static const char *help_of(const struct fst_model_member *m)
{
    struct fst_buf b;
    size_t         count = 0;
    while (m->shape->values && m->shape->values[count])
        count++;
    if (count <= SHORT_ENUM)
        return m->doc;
    fst_buf_init(&b, 1024);
    fst_buf_add_str(&b, m->doc);
    for (size_t i = 0; i < count; i++)
        fst_buf_addf(&b, "%s%s", i ? ", " : ": ", m->shape->values[i]);
    const char *help = keep(fst_buf_str(&b));
    fst_buf_clear(&b);
    return help;
}

static struct fst_opt member_option(const struct fst_model_member *m, size_t slot)
{
    enum fst_model_kind kind = m->shape->kind;
    struct fst_opt      o = {
             .name = option_name("", m->name), .kind = FST_OPT_STRING, .arg = arg_name(m), .help = help_of(m),
             .offset = offsetof(struct fst_api_args, members) + slot * sizeof(union fst_api_slot),
             .required = m->flags & FST_MODEL_REQUIRED && kind != FST_MODEL_LIST
    };
    if (kind == FST_MODEL_ENUM) {
        o.choices = m->shape->values;
        o.arg = o.help == m->doc ? NULL : o.arg;
        o.required = o.required && m->shape->values[1]; /* what can only be one thing need not be said */
    } else if (kind == FST_MODEL_INTEGER) {
        o.kind = FST_OPT_COUNT;
        o.min = (uint64_t)m->shape->min;
        o.max = (uint64_t)m->shape->max;
    } else if (kind == FST_MODEL_LIST || kind == FST_MODEL_MAP) {
        o.kind = FST_OPT_STRINGS;
    } else if (kind == FST_MODEL_BOOLEAN) {
        o.kind = FST_OPT_FLAG;
        o.arg = NULL;
    }
    return o;
}

static bool is_paging(const struct fst_model_operation *op, const struct fst_model_member *m)
{
    return fst_model_page_items(op) && (!strcmp(m->name, "MaxResults") || !strcmp(m->name, "NextToken"));
}

static size_t add_members(struct fst_opt *opts, const struct fst_model_operation *op)
{
    size_t n = 0;
    for (int required = 1; required >= 0; required--)
        for (size_t i = 0; i < op->input->member_count; i++) {
            const struct fst_model_member *m = &op->input->members[i];
            struct fst_opt                 o = member_option(m, i);
            if (is_paging(op, m) || !(m->flags & FST_MODEL_REQUIRED) != !required)
                continue;
            opts[n++] = o;
            if (o.kind == FST_OPT_FLAG) {
                char help[128];
                snprintf(help, sizeof help, "don't %s", o.help);
                o.name = option_name("no-", m->name);
                o.help = keep(help);
                o.offset += sizeof(bool);
                opts[n++] = o;
            }
        }
    return n;
}

static size_t add_all(struct fst_opt *opts, size_t at, const struct fst_opt *more)
{
    for (; more && more->name; more++)
        opts[at++] = *more;
    return at;
}

static const struct fst_opt paging_opts[] = {
    { 0, "max-items", FST_OPT_COUNT, offsetof(struct fst_api_args, max_items), "N", "list no more than N (default all)", .min = 1 },
    { 0, "page-size", FST_OPT_COUNT, offsetof(struct fst_api_args, page_size), "N", "ask for N in a call (default the service's)", .min = 1, .max = 500 },
    { 0, "starting-token", FST_OPT_STRING, offsetof(struct fst_api_args, starting_token), "TOKEN", "go on from the NextToken of a list that was cut short" },
    { 0, "max-results", FST_OPT_COUNT, offsetof(struct fst_api_args, page_size), "N", "the same as --page-size", .min = 1, .max = 500 },
    { 0, "next-token", FST_OPT_STRING, offsetof(struct fst_api_args, starting_token), "TOKEN", "the same as --starting-token" },
    { 0, "no-paginate", FST_OPT_FLAG, offsetof(struct fst_api_args, no_paginate), NULL, "make one call and list what it answers" },
    { 0 }
};

static const struct fst_opt json_opts[] = {
    { 0, "json", FST_OPT_FLAG, offsetof(struct fst_api_args, json), NULL, "print the answer as JSON, in the API's shape" },
    { 0 }
};

static const struct fst_opt common_opts[] = {
    { 0, "no-check", FST_OPT_FLAG, offsetof(struct fst_api_args, no_check), NULL, "send the request unchecked: let the service judge" },
    FST_REMOTE_OPTS(offsetof(struct fst_api_args, remote)),
    { 0 }
};

void fst_api_opts_common(struct fst_opt opts[FST_API_OPTS_MAX], const struct fst_opt *own)
{
    size_t n = add_all(opts, 0, own);
    n = add_all(opts, n, common_opts);
    opts[n] = (struct fst_opt){ 0 };
}

void fst_api_opts(struct fst_opt opts[FST_API_OPTS_MAX], const char *operation, const struct fst_opt *own)
{
    const struct fst_model_operation *op = fst_model_operation(fst_view_of(operation));
    size_t                            n = add_members(opts, op);
    if (fst_model_page_items(op))
        n = add_all(opts, n, paging_opts);
    n = add_all(opts, n, own);
    n = add_all(opts, n, json_opts);
    n = add_all(opts, n, common_opts);
    opts[n] = (struct fst_opt){ 0 };
}

/* ---- the request */

struct request {
    struct fst_json_writer w;
    const char *const     *operands;
    size_t                 operand_count;
    struct fst_error      *err;
};

/* A value, or what is in the file that it names with file://. */
static enum fst_status write_text(struct request *r, const struct fst_model_shape *shape, const char *text)
{
    struct fst_buf  file;
    enum fst_status st;
    if (strncmp(text, "file://", 7))
        return fst_shorthand(&r->w, shape, text, r->err);
    fst_buf_init(&file, FILE_MAX);
    st = fst_file_read(&file, text + 7, r->err);
    if (!st)
        st = fst_shorthand(&r->w, shape, fst_buf_str(&file), r->err);
    fst_buf_clear(&file);
    return st;
}

/* One word that is a whole list or map (JSON, file://), else a word for each item. */
static enum fst_status write_list(struct request *r, const struct fst_model_shape *shape, const struct fst_strings *given)
{
    size_t          count = given->count + r->operand_count;
    enum fst_status st = FST_OK;
    const char     *only = given->count ? given->items[0] : r->operands[0];
    if (shape->kind == FST_MODEL_MAP || (count == 1 && (*only == '[' || !strncmp(only, "file://", 7))))
        return count == 1 ? write_text(r, shape, only) : fst_fail(r->err, FST_EUSAGE, "it may be given once");
    fst_json_begin_array(&r->w);
    for (size_t i = 0; i < count && !st; i++)
        st = write_text(r, shape->element, i < given->count ? given->items[i] : r->operands[i - given->count]);
    fst_json_end_array(&r->w);
    return st;
}

static bool is_given(const struct request *r, const struct fst_model_member *m, const union fst_api_slot *slot)
{
    switch (m->shape->kind) {
    case FST_MODEL_INTEGER: return slot->number != 0;
    case FST_MODEL_BOOLEAN: return slot->flag[0] || slot->flag[1];
    case FST_MODEL_LIST: return slot->list.count + r->operand_count;
    case FST_MODEL_MAP: return slot->list.count;
    case FST_MODEL_ENUM: return slot->text || (m->flags & FST_MODEL_REQUIRED && !m->shape->values[1]);
    default: return slot->text;
    }
}

static enum fst_status write_member(struct request *r, const struct fst_model_member *m, const union fst_api_slot *slot)
{
    enum fst_status st = FST_OK;
    if (!is_given(r, m, slot))
        return FST_OK;
    fst_json_name(&r->w, m->name);
    switch (m->shape->kind) {
    case FST_MODEL_INTEGER: fst_json_u64(&r->w, slot->number); break;
    case FST_MODEL_BOOLEAN: fst_json_bool(&r->w, slot->flag[0]); break;
    case FST_MODEL_LIST:
    case FST_MODEL_MAP: st = write_list(r, m->shape, &slot->list); break;
    default: st = write_text(r, m->shape, slot->text ? slot->text : m->shape->values[0]);
    }
    return st ? fst_fail_while(r->err, st, "%s", option_name("--", m->name)) : FST_OK;
}

enum fst_status fst_api_request(struct fst_buf *out, const struct fst_model_operation *op, const struct fst_api_args *args,
                                const char *const *operands, size_t count, struct fst_error *err)
{
    struct request  r = { .operands = operands, .operand_count = count, .err = err };
    enum fst_status st = FST_OK;
    fst_json_writer_init(&r.w, out, 0);
    fst_json_begin_object(&r.w);
    for (size_t i = 0; i < op->input->member_count && !st; i++)
        if (!is_paging(op, &op->input->members[i]))
            st = write_member(&r, &op->input->members[i], &args->members[i]);
    if (args->page_size)
        fst_json_member_u64(&r.w, "MaxResults", args->page_size);
    fst_json_member_str(&r.w, "NextToken", args->starting_token);
    fst_json_end_object(&r.w);
    return st ? st : fst_buf_check(out, err);
}
