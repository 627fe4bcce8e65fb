#include "healthlake/encode.h"

#include <ctype.h>

#include "base/str.h"
#include "json/writer.h"

/* ---- times */

/* Seconds as a decimal number, with sign, fraction and exponent, to the millisecond. */
static bool parse_seconds(int64_t *out, struct fst_view v)
{
    char text[40], *end;
    if (!v.n || v.n >= sizeof text || !(isdigit((unsigned char)v.p[0]) || v.p[0] == '-'))
        return false;
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    double s = strtod(text, &end) * 1000;
    if (end != text + v.n || !(s > -9e15 && s < 9e15))
        return false;
    *out = (int64_t)(s < 0 ? s - 0.5 : s + 0.5);
    return true;
}

bool fst_decode_time_text(int64_t *out, struct fst_view text)
{
    static const char midnight[] = "T00:00:00Z";
    char              full[10 + sizeof midnight];
    if (text.n == 10 && text.p[4] == '-') {
        memcpy(full, text.p, 10);
        memcpy(full + 10, midnight, sizeof midnight);
        return fst_parse_time_ms(out, fst_view_of(full));
    }
    return fst_parse_time_ms(out, text) || parse_seconds(out, text);
}

bool fst_decode_time_ms(int64_t *out, const struct fst_tape *t, uint32_t node)
{
    enum fst_json_kind kind = node == FST_NO_NODE ? FST_JSON_NULL : fst_tape_kind(t, node);
    return (kind == FST_JSON_NUMBER && parse_seconds(out, fst_tape_raw(t, node))) ||
           (kind == FST_JSON_STRING && fst_decode_time_text(out, fst_tape_raw(t, node)));
}

void fst_encode_time(struct fst_buf *out, int64_t ms)
{
    int64_t fraction = ms % 1000;
    if (ms < 0 && fraction) {
        fst_buf_addf(out, "-%lld.%03lld", (long long)(-(ms / 1000)), (long long)-fraction);
        return;
    }
    fst_buf_addf(out, "%lld", (long long)(ms / 1000));
    if (fraction)
        fst_buf_addf(out, ".%03lld", (long long)fraction);
}

/* ---- requests */

void fst_uuid(char out[FST_UUID_SIZE], const struct fst_env *env)
{
    unsigned char b[16];
    if (!env)
        env = fst_env_real();
    env->random(env->ctx, b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40); /* RFC 9562 §5.4: version 4 */
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80); /* §4.1: variant */
    for (int i = 0, at = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        at += snprintf(out + at, 3, "%02x", b[i]);
    }
}

static void encode_value(struct fst_buf *out, const struct fst_tape *t, uint32_t node, const struct fst_model_shape *shape);

/* The object's members, without its braces; null ones left out. `shape` is a structure or a map. */
static bool encode_members(struct fst_buf *out, const struct fst_tape *t, uint32_t node, const struct fst_model_shape *shape)
{
    bool any = false;
    FST_EACH_MEMBER(t, node, name) {
        if (shape->kind == FST_MODEL_STRUCTURE && fst_tape_kind(t, name + 1) == FST_JSON_NULL)
            continue;
        const struct fst_model_member *m = fst_model_member(shape, fst_tape_raw(t, name));
        if (any)
            fst_buf_add_char(out, ',');
        any = true;
        fst_json_minify(out, t, name);
        fst_buf_add_char(out, ':');
        encode_value(out, t, name + 1, m ? m->shape : shape->element);
    }
    return any;
}

/* `shape` NULL: nothing is known of it. */
static void encode_value(struct fst_buf *out, const struct fst_tape *t, uint32_t node, const struct fst_model_shape *shape)
{
    enum fst_json_kind kind = fst_tape_kind(t, node);
    int64_t            ms;
    if (shape && kind == FST_JSON_OBJECT && (shape->kind == FST_MODEL_STRUCTURE || shape->kind == FST_MODEL_MAP)) {
        fst_buf_add_char(out, '{');
        encode_members(out, t, node, shape);
        fst_buf_add_char(out, '}');
    } else if (shape && kind == FST_JSON_ARRAY && shape->kind == FST_MODEL_LIST) {
        fst_buf_add_char(out, '[');
        FST_EACH_ELEMENT(t, node, item) {
            if (item > node + 1)
                fst_buf_add_char(out, ',');
            encode_value(out, t, item, shape->element);
        }
        fst_buf_add_char(out, ']');
    } else if (shape && kind == FST_JSON_STRING && shape->kind == FST_MODEL_TIMESTAMP && fst_decode_time_ms(&ms, t, node)) {
        fst_encode_time(out, ms);
    } else {
        fst_json_minify(out, t, node);
    }
}

void fst_encode_request(struct fst_buf *out, const struct fst_tape *t, uint32_t node, const struct fst_model_operation *op,
                        const struct fst_env *env)
{
    const struct fst_model_member *token = fst_model_token(op);
    uint32_t                       given = token ? fst_tape_member(t, node, token->name) : FST_NO_NODE;
    fst_buf_add_char(out, '{');
    bool any = encode_members(out, t, node, op->input);
    if (token && (given == FST_NO_NODE || fst_tape_kind(t, given) == FST_JSON_NULL)) {
        char uuid[FST_UUID_SIZE];
        fst_uuid(uuid, env);
        fst_buf_addf(out, "%s\"%s\":\"%s\"", any ? "," : "", token->name, uuid);
    }
    fst_buf_add_char(out, '}');
}
