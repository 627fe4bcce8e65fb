/* Functions of one scalar: conversions (FHIRPath N1 §5.5) and arithmetic (§5.7). */
#include <math.h>
#include <string.h>

#include "fhir/fhirpath-eval.h"

static struct fst_coll give(struct fst_path_eval *e, uint32_t base, struct fst_path_item item)
{
    e->count = base;
    fst_path_push(e, item);
    return (struct fst_coll){ base, e->count - base };
}

/* ---- conversions */

static bool to_boolean(const struct fst_path_scalar *s, struct fst_path_item *out)
{
    static const struct { const char *text; bool value; } words[] = {
        { "true", true }, { "t", true }, { "yes", true }, { "y", true }, { "1", true }, { "1.0", true },
        { "false", false }, { "f", false }, { "no", false }, { "n", false }, { "0", false }, { "0.0", false },
    };
    char lower[8];

    *out = (struct fst_path_item){ .kind = FST_PATH_BOOLEAN, .boolean = s->boolean, .node = FST_NO_NODE, .more = FST_NO_NODE };
    if (s->kind == FST_PATH_BOOLEAN)
        return true;
    if (s->kind == FST_PATH_INTEGER || s->kind == FST_PATH_DECIMAL) {
        out->boolean = s->number == 1;
        return s->number == 0 || s->number == 1;
    }
    if (s->kind != FST_PATH_STRING || s->text.n >= sizeof lower)
        return false;
    for (size_t i = 0; i < s->text.n; i++)
        lower[i] = (char)(s->text.p[i] >= 'A' && s->text.p[i] <= 'Z' ? s->text.p[i] | 0x20 : s->text.p[i]);
    for (size_t i = 0; i < FST_COUNT(words); i++)
        if (fst_view_is(fst_view_n(lower, s->text.n), words[i].text)) {
            out->boolean = words[i].value;
            return true;
        }
    return false;
}

static bool to_number(const struct fst_path_scalar *s, bool whole, struct fst_path_item *out)
{
    double n = s->number;

    if (s->kind == FST_PATH_BOOLEAN)
        n = s->boolean;
    else if (s->kind == FST_PATH_STRING ? !fst_path_parse_number(s->text, whole, &n) : s->kind != FST_PATH_INTEGER && (whole || s->kind != FST_PATH_DECIMAL))
        return false;
    *out = fst_path_number(n, !whole);
    return true;
}

static bool to_moment(const struct fst_path_scalar *s, enum fst_path_kind wanted, struct fst_path_item *out)
{
    enum fst_path_kind kind = s->kind == FST_PATH_STRING ? fst_path_moment_kind(s->text) : FST_PATH_NODE;

    *out = (struct fst_path_item){ .kind = wanted, .text = s->text, .node = FST_NO_NODE, .more = FST_NO_NODE };
    if (wanted == FST_PATH_DATE && kind == FST_PATH_DATETIME && s->text.n > 10) {
        out->text.n = 10;
        return true;
    }
    return kind == wanted || (wanted == FST_PATH_DATETIME && kind == FST_PATH_DATE);
}

/* "10 'mg'", "1 year", or a number alone. */
static bool to_quantity(const struct fst_path_scalar *s, struct fst_path_item *out)
{
    const char     *space;
    struct fst_view unit = FST_VIEW("1");
    double          n = s->kind == FST_PATH_BOOLEAN ? s->boolean : s->number;

    *out = (struct fst_path_item){ .kind = FST_PATH_QUANTITY, .number = n, .text = s->kind == FST_PATH_QUANTITY ? s->text : unit, .node = FST_NO_NODE, .more = FST_NO_NODE };
    if (s->kind == FST_PATH_INTEGER || s->kind == FST_PATH_DECIMAL || s->kind == FST_PATH_BOOLEAN || s->kind == FST_PATH_QUANTITY)
        return true;
    if (s->kind != FST_PATH_STRING)
        return false;
    space = s->text.n ? memchr(s->text.p, ' ', s->text.n) : NULL;
    if (!fst_path_parse_number(space ? fst_view_n(s->text.p, (size_t)(space - s->text.p)) : s->text, false, &out->number))
        return false;
    if (!space)
        return true;
    unit = fst_view_from(s->text, (size_t)(space - s->text.p) + 1);
    if (unit.n > 2 && unit.p[0] == '\'' && unit.p[unit.n - 1] == '\'')
        unit = fst_view_n(unit.p + 1, unit.n - 2);
    else if (unit.n < 3 || unit.p[0] < 'a' || unit.p[0] > 'z')
        return false;
    else
        unit.n -= unit.p[unit.n - 1] == 's';
    out->text = unit;
    return true;
}

