# Each command, with structures in short and as JSON, flags and tags.
try() {
    echo "\$ fhirstage $*"
    python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" "$@" 2>&1 | sed 's/ ([0-9]* d ago)//'
    sed 's/^/> /' log
}
cat >answers <<'END'
{"op":"CreateFHIRDatastore","body":{"DatastoreId":"d","DatastoreArn":"arn","DatastoreStatus":"CREATING","DatastoreEndpoint":"https://x/"}}
{"op":"ListFHIRDatastores","body":{"DatastorePropertiesList":[{"DatastoreId":"a","DatastoreStatus":"DELETED","CreatedAt":1000000000},{"DatastoreId":"b","DatastoreName":"clinic","DatastoreStatus":"ACTIVE","CreatedAt":1000000001}]}}
{"op":"DescribeFHIRDatastore","body":{"DatastoreProperties":{"DatastoreId":"d","DatastoreStatus":"CREATING"}}}
{"op":"DescribeFHIRDatastore","body":{"DatastoreProperties":{"DatastoreId":"d","DatastoreStatus":"ACTIVE","CreatedAt":1000000000,"SseConfiguration":{"KmsEncryptionConfig":{"CmkType":"AWS_OWNED_KMS_KEY"}}}}}
{"op":"UpdateFHIRDatastore","body":{"DatastoreProperties":{"DatastoreId":"d","DatastoreStatus":"UPDATING"}}}
{"op":"DeleteFHIRDatastore","body":{"DatastoreId":"d","DatastoreStatus":"DELETING"}}
{"op":"RestoreFHIRDatastore","body":{"DatastoreId":"n","DatastoreStatus":"CREATING"}}
END
echo '{"AuthorizationStrategy":"SMART_ON_FHIR","FineGrainedAuthorizationEnabled":true,"Metadata":"{\"authorization_endpoint\":\"https://x/a\",\"token_endpoint\":\"https://x/t\",\"grant_types_supported\":[\"client_credentials\"],\"capabilities\":[\"launch-ehr\"],\"code_challenge_methods_supported\":[\"S256\"]}"}' >smart.json
try datastore create --datastore-name clinic --client-token t --preload-data-config PreloadDataType=SYNTHEA \
    --sse-configuration 'KmsEncryptionConfig={CmkType=CUSTOMER_MANAGED_KMS_KEY,KmsKeyId=alias/k}' \
    --identity-provider-configuration file://smart.json --tags Key=a,Value=b Key=c,Value=
try datastore list --filter DatastoreStatus=ACTIVE,CreatedAfter=2001-09-09T01:46:40Z
try datastore wait --datastore-id d
try datastore describe --datastore-id d
try datastore update --datastore-id d --backup-configuration Status=ENABLED,RetentionPeriodInDays=7,BackupTagsEnabled=true
try datastore delete --datastore-id d
try datastore restore --source-datastore-id d --client-token t \
    --restore-configuration 'ContinuousBackupRestoreConfiguration={RestorePointTime=2001-09-09T01:46:40.5Z}'
echo '{"AuthorizationStrategy":"SMART_ON_FHIR","Metadata":"{}"}' >smart.json
try datastore create --identity-provider-configuration file://smart.json
