#include "healthlake/rules.h"

enum { METADATA_MAX = 1 << 20 };

/* What the metadata must have (docs.aws.amazon.com/healthlake/latest/APIReference/API_IdentityProviderConfiguration.html):
 * a text, or a list with at least one of these. */
static const struct {
    const char *name;
    bool        is_list;
    const char *one_of[3];
} required[] = {
    { "authorization_endpoint", false, { NULL } },
    { "token_endpoint", false, { NULL } },
    { "grant_types_supported", true, { "authorization_code", "client_credentials", NULL } },
    { "capabilities", true, { NULL } },
    { "code_challenge_methods_supported", true, { "S256", NULL } },
};

static bool list_fits(const struct fst_tape *t, uint32_t list, const char *const *one_of)
{
    bool has_any = false, fits = !*one_of;

    FST_EACH_ELEMENT(t, list, item) {
        if (fst_tape_kind(t, item) != FST_JSON_STRING)
            return false;
        has_any = true;
        for (const char *const *value = one_of; *value; value++)
            fits |= fst_tape_string_is(t, item, *value);
    }
    return has_any && fits;
}

static bool check_member(const struct fst_tape *t, size_t i, struct fst_buf *why)
{
    uint32_t           node = fst_tape_member(t, 0, required[i].name);
    enum fst_json_kind kind = node == FST_NO_NODE ? FST_JSON_NULL : fst_tape_kind(t, node);

    if (required[i].is_list ? kind == FST_JSON_ARRAY && list_fits(t, node, required[i].one_of)
                            : kind == FST_JSON_STRING && fst_tape_raw(t, node).n)
        return true;
    fst_buf_addf(why, "IdentityProviderConfiguration.Metadata: %s must be a %s", required[i].name, required[i].is_list ? "list of texts" : "text");
    for (const char *const *value = required[i].one_of; *value; value++)
        fst_buf_addf(why, "%s%s", value == required[i].one_of ? " with " : " or ", *value);
    return false;
}

static bool check_metadata(struct fst_view text, struct fst_buf *why)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    bool                  ok = !fst_json_parse(&t, text, &(struct fst_json_opts){ .parser = FST_JSON_YAJL }, &jerr) &&
              fst_tape_kind(&t, 0) == FST_JSON_OBJECT;

    if (!ok)
        fst_buf_add_str(why, "IdentityProviderConfiguration.Metadata must be a JSON object, in a string");
    for (size_t i = 0; i < FST_COUNT(required) && ok; i++)
        ok = check_member(&t, i, why);
    fst_tape_clear(&t);
    return ok;
}

static uint32_t member(const struct fst_tape *t, uint32_t object, const char *name)
{
    uint32_t node = object == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(t, object, name);
    return node != FST_NO_NODE && fst_tape_kind(t, node) != FST_JSON_NULL ? node : FST_NO_NODE;
}

static bool check_provider(const struct fst_tape *t, struct fst_buf *why)
{
    uint32_t       provider = member(t, 0, "IdentityProviderConfiguration"), strategy = member(t, provider, "AuthorizationStrategy");
    struct fst_buf metadata;
    bool           ok;

    if (strategy == FST_NO_NODE || fst_tape_string_is(t, strategy, "AWS_AUTH"))
        return true;
    fst_buf_init(&metadata, METADATA_MAX);
    ok = check_metadata(fst_tape_member_string(t, provider, "Metadata", &metadata), why);
    fst_buf_clear(&metadata);
    return ok;
}

static bool check_key(const struct fst_tape *t, struct fst_buf *why)
{
    uint32_t config = member(t, member(t, 0, "SseConfiguration"), "KmsEncryptionConfig"), type = member(t, config, "CmkType");

    if (type == FST_NO_NODE || !fst_tape_string_is(t, type, "CUSTOMER_MANAGED_KMS_KEY") || member(t, config, "KmsKeyId") != FST_NO_NODE)
        return true;
    fst_buf_add_str(why, "SseConfiguration.KmsEncryptionConfig: a CUSTOMER_MANAGED_KMS_KEY needs its KmsKeyId");
    return false;
}

bool fst_rules_check(const struct fst_tape *request, struct fst_buf *why)
{
    return check_provider(request, why) && check_key(request, why);
}
