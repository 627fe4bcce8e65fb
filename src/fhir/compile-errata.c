/* R4's expressions that don't say what their texts say, and what is evaluated instead: what the reference validator does,
 * or what is meant by a text that an expression gets wrong. docs/validation.md gives the reasons. */
#include "fhir/compile-private.h"

static const struct { struct fst_view published, meant; } rows[] = {
    { FST_VIEW("name.matches('[A-Z]([A-Za-z0-9_]){0,254}')"), FST_VIEW("name.exists() implies name.matchesFull('[A-Z]([A-Za-z0-9_]){0,254}')") },
    { FST_VIEW("reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))"),
      FST_VIEW("reference.exists() implies (reference.startsWith('#').not() or (reference.substring(1) in %rootResource.contained.id) or "
               "(reference = '#' and %rootResource != %resource))") },
    { FST_VIEW("fullUrl.contains('/_history/').not()"), FST_VIEW("fullUrl.exists() implies fullUrl.contains('/_history/').not()") },
    { FST_VIEW("enableWhen.count() > 2 implies enableBehavior.exists()"), FST_VIEW("enableWhen.count() > 1 implies enableBehavior.exists()") },
    { FST_VIEW("operator = 'exists' implies (answer is Boolean)"), FST_VIEW("operator = 'exists' implies (answer is boolean)") },
    { FST_VIEW("probability is decimal implies (probability as decimal) <= 100"),
      FST_VIEW("(probability.exists() and probability is decimal) implies (probability as decimal) <= 100") },
    { FST_VIEW("offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))"),
      FST_VIEW("offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())") },
    { FST_VIEW("text.`div`.exists()"), FST_VIEW("%rootResource != $this or text.`div`.exists()") },
    { FST_VIEW("targetProfile.exists() implies (type = 'Reference' or type = 'canonical')"),
      FST_VIEW("targetProfile.exists() implies (type = 'Reference' or type = 'canonical' or "
               "type.memberOf('http://hl7.org/fhir/ValueSet/resource-types'))") },
    { FST_VIEW("path.matches('[A-Za-z][A-Za-z0-9]*(\\\\.[a-z][A-Za-z0-9]*(\\\\[x])?)*')"),
      FST_VIEW("path.matchesFull('[A-Za-z][A-Za-z0-9]*(\\\\.[a-z][A-Za-z0-9]*(\\\\[x])?)*')") },
    { FST_VIEW("path.matches('[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\.[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\[x\\\\])?(\\\\:[^\\\\s\\\\.]+)?)*')"),
      FST_VIEW("path.matchesFull('[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\.[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\[x\\\\])?(\\\\:[^\\\\s\\\\.]+)?)*')") },
};

struct fst_view fst_compile_meant(struct fst_view expression)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (fst_view_equal(rows[i].published, expression))
            return rows[i].meant;
    return expression;
}

/* Extensions that are used, and accepted, where their definitions do not let them be. */
static const struct { struct fst_view url, context; } contexts[] = {
    { FST_VIEW("structuredefinition-fhir-type"), FST_VIEW("ElementDefinition.type") },
    { FST_VIEW("regex"), FST_VIEW("ElementDefinition.type") },
    { FST_VIEW("structuredefinition-normative-version"), FST_VIEW("Element") },
    { FST_VIEW("capabilitystatement-expectation"), FST_VIEW("Element") },
    { FST_VIEW("capabilitystatement-prohibited"), FST_VIEW("Element") },
};

struct fst_view fst_compile_more_context(struct fst_view url)
{
    for (size_t i = 0; i < FST_COUNT(contexts); i++)
        if (fst_view_equal(contexts[i].url, url))
            return contexts[i].context;
    return (struct fst_view){ 0 };
}
