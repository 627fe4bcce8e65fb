"""Each answer that breaks an import, and what preflight makes of it: the check that fails, or cannot tell, and the remedy."""
import email.utils, json, os, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from cloud import Cloud, sts  # noqa: E402

program = os.environ['FHIRSTAGE']
cloud = Cloud()
failed = []
TRUST = '%7B%22Statement%22%3A%5B%7B%22Principal%22%3A%7B%22Service%22%3A%22{}%22%7D%7D%5D%7D'
BLOCK = ''.join('<%s>{}</%s>' % (n, n) for n in ('BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'))
stored = {}


def put(asked):
    stored['body'] = asked['body']
    return 200, {'ETag': '"e"'}, ''


def simulate(decision):
    def answer(asked):
        actions = [v for k, v in asked['form'].items() if k.startswith('ActionNames')]
        return 200, {}, sts('SimulatePrincipalPolicy', '<EvaluationResults>%s</EvaluationResults>' % ''.join(
            '<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision></member>' % (a, decision(a, asked)) for a in actions))
    return answer


def trust(service):
    return 200, {}, sts('GetRole', '<Role><AssumeRolePolicyDocument>%s</AssumeRolePolicyDocument></Role>' % TRUST.format(service))


def s3(asked):
    """GETs below the bucket: a listing, the public access block, or the probe."""
    if 'publicAccessBlock' in asked['path']:
        return cloud.block
    if 'list-type' in asked['path']:
        return cloud.listing
    return 200, {}, stored.get('body', '')


def all_is_well():
    cloud.block = 200, {}, '<PublicAccessBlockConfiguration>%s</PublicAccessBlockConfiguration>' % BLOCK.format(*['true'] * 4)
    cloud.listing = 200, {}, '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
    cloud.answers = {
        'HEAD /bucket/': (200, {'x-amz-bucket-region': 'us-east-1'}, ''),
        'DescribeFHIRDatastore': (200, {}, '{"DatastoreProperties":{"DatastoreStatus":"ACTIVE","DatastoreTypeVersion":"R4"}}'),
        'ListFHIRImportJobs': (200, {}, '{"ImportJobPropertiesList":[]}'),
        'DescribeKey': (200, {}, '{"KeyMetadata":{"KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT"}}'),
        'GetRole': trust('healthlake.amazonaws.com'),
        'SimulatePrincipalPolicy': simulate(lambda action, asked: 'allowed'),
        '*': lambda asked: s3(asked) if asked['op'].startswith('GET /bucket/') else put(asked) if asked['op'].startswith('PUT /bucket/') else
        (204, {}, '') if asked['op'].startswith('DELETE /bucket/') else None,
    }


def default(op, asked, otherwise=cloud.default):
    canned = cloud.answers['*'](asked)
    return canned if canned is not None else otherwise(op, asked)


cloud.default = default
DENIED_S3 = (403, {}, '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>')
DENIED_KMS = (403, {}, '<Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized to perform: kms:GenerateDataKey on resource: '
              'arn:aws:kms:us-east-1:1:key/k because no identity-based policy allows the kms:GenerateDataKey action</Message></Error>')
DENIED_JSON = (400, {}, '{"__type":"AccessDeniedException","Message":"User: u is not authorized"}')
DENIED_QUERY = (403, {}, '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>')


def on_put(answer):
    whole = cloud.answers['*']
    return lambda asked: answer if asked['op'].startswith('PUT /bucket/') else whole(asked)


def on_delete(answer):
    whole = cloud.answers['*']
    return lambda asked: answer if asked['op'].startswith('DELETE /bucket/') else whole(asked)


