#include "test.h"

#include "healthlake/rules.h"

#define ENDPOINTS "\\\"authorization_endpoint\\\":\\\"https://x/a\\\",\\\"token_endpoint\\\":\\\"https://x/t\\\","
#define REST      "\\\"capabilities\\\":[\\\"launch-ehr\\\"],\\\"code_challenge_methods_supported\\\":[\\\"S256\\\"]"
#define GRANTS    "\\\"grant_types_supported\\\":[\\\"client_credentials\\\",\\\"other\\\"],"
#define SMART(strategy, metadata) "{\"IdentityProviderConfiguration\":{\"AuthorizationStrategy\":\"" strategy "\"" metadata "}}"
#define METADATA(text) ",\"Metadata\":\"" text "\""

static void requests(void **state)
{
    static const struct { const char *why, *json, *message; } rows[] = {
        { "nothing to look at", "{}", NULL },
        { "null is as good as nothing", "{\"IdentityProviderConfiguration\":null,\"SseConfiguration\":null}", NULL },
        { "AWS_AUTH needs none", SMART("AWS_AUTH", ""), NULL },
        { "all of it, V1", SMART("SMART_ON_FHIR_V1", METADATA("{" ENDPOINTS GRANTS REST "}")), NULL },
        { "all of it, V1 and V2", SMART("SMART_ON_FHIR", METADATA("{" ENDPOINTS GRANTS REST "}")), NULL },
        { "no metadata", SMART("SMART_ON_FHIR", ""), "Metadata must be a JSON object" },
        { "no JSON", SMART("SMART_ON_FHIR", METADATA("{")), "Metadata must be a JSON object" },
        { "no object", SMART("SMART_ON_FHIR", METADATA("[]")), "Metadata must be a JSON object" },
        { "no endpoint", SMART("SMART_ON_FHIR", METADATA("{" GRANTS REST "}")), "authorization_endpoint must be a text" },
        { "no grant", SMART("SMART_ON_FHIR", METADATA("{" ENDPOINTS REST "}")),
          "grant_types_supported must be a list of texts with authorization_code or client_credentials" },
        { "another grant", SMART("SMART_ON_FHIR", METADATA("{" ENDPOINTS "\\\"grant_types_supported\\\":[\\\"password\\\"]," REST "}")),
          "grant_types_supported must be a list" },
        { "no capability", SMART("SMART_ON_FHIR", METADATA("{" ENDPOINTS GRANTS "\\\"capabilities\\\":[]}")), "capabilities must be a list" },
        { "plain challenges alone", SMART("SMART_ON_FHIR", METADATA("{" ENDPOINTS GRANTS "\\\"capabilities\\\":[\\\"x\\\"],"
          "\\\"code_challenge_methods_supported\\\":[\\\"plain\\\"]}")), "code_challenge_methods_supported must be a list of texts with S256" },
        { "a list of numbers", SMART("SMART_ON_FHIR", METADATA("{" ENDPOINTS "\\\"grant_types_supported\\\":[1]," REST "}")), "grant_types_supported" },
        { "AWS's key", "{\"SseConfiguration\":{\"KmsEncryptionConfig\":{\"CmkType\":\"AWS_OWNED_KMS_KEY\"}}}", NULL },
        { "a customer's key", "{\"SseConfiguration\":{\"KmsEncryptionConfig\":{\"CmkType\":\"CUSTOMER_MANAGED_KMS_KEY\",\"KmsKeyId\":\"k\"}}}", NULL },
        { "a customer's key without its id", "{\"SseConfiguration\":{\"KmsEncryptionConfig\":{\"CmkType\":\"CUSTOMER_MANAGED_KMS_KEY\"}}}",
          "needs its KmsKeyId" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_tape       t = { 0 };
        struct fst_json_error jerr;
        struct fst_buf        why;
        fst_buf_init(&why, 1 << 16);
        assert_int_equal(fst_json_parse(&t, fst_view_of(rows[i].json), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
        bool ok = fst_rules_check(&t, &why);
        if (ok != !rows[i].message || (!ok && !strstr(fst_buf_str(&why), rows[i].message)))
            fail_msg("%s: %d '%s'", rows[i].why, ok, fst_buf_str(&why));
        fst_buf_clear(&why);
        fst_tape_clear(&t);
    }
}

FST_TESTS(cmocka_unit_test(requests))
