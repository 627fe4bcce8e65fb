#include "test.h"

#include "judge.h"

static void structure(void **state)
{
    static const struct { const char *json, *rule, *expression; } rows[] = {
        { "{\"resourceType\":\"Patient\",\"id\":\"1\"}", "", "" },
        { "{\"id\":\"1\",\"resourceType\":\"Patient\"}", "", "" },
        { "{\"resourceType\":\"Patient\",\"n\\u0061me\":[{\"family\":\"A\"}]}", "", "" },
        { "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"A\",null],\"_given\":[null,{\"id\":\"x\"}]}]}", "", "" },
        { "{\"resourceType\":\"Patient\",\"_birthDate\":{\"id\":\"x\"}}", "", "" },
        { "[]", "json-type", "" },
        { "{\"id\":\"1\"}", "resource-type", "" },
        { "{\"resourceType\":\"Resource\"}", "resource-type", "Resource" },
        { "{\"resourceType\":\"Foo\"}", "resource-type", "Foo" },
        { "{\"resourceType\":\"Patient\",\"foo\":1}", "unknown-property", "Patient" },
        { "{\"resourceType\":\"Patient\",\"name\":[{\"resourceType\":\"HumanName\"}]}", "unknown-property", "Patient.name[0]" },
        { "{\"resourceType\":\"Patient\",\"name\":{\"family\":\"A\"}}", "json-type", "Patient.name" },
        { "{\"resourceType\":\"Patient\",\"name\":[\"A\"]}", "json-type", "Patient.name[0]" },
        { "{\"resourceType\":\"Patient\",\"name\":[]}", "empty", "Patient.name" },
        { "{\"resourceType\":\"Patient\",\"name\":[{}]}", "empty", "Patient.name[0]" },
        { "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[null]}]}", "empty", "Patient.name[0].given[0]" },
        { "{\"resourceType\":\"Patient\",\"active\":\"true\"}", "json-type", "Patient.active" },
        { "{\"resourceType\":\"Patient\",\"active\":null}", "json-type", "Patient.active" },
        { "{\"resourceType\":\"Patient\",\"birthDate\":\"2020-02-30\"}", "primitive", "Patient.birthDate" },
        { "{\"resourceType\":\"Patient\",\"deceasedBoolean\":true,\"deceasedDateTime\":\"2020\"}", "choice", "Patient" },
        { "{\"resourceType\":\"Patient\",\"deceasedDateTime\":\"x\"}", "primitive", "Patient.deceased.ofType(dateTime)" },
        { "{\"resourceType\":\"Patient\",\"link\":[{\"type\":\"seealso\"}]}", "min", "Patient.link[0]" },
        { "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Observation\",\"id\":\"a\",\"status\":\"final\"}]}", "min",
          "Patient.contained[0]" },
    };
    static const struct fst_validate_opts opts = { .level = FST_LEVEL_STRUCTURE_ONLY };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct first       first;
        struct fst_verdict verdict = judge(&opts, rows[i].json, &first);
        if (strcmp(first.rule, rows[i].rule) || strcmp(first.expression, rows[i].expression) || verdict.ok != !rows[i].rule[0])
            fail_msg("%s: %s at '%s': %s", rows[i].json, first.rule, first.expression, first.text);
    }
}

