#include "cli/shorthand.h"

#include <ctype.h>

struct reader {
    const char             *at;
    struct fst_json_writer *w;
    struct fst_error       *err;
    struct fst_buf          value; /* a bare or quoted value, undone */
};

static enum fst_status refuse(struct reader *r, const char *wanted)
{
    return *r->at ? fst_fail(r->err, FST_EUSAGE, "%s is missing before '%.60s'", wanted, r->at)
                  : fst_fail(r->err, FST_EUSAGE, "%s is missing at the end", wanted);
}

static bool is_number(struct fst_view v)
{
    size_t i = v.n && v.p[0] == '-';
    for (size_t k = i; k < v.n; k++)
        if (!isdigit((unsigned char)v.p[k]) && v.p[k] != '.')
            return false;
    return v.n > i && isdigit((unsigned char)v.p[i]) && isdigit((unsigned char)v.p[v.n - 1]) &&
           (v.p[i] != '0' || v.n == i + 1 || v.p[i + 1] == '.');
}

/* What is no number or boolean goes as a string, for the check to tell of. */
static void write_scalar(struct fst_json_writer *w, const struct fst_model_shape *shape, struct fst_view v)
{
    bool number = shape && shape->kind >= FST_MODEL_INTEGER && shape->kind <= FST_MODEL_DOUBLE;
    bool boolean = shape && shape->kind == FST_MODEL_BOOLEAN;
    if ((number && is_number(v)) || (boolean && (fst_view_is(v, "true") || fst_view_is(v, "false"))))
        fst_json_raw(w, v);
    else
        fst_json_string(w, v);
}

/* ---- scalars: up to ',' or, when nested, a closing bracket */

static enum fst_status read_quoted(struct reader *r)
{
    char quote = *r->at++;
    for (; *r->at != quote; r->at++) {
        if (!*r->at)
            return refuse(r, quote == '"' ? "a closing \"" : "a closing '");
        if (r->at[0] == '\\' && (r->at[1] == quote || r->at[1] == '\\'))
            r->at++;
        fst_buf_add_char(&r->value, *r->at);
    }
    r->at++;
    return FST_OK;
}

static enum fst_status read_scalar(struct reader *r, const struct fst_model_shape *shape, bool nested)
{
    enum fst_status st = FST_OK;
    fst_buf_reset(&r->value);
    if (*r->at == '"' || *r->at == '\'')
        st = read_quoted(r);
    else {
        size_t n = strcspn(r->at, nested ? ",}]" : ",");
        fst_buf_add(&r->value, r->at, n);
        r->at += n;
    }
    if (!st)
        write_scalar(r->w, shape, fst_buf_view(&r->value));
    return st;
}

/* ---- containers */

static enum fst_status read_value(struct reader *r, const struct fst_model_shape *shape, bool nested);

/* The length of a name with '=' behind it; 0: there is none. */
static size_t name_length(const char *at)
{
    size_t n = strcspn(at, "=,{}[]\"'");
    return at[n] == '=' ? n : 0;
}

static enum fst_status read_items(struct reader *r, const struct fst_model_shape *element, bool nested)
{
    enum fst_status st = read_value(r, element, nested);
    while (!st && *r->at == ',' && (nested || !name_length(r->at + 1))) {
        r->at++;
        st = read_value(r, element, nested);
    }
    return st;
}

static enum fst_status read_list(struct reader *r, const struct fst_model_shape *shape)
{
    bool            bracket = *r->at == '[';
    enum fst_status st = FST_OK;
    r->at += bracket;
    fst_json_begin_array(r->w);
    if (!bracket || *r->at != ']')
        st = read_items(r, shape->element, bracket);
    fst_json_end_array(r->w);
    if (!st && bracket && *r->at++ != ']') {
        r->at--;
        st = refuse(r, "']'");
    }
    return st;
}

static enum fst_status read_pair(struct reader *r, const struct fst_model_shape *shape, bool nested)
{
    const struct fst_model_member *m;
    size_t                         n = name_length(r->at);
    struct fst_view                name = fst_view_n(r->at, n);
    char                           text[128];
    if (!n)
        return refuse(r, "NAME=");
    if (n >= sizeof text)
        return fst_fail(r->err, FST_EUSAGE, "the name '%.60s...' is too long", r->at);
    m = fst_model_member(shape, name);
    memcpy(text, name.p, n);
    text[n] = 0;
    fst_json_name(r->w, text);
    r->at += n + 1;
    return read_value(r, m ? m->shape : shape->kind == FST_MODEL_MAP ? shape->element : NULL, nested);
}

static enum fst_status read_pairs(struct reader *r, const struct fst_model_shape *shape, bool nested)
{
    bool            brace = *r->at == '{';
    enum fst_status st = FST_OK;
    r->at += brace;
    fst_json_begin_object(r->w);
    if (!brace && shape->member_count == 1 && !name_length(r->at)) {
        fst_json_name(r->w, shape->members[0].name);
        st = read_value(r, shape->members[0].shape, nested);
    } else if (!brace || *r->at != '}') {
        st = read_pair(r, shape, nested || brace);
        while (!st && *r->at == ',') {
            r->at++;
            st = read_pair(r, shape, nested || brace);
        }
    }
    fst_json_end_object(r->w);
    if (!st && brace && *r->at++ != '}') {
        r->at--;
        st = refuse(r, "'}'");
    }
    return st;
}

/* `shape` NULL: of a member that the model does not know. */
static enum fst_status read_value(struct reader *r, const struct fst_model_shape *shape, bool nested)
{
    if (shape && (shape->kind == FST_MODEL_STRUCTURE || shape->kind == FST_MODEL_MAP))
        return read_pairs(r, shape, nested);
    if (shape && shape->kind == FST_MODEL_LIST)
        return read_list(r, shape);
    return read_scalar(r, shape, nested);
}

/* ---- the face */

/* JSON where the brackets it begins with are followed by '"' or close at once: [{"Key"…, {}, [[]]. */
static bool looks_like_json(const char *text)
{
    static const char blanks[] = " \t\r\n";
    text += strspn(text, blanks);
    if (*text != '{' && *text != '[')
        return false;
    while (*text == '{' || *text == '[')
        text += 1 + strspn(text + 1, blanks);
    return *text == '"' || *text == '}' || *text == ']';
}

static enum fst_status copy_json(struct fst_json_writer *w, const char *text, struct fst_error *err)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&t, fst_view_of(text), &(struct fst_json_opts){ 0 }, &jerr);
    if (st == FST_EPARSE)
        st = fst_fail(err, FST_EUSAGE, "not JSON: line %u: %s", jerr.line, jerr.what);
    else if (!st)
        fst_json_raw(w, fst_tape_raw(&t, 0));
    fst_tape_clear(&t);
    return st;
}

enum fst_status fst_shorthand(struct fst_json_writer *w, const struct fst_model_shape *shape, const char *text, struct fst_error *err)
{
    struct reader   r = { .at = text, .w = w, .err = err };
    enum fst_status st;
    if (shape->kind < FST_MODEL_LIST) {
        write_scalar(w, shape, fst_view_of(text));
        return FST_OK;
    }
    if (looks_like_json(text))
        return copy_json(w, text, err);
    fst_buf_init(&r.value, strlen(text) + 1);
    st = read_value(&r, shape, false);
    if (!st && *r.at)
        st = fst_fail(err, FST_EUSAGE, "unexpected '%.60s'", r.at);
    fst_buf_clear(&r.value);
    return st;
}
