/* Bundles: what their entries are called, what refers to what, and what the kinds of Bundle ask for. */
#include "test.h"

#include "judge.h"

#define BASIC(id, more) "{'resourceType':'Basic','id':'" id "','code':{'text':'x'}" more "}"
#define PATIENT(id) "{'resourceType':'Patient','id':'" id "'}"
#define ENTRY(url, resource) "{'fullUrl':'" url "','resource':" resource "}"
#define COLLECTION(entries) "{'resourceType':'Bundle','type':'collection','entry':[" entries "]}"
#define SUBJECT(reference) ",'subject':{'reference':'" reference "'}"
#define URN "urn:uuid:0a000000-0000-4000-8000-00000000000"

static void references(void **state)
{
    static const struct judged_row rows[] = {
        /* found by the URL that it has behind the entry's own base */
        { COLLECTION(ENTRY("http://x.org/f/Basic/1", BASIC("1", SUBJECT("Patient/1"))) "," ENTRY("http://x.org/f/Patient/1", PATIENT("1"))), "", "" },
        { COLLECTION(ENTRY("http://x.org/f/Basic/1", BASIC("1", SUBJECT("Patient/1"))) "," ENTRY("http://x.org/f/Patient/1", PATIENT("1")) ","
                     ENTRY("http://x.org/f/Patient/1", PATIENT("1"))), "reference", "Bundle.entry[0].resource.subject" },
        { COLLECTION(ENTRY("http://x.org/f/Basic/1", BASIC("1", SUBJECT("Patient/2"))) "," ENTRY("http://x.org/f/Patient/1", PATIENT("1"))), "", "" },
        /* what an URN leads to has a type */
        { COLLECTION(ENTRY(URN "1", BASIC("1", ",'author':{'reference':'" URN "2'}")) "," ENTRY(URN "2", PATIENT("1"))), "", "" },
        { COLLECTION(ENTRY(URN "1", BASIC("1", ",'author':{'reference':'" URN "2'}")) "," ENTRY(URN "2", BASIC("2", ""))), "reference-target",
          "Bundle.entry[0].resource.author" },
        { COLLECTION(ENTRY(URN "1", BASIC("1", SUBJECT("Patient/0a000000-0000-4000-8000-000000000002"))) "," ENTRY(URN "2", BASIC("2", ""))),
          "reference-target", "Bundle.entry[0].resource.subject" },
        /* how it is written */
        { COLLECTION(ENTRY("http://x.org/Basic/1", BASIC("1", SUBJECT("Patient")))), "reference", "Bundle.entry[0].resource.subject" },
        { COLLECTION(ENTRY("http://x.org/Basic/1", BASIC("1", SUBJECT("Patient?identifier=1")))), "reference", "Bundle.entry[0].resource.subject" },
        { "{'resourceType':'Bundle','type':'transaction','entry':[{'fullUrl':'" URN "1','request':{'method':'POST','url':'Basic'},'resource':"
          BASIC("1", SUBJECT("Patient?identifier=1")) "}]}", "", "" },
        { "{'resourceType':'Bundle','type':'transaction','entry':[{'request':{'method':'POST','url':'Basic'},'resource':"
          BASIC("1", SUBJECT("Patient/1")) "}]}", "entry-fullUrl", "Bundle.entry[0]" },
        { "{'resourceType':'Bundle','type':'transaction','entry':[{'request':{'method':'POST','url':'Basic'},'resource':" BASIC("1", "") "}]}", "", "" },
        { BASIC("1", SUBJECT("Patient?identifier=1&x:y=2")), "", "" },
        { BASIC("1", SUBJECT("Patient?identifier=1&?==")), "reference", "Basic.subject" },
    };
    judge_rows(&(struct fst_validate_opts){ .level = FST_LEVEL_STRICT }, rows, FST_COUNT(rows));
}

#define HEAD(more) "{'resourceType':'Composition','id':'1','status':'final','type':{'text':'x'},'date':'2020','title':'t','author':[{'display':'x'}]" more "}"
#define SECTION(reference) ",'section':[{'entry':[{'reference':'" reference "'}]}]"
#define DOCUMENT(entries) "{'resourceType':'Bundle','type':'document','identifier':{'system':'http://x.org','value':'1'},'timestamp':'2020-01-01T00:00:00Z','entry':[" entries "]}"