static void rules(void **state)
{
    static const struct judged_row rows[] = {
        /* an element with an id alone is none */
        { "{'resourceType':'Patient','birthDate':'2020','_birthDate':{'id':'x'}}", "", "" },
        { "{'resourceType':'Patient','_birthDate':{'id':'x'}}", "ele-1", "Patient.birthDate" },
        { "{'resourceType':'Patient','_birthDate':{'id':'x','extension':[{'url':'http://x.org','valueCode':'a'}]}}", "", "" },
        { "{'resourceType':'Patient','name':[{'given':['A',null],'_given':[null,{'id':'x'}]}]}", "empty", "Patient.name[0].given[1]" },
        /* white space alone */
        { "{'resourceType':'Patient','birthDate':' ','language':' '}", "", "" },
        { "{'resourceType':'Patient','gender':' '}", "binding", "Patient.gender" },
        { "{'resourceType':'Patient','id':' '}", "primitive", "Patient.id" },
        /* a concept without a coding is bound to nothing, whatever else it has */
        { "{'resourceType':'Condition','subject':{'display':'x'},'verificationStatus':{'text':'x'}}", "binding", "Condition.verificationStatus" },
        { "{'resourceType':'Condition','subject':{'display':'x'},'verificationStatus':{'extension':[{'url':'http://x.org','valueCode':'a'}]}}", "binding",
          "Condition.verificationStatus" },
        { "{'resourceType':'Condition','subject':{'display':'x'},'code':{'text':'x'}}", "", "" },
        /* codes: of one whole system, in any binding but an example's; a maximum only behind an extensible one */
        { "{'resourceType':'Basic','code':{'text':'x'},'extension':[{'url':'http://x.org','valueExpression':{'language':'qq','expression':'1'}}]}",
          "binding", "Basic.extension[0].value.ofType(Expression).language" },
        { "{'resourceType':'Patient','communication':[{'language':{'coding':[{'system':'http://x.org','code':'c'}]}}]}", "", "" },
        { "{'resourceType':'Basic','code':{'coding':[{'system':'http://hl7.org/fhir/observation-status','_code':{'extension':[{'url':'http://x.org','valueCode':'a'}]}}]}}",
          "code", "Basic.code" },
        /* references */
        { "{'resourceType':'Patient','managingOrganization':{'reference':'Organization/1','type':'Organization'}}", "", "" },
        { "{'resourceType':'Patient','managingOrganization':{'reference':'ftp://x/Patient/1'}}", "reference-target", "Patient.managingOrganization" },
        { "{'resourceType':'Patient','managingOrganization':{'reference':'x/Patient/1/_history/2'}}", "reference-target", "Patient.managingOrganization" },
        { "{'resourceType':'Observation','status':'final','code':{'text':'x'},'subject':{'reference':'Group/1','type':'Patient'}}", "reference-type",
          "Observation.subject" },
        { "{'resourceType':'Observation','status':'final','code':{'text':'x'},'subject':{'reference':'Group/1','type':'Foo'}}", "binding",
          "Observation.subject.type" },
        /* contained resources */
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','name':'x'}],'managingOrganization':{'reference':'#a'}}",
          "", "" },
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','name':'x'},{'resourceType':'Organization','id':'b','name':'x'}],"
          "'managingOrganization':{'reference':'#b'}}", "dom-3", "Patient.contained[0]" },
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','name':'x','partOf':{'reference':'#b'}},"
          "{'resourceType':'Organization','id':'b','name':'x'}],'managingOrganization':{'reference':'#a'}}", "", "" },
        { "{'resourceType':'Organization','name':'y','contained':[{'resourceType':'Organization','id':'a','name':'x','partOf':{'reference':'#'}}]}", "", "" },
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','name':'x','partOf':{'reference':'#'}}]}", "reference-target",
          "Patient.contained[0].partOf" },
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','name':'x'}],"
          "'text':{'status':'generated','div':'<div xmlns=\\u0022http://www.w3.org/1999/xhtml\\u0022><a href=\\u0022#a\\u0022>x</a></div>'}}", "", "" },
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','name':'x'}]}", "contained-id", "Patient.contained[0]" },
        { "{'resourceType':'Patient','managingOrganization':{'reference':'#'}}", "ref-1", "Patient.managingOrganization" },
        { "{'resourceType':'Patient','_id':{'extension':[{'url':'http://x.org','valueString':'x'}]}}", "primitive", "Patient.id" },
        { "{'resourceType':'Patient','name':[{'family':'a\\bc'}]}", "primitive", "Patient.name[0].family" },
        { "{'resourceType':'Patient','birthDate':'\u3000'}", "", "" },
        /* ids of elements, security labels */
        { "{'resourceType':'Patient','id':'1','name':[{'id':'1','family':'x'},{'id':'2','family':'x'}]}", "", "" },
        { "{'resourceType':'Patient','name':[{'id':'1','family':'x'}],'contact':[{'name':{'id':'1','family':'x'}}]}", "element-id", "Patient.contact[0].name" },
        { "{'resourceType':'Patient','birthDate':'2020','_birthDate':{'id':'1'},'name':[{'id':'1','family':'x'}]}", "element-id", "Patient.name[0]" },
        { "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','name':'x','address':[{'id':'1','city':'x'}]}],"
          "'managingOrganization':{'reference':'#a'},'name':[{'id':'1','family':'x'}]}", "", "" },
        { "{'resourceType':'StructureDefinition','url':'http://x.org/a','name':'A','status':'draft','kind':'resource','abstract':false,'type':'Patient',"
          "'baseDefinition':'http://hl7.org/fhir/StructureDefinition/Patient','derivation':'constraint','differential':{'element':[{'id':'Patient','path':'Patient'},"
          "{'id':'Patient','path':'Patient.id'}]}}", "element-id", "StructureDefinition.differential.element[1]" },
        { "{'resourceType':'Patient','meta':{'security':[{'system':'http://x.org','code':'a'},{'system':'http://x.org','code':'a'}]}}", "security-label",
          "Patient.meta.security[1]" },
        { "{'resourceType':'Patient','meta':{'tag':[{'system':'http://x.org','code':'a'},{'system':'http://x.org','code':'a'}]}}", "", "" },
        /* a required concept: all codings */
        { "{'resourceType':'Condition','subject':{'display':'x'},'verificationStatus':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-ver-status','code':"
          "'confirmed'},{'system':'http://x.org','code':'a'}]}}", "binding", "Condition.verificationStatus" },
        { "{'resourceType':'Condition','subject':{'display':'x'},'verificationStatus':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-ver-status','code':"
          "'confirmed'},{'system':'http://terminology.hl7.org/CodeSystem/condition-ver-status','code':'refuted'}]}}", "", "" },
        /* extensions that mean something of their own */
        { "{'resourceType':'Patient','extension':[{'url':'http://hl7.org/fhir/5.0/StructureDefinition/extension-Patient.animal','valueString':'x'}]}",
          "extension-version", "Patient.extension[0]" },
        { "{'resourceType':'Patient','active':true,'extension':[{'url':'http://hl7.org/fhir/tools/StructureDefinition/matchetype','valueBoolean':true}]}",
          "matchetype", "Patient" },
        { "{'resourceType':'Composition','status':'final','type':{'text':'x'},'date':'2020','author':[{'display':'x'}],'title':'x','contained':[{'resourceType':'Binary',"
          "'id':'a','contentType':'image/png'}],'section':[{'text':{'status':'generated','div':'<div xmlns=\\u0022http://www.w3.org/1999/xhtml\\u0022>x<img "
          "src=\\u0022#a\\u0022 alt=\\u0022x\\u0022/></div>'}}]}", "", "" },
        /* systems */
        { "{'resourceType':'Patient','identifier':[{'system':'ftp://x','value':'1'}]}", "identifier-system", "Patient.identifier[0]" },
        { "{'resourceType':'Patient','identifier':[{'system':'ldap:x','value':'1'}]}", "", "" },
        { "{'resourceType':'Patient','identifier':[{'system':'urn:ietf:rfc:3986','value':'FOO:1'}]}", "", "" },
        { "{'resourceType':'Patient','identifier':[{'system':'urn:ietf:rfc:3986','value':'file:1'}]}", "identifier-value", "Patient.identifier[0]" },
        { "{'resourceType':'Patient','extension':[{'url':'http://x.org','valueCoding':{'system':'abc','code':'x'}}]}", "coding-system",
          "Patient.extension[0].value.ofType(Coding)" },
        { "{'resourceType':'Patient','extension':[{'url':'http://x.org','valueCoding':{'system':'http://hl7.org/fhir/ValueSet/narrative-status','code':'x'}}]}",
          "coding-system", "Patient.extension[0].value.ofType(Coding)" },
        { "{'resourceType':'Location','operationalStatus':{'system':'abc','code':'x'}}", "", "" },
        { "{'resourceType':'Patient','extension':[{'url':'http://x.org','valueQuantity':{'system':'abc','code':'x'}}]}", "coding-system",
          "Patient.extension[0].value.ofType(Quantity)" },
        { "{'resourceType':'Patient','maritalStatus':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'}]}}", "code",
          "Patient.maritalStatus" },
        /* resources that define things */
        { "{'resourceType':'ValueSet','status':'draft','url':'abc'}", "canonical-url", "ValueSet.url" },
        { "{'resourceType':'Device','url':'abc'}", "", "" },
        { "{'resourceType':'ValueSet','status':'draft','compose':{'include':[{'system':'abc'}]}}", "include-system", "ValueSet.compose.include[0]" },
        { "{'resourceType':'CodeSystem','status':'draft','content':'fragment','concept':[{'code':'a','concept':[{'code':'b'},{'code':'a'}]}]}", "code-twice",
          "CodeSystem.concept[0].concept[1]" },
        { "{'resourceType':'CodeSystem','status':'draft','content':'not-present','concept':[{'code':'a'}]}", "code-system-content", "CodeSystem.concept[0]" },
        { "{'resourceType':'CodeSystem','status':'draft','content':'complete','count':3,'concept':[{'code':'a','concept':[{'code':'b'}]}]}",
          "code-system-count", "CodeSystem.count" },
        { "{'resourceType':'ConceptMap','status':'draft','group':[{'source':'http://hl7.org/fhir/narrative-status','element':[{'code':'x'}]}]}", "mapped-code",
          "ConceptMap.group[0].element[0].code" },
        { "{'resourceType':'ConceptMap','status':'draft','group':[{'target':'http://hl7.org/fhir/narrative-status','element':[{'code':'x','target':"
          "[{'code':'empty','equivalence':'equal'},{'code':'x','equivalence':'equal'}]}]}]}", "mapped-code", "ConceptMap.group[0].element[0].target[1].code" },
        { "{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'1','type':'string'},{'linkId':'2','type':'string','enableWhen':"
          "[{'question':'1','operator':'exists','answerBoolean':true}]}]}", "", "" },
        { "{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'2','type':'string','enableWhen':"
          "[{'question':'1','operator':'exists','answerBoolean':true}]}]}", "enable-when", "Questionnaire.item[0]" },
        { "{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'2','type':'group','item':[{'linkId':'1','type':'string'}],'enableWhen':"
          "[{'question':'1','operator':'exists','answerBoolean':true}]}]}", "enable-when", "Questionnaire.item[0]" },
        { "{'resourceType':'SearchParameter','url':'http://x.org','name':'x','status':'draft','description':'x','code':'x','base':['Patient'],'type':'composite'}",
          "search-components", "SearchParameter" },
        { "{'resourceType':'StructureMap','url':'http://x.org','name':'x','status':'draft','group':[{'name':'g','typeMode':'none','input':"
          "[{'name':'a','mode':'source'},{'name':'p','type':'Patient','mode':'target'}],'rule':[{'name':'r','source':[{'context':'a','variable':'b'}],"
          "'target':[{'context':'p','contextType':'variable','element':'name'}],'rule':[{'name':'s','source':[{'context':'b'}]}]}]}]}", "", "" },
        { "{'resourceType':'StructureMap','url':'http://x.org','name':'x','status':'draft','group':[{'name':'g','typeMode':'none','input':"
          "[{'name':'a','mode':'source'}],'rule':[{'name':'r','source':[{'context':'b'}]}]}]}", "map-context", "StructureMap.group[0].rule[0].source[0]" },
        { "{'resourceType':'StructureMap','url':'http://x.org','name':'x','status':'draft','group':[{'name':'g','typeMode':'none','input':"
          "[{'name':'a','mode':'source'},{'name':'p','type':'Patient','mode':'target'}],'rule':[{'name':'r','source':[{'context':'a'}],"
          "'target':[{'context':'p','contextType':'variable','element':'x'}]}]}]}", "map-path", "StructureMap.group[0].rule[0].target[0]" },
        /* Bundles */
        { "{'resourceType':'Bundle','type':'searchset','link':[{'relation':'self','url':'x'},{'relation':'self','url':'y'}]}", "bundle-link", "Bundle.link[1]" },
        { "{'resourceType':'Bundle','type':'collection','link':[{'relation':'next','url':'x'}]}", "bundle-link", "Bundle.link[0]" },
        { "{'resourceType':'Bundle','type':'collection','entry':[{'fullUrl':'http://x.org/Basic/1','resource':{'resourceType':'Basic','code':{'text':'x'}}}]}",
          "entry-fullUrl", "Bundle.entry[0]" },
        { "{'resourceType':'ValueSet','status':'draft','compose':{'include':[{'system':'http://hl7.org/fhir/ValueSet/administrative-gender'}]}}", "include-system",
          "ValueSet.compose.include[0]" },
        { "{'resourceType':'CodeSystem','status':'draft','content':'complete','supplements':'http://x.org/a'}", "code-system-supplement", "CodeSystem" },
        { "{'resourceType':'CodeSystem','status':'draft','content':'supplement','supplements':'http://x.org/a'}", "", "" },
        { "{'resourceType':'ImplementationGuide','url':'http://x.org/a','name':'A','status':'draft','packageId':'a.b','fhirVersion':['4.0.1'],'dependsOn':[{'uri':"
          "'http://x.org/ImplementationGuide/a|1'}]}", "guide-dependency", "ImplementationGuide.dependsOn[0]" },
        { "{'resourceType':'ImplementationGuide','url':'http://x.org/a','name':'A','status':'draft','packageId':'a.b','fhirVersion':['4.0.1'],'dependsOn':[{'uri':"
          "'http://x.org/ImplementationGuide/a','packageId':'a'}]}", "guide-dependency", "ImplementationGuide.dependsOn[0]" },
        { "{'resourceType':'StructureDefinition','url':'http://x.org/a','name':'A','status':'draft','kind':'resource','abstract':false,'type':'Coding',"
          "'baseDefinition':'http://hl7.org/fhir/StructureDefinition/Coding','derivation':'constraint','differential':{'element':[{'id':'a','path':'Coding'}]}}",
          "definition-kind", "StructureDefinition" },
        { "{'resourceType':'StructureDefinition','url':'http://x.org/a','name':'A','status':'draft','kind':'resource','abstract':false,'type':'Patient',"
          "'baseDefinition':'http://hl7.org/fhir/StructureDefinition/Patient','derivation':'specialization','differential':{'element':[{'id':'a','path':'Patient'}]}}",
          "definition-type", "StructureDefinition" },
        { "{'resourceType':'StructureDefinition','url':'http://x.org/a','name':'A','status':'draft','kind':'resource','abstract':false,'type':'Patient',"
          "'baseDefinition':'http://hl7.org/fhir/StructureDefinition/Patient','derivation':'constraint','differential':{'element':[{'id':'a','path':'Patient',"
          "'constraint':[{'key':'a-1','severity':'error','human':'x','expression':'true','source':'http://x.org/b'}]}]}}", "definition-rule", "StructureDefinition" },
        /* expressions that are evaluated as they are meant */
        { "{'resourceType':'Parameters','parameter':[{'name':'x','valueString':'y','resource':{'resourceType':'Patient'}}]}", "", "" },
        { "{'resourceType':'Parameters','parameter':[{'name':'x','valueString':'y','resource':{'resourceType':'Patient','id':'1'}}]}", "inv-1",
          "Parameters.parameter[0]" },
        { "{'resourceType':'Observation','status':'final','code':{'text':'x'},'subject':{'_reference':{'extension':[{'url':'http://x.org','valueCode':'a'}]}}}",
          "", "" },
    };
    judge_rows(&(struct fst_validate_opts){ .level = FST_LEVEL_STRICT }, rows, FST_COUNT(rows));
}

