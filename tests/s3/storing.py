import json, logging, os, subprocess, sys, tempfile

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
url = 'http://%s:%d' % server.get_host_and_port()
os.environ.update(AWS_ENDPOINT_URL=url, AWS_REGION='us-east-1', AWS_DEFAULT_REGION='us-east-1', AWS_ACCESS_KEY_ID='AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY='example-secret',
                  AWS_CONFIG_FILE='/dev/null', AWS_SHARED_CREDENTIALS_FILE='/dev/null')
key = boto3.client('kms').create_key()['KeyMetadata']['Arn']
s3 = boto3.client('s3')
s3.create_bucket(Bucket='bucket')
failed = 0
with tempfile.TemporaryDirectory() as scratch:
    with open(scratch + '/in.ndjson', 'w') as f:
        for i in range(20000):
            f.write(json.dumps({'resourceType': 'Patient', 'id': 'p%d' % i, 'name': [{'family': 'x' * 2000}]}) + '\n')
        f.write('{"resourceType":"Organization","id":"o","name":"o"}\n')
    done = subprocess.run([os.environ['FHIRSTAGE'], '-q', 'prepare', scratch + '/in.ndjson', '--out', 's3://bucket/p', '--sse', 'aws:kms', '--sse-kms-key-id', key,
                           '--sse-kms-context', '{"purpose":"staging"}', '--storage-class', 'STANDARD_IA', '--tag', 'stage=test', '--tag', 'team=A + B:1',
                           '--metadata', 'source=synthea'], capture_output=True, text=True, timeout=300)
    if done.returncode:
        print(done.stderr)
        failed = 1
found = [o['Key'] for o in s3.list_objects_v2(Bucket='bucket', Prefix='p/')['Contents']]
for name in found:
    head = s3.head_object(Bucket='bucket', Key=name)
    tags = {t['Key']: t['Value'] for t in s3.get_object_tagging(Bucket='bucket', Key=name)['TagSet']}
    got = head.get('ServerSideEncryption'), head.get('SSEKMSKeyId'), head.get('StorageClass'), tags, head['Metadata']
    if got != ('aws:kms', key, 'STANDARD_IA', {'stage': 'test', 'team': 'A + B:1'}, {'source': 'synthea'}):
        print(name, got)
        failed = 1
if not any(s3.head_object(Bucket='bucket', Key=name)['ETag'].endswith('-%d"' % n) for name in found for n in range(2, 50)):
    print('no object was put together of parts')
    failed = 1
if 'p/meta/manifest.json' not in found:
    print('what is there:', found)
    failed = 1
server.stop()
sys.exit(failed)