late = email.utils.formatdate(time.time() - 3600, usegmt=True)
# why, what changes, the check, its result, what stands in its text or remedy; a role of one's own
CASES = [
    ('bucket elsewhere', lambda: {'HEAD /bucket/': (200, {'x-amz-bucket-region': 'eu-west-1'}, '')}, 'bucket', 'failed', 'stage to a bucket in us-east-1'),
    ('no bucket', lambda: {'HEAD /bucket/': (404, {}, '')}, 'bucket', 'failed', 'there is no bucket bucket'),
    ('bucket not to be seen', lambda: {'HEAD /bucket/': (403, {}, '')}, 'bucket', "can't tell", '"s3:ListBucket"'),
    ('may not list', lambda: setattr(cloud, 'listing', DENIED_S3), 'list', 'failed', '["s3:ListBucket","s3:ListBucketMultipartUploads"]'),
    ('may not write', lambda: {'*': on_put(DENIED_S3)}, 'write', 'failed', '"Resource":"arn:aws:s3:::bucket/p/*"'),
    ('key refuses writing', lambda: {'*': on_put(DENIED_KMS)}, 'write', 'failed', 'it is the KMS key that refuses, not the bucket'),
    ('may not delete', lambda: {'*': on_delete(DENIED_S3)}, 'write', 'failed', '["s3:DeleteObject"]'),
    ('public', lambda: setattr(cloud, 'block', (404, {}, '<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>')), 'public access', 'failed',
     'put-public-access-block'),
    ('half public', lambda: setattr(cloud, 'block', (200, {}, '<PublicAccessBlockConfiguration>%s</PublicAccessBlockConfiguration>'
                                                     % BLOCK.format('true', 'true', 'false', 'true'))), 'public access', 'failed', 'put-public-access-block'),
    ('public, not to be asked', lambda: setattr(cloud, 'block', DENIED_S3), 'public access', "can't tell", 's3:GetBucketPublicAccessBlock'),
    ('store not ready', lambda: {'DescribeFHIRDatastore': (200, {}, '{"DatastoreProperties":{"DatastoreStatus":"CREATING","DatastoreTypeVersion":"R4"}}')},
     'data store', 'failed', 'CREATING'),
    ('store not to be asked', lambda: {'DescribeFHIRDatastore': DENIED_JSON}, 'data store', "can't tell",
     '"Resource":"arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/store"'),
    ('key disabled', lambda: {'DescribeKey': (200, {}, '{"KeyMetadata":{"KeyState":"PendingDeletion","KeyUsage":"ENCRYPT_DECRYPT"}}')}, 'key', 'failed',
     'PendingDeletion'),
    ('key not to be asked', lambda: {'DescribeKey': DENIED_JSON}, 'key', "can't tell", '"kms:DescribeKey","kms:GenerateDataKey","kms:Decrypt"'),
    ('role trusts another', lambda: {'GetRole': trust('ec2.amazonaws.com')}, 'role trust', 'failed', '"Service":"healthlake.amazonaws.com"'),
    ('no role', lambda: {'GetRole': (404, {}, '<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>')}, 'role trust', 'failed', 'no role of that name'),
    ('role not to be asked', lambda: {'GetRole': DENIED_QUERY}, 'role trust', "can't tell", 'iam:GetRole'),
    ('role not to be passed', lambda: {'SimulatePrincipalPolicy': simulate(lambda a, q: 'implicitDeny' if a == 'iam:PassRole' else 'allowed')}, 'pass role',
     'failed', '"Action":["iam:PassRole"],"Resource":"arn:aws:iam::123456789012:role/import"'),
    ('role may not read', lambda: {'SimulatePrincipalPolicy': simulate(lambda a, q: 'explicitDeny' if a == 's3:GetObject' else 'allowed')}, 'role access',
     'failed', 'the role may not s3:GetObject'),
    ('nothing to be simulated', lambda: {'SimulatePrincipalPolicy': DENIED_QUERY}, 'pass role', "can't tell", 'iam:SimulatePrincipalPolicy'),
    ('clock', lambda: {'GetCallerIdentity': lambda asked: (200, {'Date': late}, sts('GetCallerIdentity', '<Arn>a</Arn><Account>123456789012</Account>'))},
     'clock', 'failed', 'NTP'),
]


def look():
    env = {k: v for k, v in os.environ.items() if not k.startswith('AWS_')}
    env.update(AWS_ENDPOINT_URL=cloud.url, AWS_REGION='us-east-1', AWS_ACCESS_KEY_ID='AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY='the-secret',
               AWS_CONFIG_FILE='/dev/null', AWS_SHARED_CREDENTIALS_FILE='/dev/null')
    done = subprocess.run([program, 'preflight', '--to', 's3://bucket/p', '--datastore', 'store', '--role', 'arn:aws:iam::123456789012:role/import',
                           '--kms-key', 'arn:aws:kms:us-east-1:123456789012:key/k', '--sse', 'aws:kms', '--json'], env=env, capture_output=True, text=True,
                          timeout=60)
    if 'the-secret' in done.stdout + done.stderr:
        failed.append('a secret is shown')
    return done, {c['Check']: c for c in json.loads(done.stdout)['Checks']}


def fail(why, what):
    failed.append(why)
    print('%s: %s' % (why, what))


all_is_well()
done, checks = look()
for name, c in checks.items():
    if c['Result'] != 'passed' and name != 'quotas':
        fail('all is well', c)
if done.returncode:
    fail('all is well', done.returncode)
principals = [r['form']['PolicySourceArn'] for r in cloud.log if r['op'] == 'SimulatePrincipalPolicy']
if principals != ['arn:aws:iam::123456789012:role/loader', 'arn:aws:iam::123456789012:role/import']:
    fail('whose policies', principals)

for why, change, check, result, text in CASES:
    all_is_well()
    cloud.answers.update(change() or {})
    done, checks = look()
    c = checks[check]
    if c['Result'] != result or text not in c['What'] + ' ' + c.get('Remedy', ''):
        fail(why, c)
    if done.returncode != (result == 'failed'):
        fail(why, 'exit %d' % done.returncode)
    for line in (c.get('Remedy') or '').split('\n'):
        if 'policy: ' in line:
            json.loads(line.split('policy: ')[1])  # a statement that can be taken as it is

print('%d cases, %d failed' % (len(CASES) + 1, len(failed)))
sys.exit(bool(failed))