static void documents(void **state)
{
    static const struct judged_row rows[] = {
        { DOCUMENT(ENTRY("http://x.org/Composition/1", HEAD(SECTION("Basic/1"))) "," ENTRY("http://x.org/Basic/1", BASIC("1", ""))), "", "" },
        { DOCUMENT(ENTRY(URN "1", HEAD(SECTION(URN "2"))) "," ENTRY(URN "2", BASIC("1", ""))), "", "" },
        /* links of the Composition lead to entries */
        { DOCUMENT(ENTRY(URN "1", HEAD(",'subject':{'reference':'" URN "2'}"))), "bundle-link-missing", "Bundle.entry[0].resource.subject" },
        { DOCUMENT(ENTRY(URN "1", HEAD(SECTION(URN "2")))), "bundle-link-missing", "Bundle.entry[0].resource.section[0].entry[0]" },
        { DOCUMENT(ENTRY(URN "1", HEAD(",'attester':[{'mode':'legal','party':{'reference':'Patient/1'}}]"))), "bundle-link-missing",
          "Bundle.entry[0].resource.attester[0].party" },
        /* others need not */
        { DOCUMENT(ENTRY(URN "1", HEAD(SECTION(URN "2"))) "," ENTRY(URN "2", BASIC("1", SUBJECT("Patient/1")))), "", "" },
        /* what is there under another base is meant, but not linked to */
        { DOCUMENT(ENTRY("http://x.org/Composition/1", HEAD(SECTION("Basic/1"))) "," ENTRY("http://y.org/Basic/1", BASIC("1", ""))), "bundle-link-name",
          "Bundle.entry[0]" },
        /* entries that nothing links to, unless they link to others */
        { DOCUMENT(ENTRY(URN "1", HEAD("")) "," ENTRY(URN "2", BASIC("1", ""))), "bundle-orphan", "Bundle.entry[1]" },
        { DOCUMENT(ENTRY(URN "1", HEAD("")) "," ENTRY(URN "2", BASIC("1", SUBJECT(URN "1")))), "", "" },
    };
    judge_rows(&(struct fst_validate_opts){ .level = FST_LEVEL_STRICT }, rows, FST_COUNT(rows));
}

#define SEARCHSET(link, entry) "{'resourceType':'Bundle','type':'searchset','link':[{'relation':'self','url':'" link "'}],'entry':[" entry "]}"

static void searches(void **state)
{
    static const struct judged_row rows[] = {
        { SEARCHSET("http://x.org/Patient?a=b", "{'fullUrl':'http://x.org/Patient/1','search':{'mode':'match'},'resource':" PATIENT("1") "}"), "", "" },
        { SEARCHSET("http://x.org/Basic?a=b", "{'fullUrl':'http://x.org/Patient/1','search':{'mode':'match'},'resource':" PATIENT("1") "}"), "bundle-result",
          "Bundle.entry[0]" },
        { SEARCHSET("http://x.org/Basic?a=b", "{'fullUrl':'http://x.org/Patient/1','search':{'mode':'include'},'resource':" PATIENT("1") "}"), "", "" },
        { SEARCHSET("http://x.org/Basic?a=b", "{'fullUrl':'http://x.org/Patient/1','search':{'mode':'outcome'},'resource':" PATIENT("1") "}"), "bundle-result",
          "Bundle.entry[0]" },
        { SEARCHSET("http://x.org", "{'fullUrl':'" URN "1','search':{'mode':'match'},'resource':{'resourceType':'Patient','active':true}}"), "bundle-result",
          "Bundle.entry[0]" },
        { SEARCHSET("http://x.org", "{'fullUrl':'" URN "1','resource':{'resourceType':'Patient','active':true}}"), "", "" },
    };
    judge_rows(&(struct fst_validate_opts){ .level = FST_LEVEL_STRICT }, rows, FST_COUNT(rows));
}

FST_TESTS(cmocka_unit_test(references), cmocka_unit_test(documents), cmocka_unit_test(searches))