/* False when the function is no conversion. */
static bool convert(struct fst_path_eval *e, enum fst_path_function f, const struct fst_path_item *item, struct fst_path_item *out, bool *converts)
{
    struct fst_path_scalar s = fst_path_scalar(e, item);
    struct fst_view        text;

    switch (f) {
    case FST_FN_toBoolean: case FST_FN_convertsToBoolean: *converts = to_boolean(&s, out); return true;
    case FST_FN_toInteger: case FST_FN_convertsToInteger: *converts = to_number(&s, true, out); return true;
    case FST_FN_toDecimal: case FST_FN_convertsToDecimal: *converts = to_number(&s, false, out); return true;
    case FST_FN_toDate: case FST_FN_convertsToDate: *converts = to_moment(&s, FST_PATH_DATE, out); return true;
    case FST_FN_toDateTime: case FST_FN_convertsToDateTime: *converts = to_moment(&s, FST_PATH_DATETIME, out); return true;
    case FST_FN_toTime: case FST_FN_convertsToTime: *converts = to_moment(&s, FST_PATH_TIME, out); return true;
    case FST_FN_toQuantity: case FST_FN_convertsToQuantity: *converts = to_quantity(&s, out); return true;
    case FST_FN_convertsToString: *converts = fst_path_to_string(e, item, &text); return true;
    default: return false;
    }
}

/* ---- arithmetic */

static bool number_argument(struct fst_path_eval *e, const struct fst_path_expr *x, double *out)
{
    uint32_t        base = e->count;
    struct fst_coll a = fst_path_eval_expr(e, x->args[0]);
    bool            ok = a.n == 1;

    if (ok)
        *out = fst_path_scalar(e, &e->items[a.at]).number;
    e->count = base;
    return ok;
}

static bool calculate(struct fst_path_eval *e, const struct fst_path_expr *x, struct fst_path_scalar s, struct fst_path_item *out)
{
    double n = s.number, other = 0;
    bool   decimal = true;

    if (x->arg_count && !number_argument(e, x, &other))
        return false;
    switch (x->function) {
    case FST_FN_abs: n = fabs(n); decimal = s.kind == FST_PATH_DECIMAL; break;
    case FST_FN_ceiling: n = ceil(n); decimal = false; break;
    case FST_FN_floor: n = floor(n); decimal = false; break;
    case FST_FN_truncate: n = trunc(n); decimal = false; break;
    case FST_FN_exp: n = exp(n); break;
    case FST_FN_ln: n = log(n); break;
    case FST_FN_sqrt: n = sqrt(n); break;
    case FST_FN_log: n = log(n) / log(other); break;
    case FST_FN_power: n = pow(n, other); decimal = s.kind == FST_PATH_DECIMAL || other < 0; break;
    case FST_FN_round: n = round(n * pow(10, other)) / pow(10, other); break;
    default: e->failed = true; return false;
    }
    *out = fst_path_number(n, decimal);
    return isfinite(n);
}

struct fst_coll fst_path_call_scalar(struct fst_path_eval *e, const struct fst_path_expr *x, struct fst_coll focus, uint32_t base)
{
    struct fst_path_item   item, out = { 0 };
    struct fst_path_scalar s;
    bool                   converts = false;

    if (focus.n != 1) {
        e->failed |= focus.n > 1;
        return fst_path_none(e, base);
    }
    item = e->items[focus.at];
    if (convert(e, x->function, &item, &out, &converts)) {
        if (x->function >= FST_FN_convertsToBoolean)
            return fst_path_boolean(e, base, converts);
        return converts ? give(e, base, out) : fst_path_none(e, base);
    }
    s = fst_path_scalar(e, &item);
    if (s.kind == FST_PATH_QUANTITY && x->function == FST_FN_abs) {
        item.number = fabs(item.number);
        return give(e, base, item);
    }
    if ((s.kind != FST_PATH_INTEGER && s.kind != FST_PATH_DECIMAL) || !calculate(e, x, s, &out))
        return fst_path_none(e, base);
    return give(e, base, out);
}
