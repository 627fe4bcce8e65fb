# Faults on demand: by kind, operation, rate and count, for S3, the API and FHIR; in the middle of a request and of an answer.
. "$TESTS/lib/service.sh"
serve() { # serve NAME FAULT...
    dir=$1
    shift
    for fault; do set -- "$@" --fault "$fault"; shift; done
    start_service "$dir" "$@"
}
code() { # code SERVICE CURL-ARGUMENTS...: the status, and the code of the error
    signed "$@" -o answer -w '%{http_code} ' 2>/dev/null
    case $? in 18) echo 'cut in the answer' ;; 52 | 55 | 56) echo 'no answer' ;;
    *) grep -aoE '<Code>[A-Za-z]*|"__type":"[A-Za-z]*|"code":"[a-z]*' answer | sed 's/.*[>"]//' | head -n 1 ;; esac
    echo
}
put() { code s3 -X PUT --data-binary @body "$1"; }
api() { # api OPERATION JSON
    code healthlake -X POST -H "X-Amz-Target: HealthLake.$1" -H 'Content-Type: application/x-amz-json-1.0' -d "$2" "$AWS_ENDPOINT_URL/"
}
rows() { while read -r line; do [ -n "$line" ] && echo "$line"; done; }

echo '# S3'
serve s3 slowdown,op=PutObject,count=1 error,op=GetObject,after=1,count=1 drop,op=GetObject,after=3 drop-request,op=UploadPart throttle,op='List*',rate=0.5
seq 20000 >body
{
    code s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
    put "$AWS_ENDPOINT_URL/bucket/key"
    put "$AWS_ENDPOINT_URL/bucket/key"
    for _ in 1 2 3 4; do code s3 "$AWS_ENDPOINT_URL/bucket/key"; done
    put "$AWS_ENDPOINT_URL/bucket/key?partNumber=1&uploadId=u"
    for _ in 1 2 3 4 5 6 7 8; do code s3 "$AWS_ENDPOINT_URL/bucket?list-type=2"; done
} | rows
stop_service

echo '# HealthLake'
serve api throttle,op=ListFHIRDatastores,count=1 denied=400ms,op=CreateFHIRDatastore error,op=DescribeFHIRDatastore slowdown,op=ReadResource \
    'job-fails=no access to the role,op=StartFHIRImportJob,count=1' job-stays,op=StartFHIRImportJob,after=1,count=1
{
    api ListFHIRDatastores '{}'
    api ListFHIRDatastores '{}'
    api CreateFHIRDatastore '{"DatastoreTypeVersion":"R4"}'
    sleep 0.5
    api CreateFHIRDatastore '{"DatastoreTypeVersion":"R4"}'
    store=$(jq -r .DatastoreId answer)
    api DescribeFHIRDatastore "{\"DatastoreId\":\"$store\"}"
    code healthlake "$AWS_ENDPOINT_URL/datastore/$store/r4/Patient/1"
    for _ in 1 2 3; do
        api StartFHIRImportJob "{\"DatastoreId\":\"$store\",\"InputDataConfig\":{\"S3Uri\":\"s3://bucket/in/\"},\"DataAccessRoleArn\":\"arn:aws:iam::123456789012:role/r\",
            \"JobOutputDataConfig\":{\"S3Configuration\":{\"S3Uri\":\"s3://bucket/out/\",\"KmsKeyId\":\"alias/k\"}}}"
        job=$(jq -r .JobId answer)
        echo "$job" >>jobs
    done
    for job in $(cat jobs); do
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            api DescribeFHIRImportJob "{\"DatastoreId\":\"$store\",\"JobId\":\"$job\"}" >/dev/null
            state=$(jq -r '.ImportJobProperties | .JobStatus + " " + (.Message // "")' answer)
            case $state in IN_PROGRESS* | SUBMITTED*) sleep 0.1 ;; *) break ;; esac
        done
        echo "$state"
    done
} | rows
stop_service

echo '# latency'
serve slow latency=300ms
begun=$(date +%s%N)
code s3 "$AWS_ENDPOINT_URL/" | rows
[ $((($(date +%s%N) - begun) / 1000000)) -ge 300 ] && echo slow
stop_service
for fault in '' nothing latency latency=x slowdown=1 error,rate=2 error,count=0 error,wild=1; do
    "$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir none --fault "$fault" 2>&1
    echo "exit $?"
done
