/* sample.h — JSON of a shape, made from the model itself: a valid value, or one with a single fault at a chosen place. */
#ifndef FST_TEST_SAMPLE_H
#define FST_TEST_SAMPLE_H

#include "healthlake/check.h"

/* What can be wrong with the value at a place, as the rule that must say so. FST_CHECK_RULE_COUNT: nothing. */
struct sample {
    struct fst_buf     *out;
    size_t              target; /* the place, counted in the order they are written */
    enum fst_check_rule fault;
    size_t              places; /* written so far */
    bool                applied;
    char                path[256], target_path[256]; /* of the place at hand; of the target */
};

/* Texts that a pattern takes, beyond letters alone. */
static const char *sample_text(const struct fst_model_shape *s)
{
    static const struct { const char *shape, *text; } texts[] = {
        { "AmazonResourceName", "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef" },
        { "DatastoreArn", "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef" },
        { "IamRoleArn", "arn:aws:iam::123456789012:role/import" },
        { "DataTransformationIamRoleArn", "arn:aws:iam::123456789012:role/import" },
        { "LambdaArn", "arn:aws:lambda:us-east-1:123456789012:function:decode" },
        { "ConfigurationMetadata", "{\\\"authorization_endpoint\\\":\\\"https://x/a\\\",\\\"token_endpoint\\\":\\\"https://x/t\\\","
                                   "\\\"grant_types_supported\\\":[\\\"authorization_code\\\"],\\\"capabilities\\\":[\\\"launch-ehr\\\"],"
                                   "\\\"code_challenge_methods_supported\\\":[\\\"S256\\\"]}" },
        { "S3Uri", "s3://bucket/input/" }, { "DataTransformationS3Uri", "s3://bucket/input/" },
        { "SampleDataS3Uri", "s3://bucket/sample.csv" }, { "ProfileIdString", "0123456789abcdef0123456789abcdef" },
    };
    for (size_t i = 0; i < FST_COUNT(texts); i++)
        if (!strcmp(texts[i].shape, s->name))
            return texts[i].text;
    return "abc";
}

/* Write a text that breaks the pattern but no length. False: every text matches. */
static bool sample_mismatch(struct fst_buf *out, const struct fst_model_shape *s)
{
    if (!s->pattern || strstr(s->pattern, "\\P{M}"))
        return false;
    fst_buf_add_str(out, "\"\u00e9\\t");
    for (int64_t i = 2; i < s->min; i++)
        fst_buf_add_char(out, 'a');
    fst_buf_add_char(out, '"');
    return true;
}

static void sample_repeat(struct fst_buf *out, int64_t n)
{
    fst_buf_add_char(out, '"');
    for (int64_t i = 0; i < n; i++)
        fst_buf_add_char(out, 'a');
    fst_buf_add_char(out, '"');
}

/* Write the faulty value if this fault is possible for this shape. */
static bool sample_fault(struct sample *x, const struct fst_model_shape *s)
{
    bool text = s->kind == FST_MODEL_STRING, number = s->kind == FST_MODEL_INTEGER || s->kind == FST_MODEL_LONG;
    switch (x->fault) {
    case FST_CHECK_TYPE:
        fst_buf_add_str(x->out, s->kind <= FST_MODEL_ENUM || s->kind == FST_MODEL_BOOLEAN ? "1" : "\"x\"");
        return true;
    case FST_CHECK_MIN:
        if (s->min == FST_MODEL_NO_MIN || (s->min == 0 && !number) || !(text || number))
            return false;
        if (number)
            fst_buf_addf(x->out, "%lld", (long long)s->min - 1);
        else
            sample_repeat(x->out, s->min - 1);
        return true;
    case FST_CHECK_MAX:
        if (s->max == FST_MODEL_NO_MAX)
            return false;
        if (number)
            fst_buf_addf(x->out, "%lld", (long long)s->max + 1);
        else if (text)
            sample_repeat(x->out, s->max + 1);
        else if (s->kind == FST_MODEL_LIST) {
            for (int64_t i = 0; i <= s->max; i++)
                fst_buf_addf(x->out, "%s%s", i ? "," : "[", s->element->kind == FST_MODEL_STRING ? "\"a\"" : "{\"Key\":\"a\",\"Value\":\"a\"}");
            fst_buf_add_char(x->out, ']');
        } else {
            for (int64_t i = 0; i <= s->max; i++)
                fst_buf_addf(x->out, "%s\"k%lld\":\"a\"", i ? "," : "{", (long long)i);
            fst_buf_add_char(x->out, '}');
        }
        return true;
    case FST_CHECK_PATTERN:
        return text && sample_mismatch(x->out, s);
    case FST_CHECK_ENUM:
        if (s->kind != FST_MODEL_ENUM)
            return false;
        fst_buf_add_str(x->out, "\"NO_SUCH_VALUE\"");
        return true;
    case FST_CHECK_UNION:
        if (!(s->flags & FST_MODEL_UNION))
            return false;
        fst_buf_add_str(x->out, "{}");
        return true;
    default:
        return false;
    }
}