static void narratives(void **state)
{
    static const struct { const char *div, *rule; } rows[] = {
        { "<p>a</p>", "" }, { "<P>a</P>", "txt-1" }, { "<font>a</font>", "txt-1" }, { "<p align='left'>a</p>", "" }, { "<p href='x'>a</p>", "txt-1" },
        { "<![CDATA[x]]>", "txt-2" }, { "<br/>", "txt-2" }, { "<img src='a.png'/>", "" },
        { "<ul><li>a</li></ul>", "" }, { "<ul>a</ul>", "xhtml" }, { "<ul><p>a</p></ul>", "xhtml" }, { "<li>a</li>", "xhtml" },
        { "<p><ul><li>a</li></ul></p>", "xhtml" }, { "<p><b><p>a</p></b></p>", "xhtml" }, { "<b>x<b>a</b></b>", "xhtml" }, { "<br>a</br>", "xhtml" },
        { "<table><tr><td><table><tr><td>a</td></tr></table></td></tr></table>", "" }, { "<tr><td>a</td></tr>", "xhtml" },
        { "<a href='#t'>a</a><p id='t'>b</p>", "" }, { "<a href='#t'>a</a><a name='t'>b</a>", "" }, { "<a href='#n'>a</a>", "" }, { "<a href='#x'>a</a>", "xhtml" },
        { "<a href='javascript:x'>a</a>", "xhtml" }, { "<a href=''>a</a>", "xhtml" }, { "<a href='urn:x'>a</a>", "xhtml" }, { "<a href='a b'>a</a>", "xhtml" },
        { "<p xmlns='http://x'>a</p>", "xhtml" }, { "<img src='#x'/>", "xhtml" }, { "<p>a", "xhtml" },
    };
    static const struct fst_validate_opts opts = { .level = FST_LEVEL_STRICT };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        char         json[1024];
        struct first first;
        snprintf(json, sizeof json, "{\"resourceType\":\"Patient\",\"name\":[{\"id\":\"n\",\"text\":\"x\"}],\"text\":{\"status\":\"generated\",\"div\":"
                                    "\"<div xmlns='http://www.w3.org/1999/xhtml'>%s</div>\"}}", rows[i].div);
        judge(&opts, json, &first);
        if (strcmp(first.rule, rows[i].rule))
            fail_msg("%s: %s: %s", rows[i].div, first.rule, first.text);
    }
}