static void sample_value(struct sample *x, const struct fst_model_shape *s);

static void sample_members(struct sample *x, const struct fst_model_shape *s, bool unknown)
{
    size_t length = strlen(x->path);
    bool   any = false;
    for (size_t i = 0; i < s->member_count; i++) {
        const struct fst_model_member *m = &s->members[i];
        snprintf(x->path + length, sizeof x->path - length, "%s%s", length ? "." : "", m->name);
        bool drop = x->fault == FST_CHECK_REQUIRED && m->flags & FST_MODEL_REQUIRED && x->places == x->target;
        if (drop) {
            x->applied = true;
            memcpy(x->target_path, x->path, sizeof x->path);
            x->places++;
        } else {
            fst_buf_addf(x->out, "%s\"%s\":", any ? "," : "", m->name);
            sample_value(x, m->shape);
            any = true;
        }
        x->path[length] = 0;
        if (s->flags & FST_MODEL_UNION)
            break;
    }
    if (unknown)
        fst_buf_addf(x->out, "%s\"NoSuchMember\":1", any ? "," : "");
}

static void sample_value(struct sample *x, const struct fst_model_shape *s)
{
    size_t length = strlen(x->path);
    bool   here = x->places++ == x->target, unknown = here && x->fault == FST_CHECK_UNKNOWN && s->kind == FST_MODEL_STRUCTURE;
    if (here)
        memcpy(x->target_path, x->path, sizeof x->path);
    if (unknown) {
        x->applied = true;
        snprintf(x->target_path, sizeof x->target_path, "%.200s%sNoSuchMember", x->path, length ? "." : "");
    }
    if (here && sample_fault(x, s)) {
        x->applied = true;
        return;
    }
    switch (s->kind) {
    case FST_MODEL_STRING: fst_buf_addf(x->out, "\"%s\"", sample_text(s)); break;
    case FST_MODEL_ENUM: fst_buf_addf(x->out, "\"%s\"", s->values[0]); break;
    case FST_MODEL_INTEGER:
    case FST_MODEL_LONG: fst_buf_add_str(x->out, "1"); break;
    case FST_MODEL_DOUBLE: fst_buf_add_str(x->out, "1.5"); break;
    case FST_MODEL_BOOLEAN: fst_buf_add_str(x->out, "true"); break;
    case FST_MODEL_TIMESTAMP: fst_buf_add_str(x->out, "1606272542.161"); break;
    case FST_MODEL_LIST:
        fst_buf_add_char(x->out, '[');
        snprintf(x->path + length, sizeof x->path - length, "[0]");
        sample_value(x, s->element);
        fst_buf_add_char(x->out, ']');
        break;
    case FST_MODEL_MAP:
        fst_buf_add_str(x->out, "{\"key\":");
        snprintf(x->path + length, sizeof x->path - length, ".key");
        sample_value(x, s->element);
        fst_buf_add_char(x->out, '}');
        break;
    case FST_MODEL_STRUCTURE:
        fst_buf_add_char(x->out, '{');
        sample_members(x, s, unknown);
        fst_buf_add_char(x->out, '}');
        break;
    }
    x->path[length] = 0;
}

/* A valid value of `shape`, or with `fault` at the place `target`. False: there is no such place, or it can't have it. */
static bool sample_make(struct sample *x, struct fst_buf *out, const struct fst_model_shape *shape, enum fst_check_rule fault,
                        size_t target)
{
    *x = (struct sample){ .out = out, .fault = fault, .target = fault == FST_CHECK_RULE_COUNT ? SIZE_MAX : target };
    fst_buf_reset(out);
    sample_value(x, shape);
    return x->applied || fault == FST_CHECK_RULE_COUNT;
}

#endif