static void levels(void **state)
{
    static const char *const json = "{\"resourceType\":\"Patient\",\"id\":\"a b\",\"foo\":1}";
    struct first             first;
    enum fst_level           level;
    assert_true(fst_level_parse(&level, fst_view_of("STRUCTURE_ONLY")));
    assert_int_equal(level, FST_LEVEL_STRUCTURE_ONLY);
    assert_false(fst_level_parse(&level, fst_view_of("strictest")));
    for (level = FST_LEVEL_STRICT; level <= FST_LEVEL_MINIMAL; level++) {
        enum fst_level parsed;
        assert_true(fst_level_parse(&parsed, fst_view_of(fst_level_name(level))));
        assert_int_equal(parsed, level);
        struct fst_verdict verdict = judge(&(struct fst_validate_opts){ .level = level }, json, &first);
        assert_int_equal(verdict.errors, level == FST_LEVEL_MINIMAL ? 1 : 2);
        assert_string_equal(first.expression, "Patient.id");
    }
}

static void options(void **state)
{
    struct first first;
    assert_true(judge(&(struct fst_validate_opts){ 0 }, "{\"resourceType\":\"Patient\"}", &first).ok);
    assert_false(judge(&(struct fst_validate_opts){ .staged = true }, "{\"resourceType\":\"Patient\"}", &first).ok);
    assert_string_equal(first.rule, "id");
    struct fst_verdict verdict =
        judge(&(struct fst_validate_opts){ .max_issues = 2 }, "{\"resourceType\":\"Patient\",\"a\":1,\"b\":1,\"c\":1}", &first);
    assert_int_equal(verdict.errors, 3);
    assert_int_equal(first.count, 2);
    judge(&(struct fst_validate_opts){ 0 }, "{\"resourceType\":\"Patient\",\"birthDate\":\"secret\"}", &first);
    assert_null(strstr(first.text, "secret"));
    judge(&(struct fst_validate_opts){ .show_values = true }, "{\"resourceType\":\"Patient\",\"birthDate\":\"secret\"}", &first);
    assert_non_null(strstr(first.text, "'secret'"));
}

FST_TESTS(cmocka_unit_test(structure), cmocka_unit_test(rules), cmocka_unit_test(narratives), cmocka_unit_test(levels), cmocka_unit_test(options))
