"""Credentials from everywhere that they can be, held against what botocore finds in the same place, where it is installed;
renewed before they expire, and when the service calls them expired."""
import hashlib, json, os, shutil, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from cloud import Cloud, role_credentials, sts  # noqa: E402

program = os.environ['FHIRSTAGE']
cloud = Cloud()
home = tempfile.mkdtemp()
failed = []

BASE = '[profile base]\naws_access_key_id = base-key\naws_secret_access_key = s\n'
ROLE = 'role_arn = arn:aws:iam::123456789012:role/'
PROCESS = '{"Version":1,"AccessKeyId":"process-key","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}'
sso_file = hashlib.sha1(b'corp').hexdigest() + '.json'
old_file = hashlib.sha1(b'https://corp.example/start').hexdigest() + '.json'
TOKEN = json.dumps({'accessToken': 'sso-token', 'expiresAt': '2099-01-01T00:00:00Z'})

# why, environment, config file, credentials file, other files, the key expected or what the error says
CASES = [
    ('environment', {'AWS_ACCESS_KEY_ID': 'env-key', 'AWS_SECRET_ACCESS_KEY': 's'}, '', '', {}, 'env-key'),
    ('environment with a token', {'AWS_ACCESS_KEY_ID': 'env-key', 'AWS_SECRET_ACCESS_KEY': 's', 'AWS_SESSION_TOKEN': 't'}, '', '', {}, 'env-key'),
    ('environment before AWS_PROFILE', {'AWS_ACCESS_KEY_ID': 'env-key', 'AWS_SECRET_ACCESS_KEY': 's', 'AWS_PROFILE': 'base'}, BASE, '', {}, 'env-key'),
    ('config file', {'AWS_PROFILE': 'base'}, BASE, '', {}, 'base-key'),
    ('credentials file before config file', {'AWS_PROFILE': 'base'}, BASE, '[base]\naws_access_key_id=file-key\naws_secret_access_key=s\n', {}, 'file-key'),
    ('default profile', {}, '', '[default]\naws_access_key_id = default-key\naws_secret_access_key = s\n', {}, 'default-key'),
    ('role by source_profile', {'AWS_PROFILE': 'r'}, BASE + '[profile r]\n' + ROLE + 'a\nsource_profile = base\n', '', {}, 'role-a-by-base-key'),
    ('role by a role', {'AWS_PROFILE': 'r2'}, BASE + '[profile r]\n' + ROLE + 'a\nsource_profile = base\n[profile r2]\n' + ROLE +
     'b\nsource_profile = r\nexternal_id = ext\nduration_seconds = 900\n', '', {}, 'role-b-by-role-a-by-base-key'),
    ('role of a profile that is its own source', {'AWS_PROFILE': 'r'}, '[profile r]\n' + ROLE + 'a\nsource_profile = r\naws_access_key_id = own\n'
     'aws_secret_access_key = s\n', '', {}, 'role-a-by-own'),
    ('role by the environment', {'AWS_PROFILE': 'r', '@profile': 'r', 'AWS_ACCESS_KEY_ID': 'env-key', 'AWS_SECRET_ACCESS_KEY': 's'},
     '[profile r]\n' + ROLE + 'a\ncredential_source = Environment\n', '', {}, 'role-a-by-env-key'),
    ('role by the container', {'AWS_PROFILE': 'r', 'AWS_CONTAINER_CREDENTIALS_FULL_URI': cloud.url + '/container',
                               'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'container-token'},
     '[profile r]\n' + ROLE + 'a\ncredential_source = EcsContainer\n', '', {}, 'role-a-by-container-key'),
    ('role by the instance', {'AWS_PROFILE': 'r', 'AWS_EC2_METADATA_SERVICE_ENDPOINT': cloud.url},
     '[profile r]\n' + ROLE + 'a\ncredential_source = Ec2InstanceMetadata\n', '', {}, 'role-a-by-imds-key'),
    ('roles in a circle', {'AWS_PROFILE': 'r'}, '[profile r]\n' + ROLE + 'a\nsource_profile = q\n[profile q]\n' + ROLE + 'b\nsource_profile = r\n',
     '', {}, '!in a circle'),
    ('role with MFA', {'AWS_PROFILE': 'r'}, BASE + '[profile r]\n' + ROLE + 'a\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/x\n', '', {}, '!MFA'),
    ('source_profile that is not there', {'AWS_PROFILE': 'r'}, '[profile r]\n' + ROLE + 'a\nsource_profile = none\n', '', {}, '!source_profile none'),
    ('web identity', {'AWS_ROLE_ARN': 'arn:aws:iam::123456789012:role/w', 'AWS_WEB_IDENTITY_TOKEN_FILE': '@/jwt', 'AWS_ROLE_SESSION_NAME': 'name'},
     '', '', {'jwt': 'jwt-1'}, 'web-w-jwt-1'),
    ('web identity of a profile', {'AWS_PROFILE': 'w'}, '[profile w]\n' + ROLE + 'w\nweb_identity_token_file = @/jwt\n', '', {'jwt': 'jwt-2'}, 'web-w-jwt-2'),
    ('web identity without its file', {'AWS_ROLE_ARN': 'arn:aws:iam::123456789012:role/w', 'AWS_WEB_IDENTITY_TOKEN_FILE': '@/none'}, '', '', {},
     '!AWS_WEB_IDENTITY_TOKEN_FILE'),
    ('SSO session', {'AWS_PROFILE': 's'}, '[profile s]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Load er\n'
     '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n', '', {'.aws/sso/cache/' + sso_file: TOKEN},
     'sso-111122223333-Load er'),
    ('SSO of old', {'AWS_PROFILE': 's'}, '[profile s]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\n'
     'sso_role_name = Old\n', '', {'.aws/sso/cache/' + old_file: TOKEN}, 'sso-111122223333-Old'),
    ('SSO without a login', {'AWS_PROFILE': 's'}, '[profile s]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\nsso_account_id = 1\n'
     'sso_role_name = Old\n', '', {}, '!aws sso login --profile s'),
    ('SSO with an old login', {'AWS_PROFILE': 's'}, '[profile s]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\nsso_account_id = 1\n'
     'sso_role_name = Old\n', '', {'.aws/sso/cache/' + old_file: TOKEN.replace('2099', '2019')}, '!the login has expired'),
    ('process', {'AWS_PROFILE': 'p'}, "[profile p]\ncredential_process = \"@/pro cess\" 'a b' c\\ d\n", '',
     {'pro cess': '#!/bin/sh\n[ "$#$1$2" = "2a bc d" ] && echo \'' + PROCESS + "'\n"}, 'process-key'),
    ('process that fails', {'AWS_PROFILE': 'p'}, '[profile p]\ncredential_process = @/fail\n', '',
     {'fail': '#!/bin/sh\necho secret-in-stderr >&2\nexit 7\n'}, '!ended with exit code 7'),
    ('process that is not there', {'AWS_PROFILE': 'p'}, '[profile p]\ncredential_process = @/none\n', '', {}, '!cannot be started'),
    ('process that prints no JSON', {'AWS_PROFILE': 'p'}, '[profile p]\ncredential_process = echo secret-value\n', '', {}, '!no JSON'),
    ('container', {'AWS_CONTAINER_CREDENTIALS_FULL_URI': cloud.url + '/container', 'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'container-token'}, '', '', {},
     'container-key'),
    ('container with a token file', {'AWS_CONTAINER_CREDENTIALS_FULL_URI': cloud.url + '/container',
                                     'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE': '@/token', 'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'wrong'}, '', '',
     {'token': 'container-token'}, 'container-key'),
    ('container elsewhere over http', {'AWS_CONTAINER_CREDENTIALS_FULL_URI': 'http://192.0.2.1/container'}, '', '', {}, '!may not be asked over plain http'),
    ('container elsewhere, disguised', {'AWS_CONTAINER_CREDENTIALS_FULL_URI': 'http://127.0.0.1@192.0.2.1/container'}, '', '', {}, '!may not be asked'),
    ('instance', {'AWS_EC2_METADATA_SERVICE_ENDPOINT': cloud.url + '/'}, '', '', {}, 'imds-key'),
    ('instance not asked', {'AWS_EC2_METADATA_SERVICE_ENDPOINT': cloud.url, 'AWS_EC2_METADATA_DISABLED': 'true'}, '', '', {}, '!none in the environment'),
    ('nothing', {'AWS_EC2_METADATA_DISABLED': 'true'}, '', '', {}, '!none in the environment'),
    ('profile that is not there', {'AWS_PROFILE': 'none'}, BASE, '', {}, '!profile none'),
    ('login of aws login', {'AWS_PROFILE': 'l'}, '[profile l]\nlogin_session = x\n', '', {}, '!export-credentials'),
]


def put(name, text):
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text.replace('@/', home + '/'))
    if text.startswith('#!'):
        os.chmod(path, 0o700)


def environment(extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith('AWS_') and 'proxy' not in k.lower()}
    env.update(HOME=home, AWS_REGION='us-east-1', AWS_DEFAULT_REGION='us-east-1', AWS_MAX_ATTEMPTS='1')
    for service in 'STS', 'SSO', 'HEALTHLAKE':
        env['AWS_ENDPOINT_URL_' + service] = cloud.url
    if 'AWS_EC2_METADATA_SERVICE_ENDPOINT' not in extra:
        env['AWS_EC2_METADATA_DISABLED'] = 'true'
    env.update({k: v.replace('@/', home + '/') for k, v in extra.items() if k[0] != '@'})
    return env


def run(extra, *more):
    args = ['--profile', extra['@profile']] if '@profile' in extra else []
    return subprocess.run([program, '-v', 'api', 'ListFHIRDatastores', *args, *more], env=environment(extra), capture_output=True, text=True, timeout=60)


def fail(why, what):
    failed.append(why)
    print('%s: %s' % (why, what))


def asked_by():
    return [r for r in cloud.log if r['op'] == 'ListFHIRDatastores']


def botocore_key(extra):
    code = 'import botocore.session, sys; s = botocore.session.Session(profile=sys.argv[1] or None); print(s.get_credentials().access_key)'
    done = subprocess.run([sys.executable, '-c', code, extra.get('@profile', '')], env=environment(extra), capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().split('\n')[-1]


def has_botocore():
    return subprocess.run([sys.executable, '-c', 'import botocore'], capture_output=True).returncode == 0


def check(why, extra, config, credentials, files, expected, reference):
    shutil.rmtree(home)
    os.makedirs(home)
    put('.aws/config', config)
    put('.aws/credentials', credentials)
    for name, text in files.items():
        put(name, text)
    cloud.log.clear()
    done = run(extra)
    if 'secret' in done.stderr.replace('--', ''):
        fail(why, 'a secret is shown: ' + done.stderr)
    if expected[0] == '!':
        if done.returncode != 1 or expected[1:] not in done.stderr:
            fail(why, 'exit %d: %s' % (done.returncode, done.stderr))
        return
    keys = [r['key'] for r in asked_by()]
    if done.returncode or keys != [expected]:
        fail(why, 'exit %d, by %s: %s' % (done.returncode, keys, done.stderr))
    if reference and botocore_key(extra) != expected:
        fail(why, 'botocore finds ' + botocore_key(extra))


reference = has_botocore()
for case in CASES:
    check(*case, reference)

# What is about to expire is renewed; what the service calls expired too, and the request is sent again with it.
count = [0]


def next_key(asked):
    count[0] += 1
    return 200, {}, sts('AssumeRole', role_credentials('key-%d' % count[0], time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + LIFE))))


def refuse_first(asked):
    if asked['key'] == 'key-1':
        return 400, {}, '{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}'
    return None


put('.aws/config', BASE + '[profile r]\n' + ROLE + 'a\nsource_profile = base\n')
put('.aws/credentials', '')
cloud.answers = {'AssumeRole': next_key, 'ListFHIRDatastores': refuse_first}
for why, LIFE, keys in ('called expired', 7200, ['key-1', 'key-2']), ('nearly expired', 60, ['key-4']):
    cloud.log.clear()
    done = run({'AWS_PROFILE': 'r'})
    if done.returncode or [r['key'] for r in asked_by()] != keys:
        fail(why, 'exit %d, by %s: %s' % (done.returncode, [r['key'] for r in asked_by()], done.stderr))

# Those that cannot be renewed: one request, one clear error.
cloud.answers = {'ListFHIRDatastores': (400, {}, '{"__type":"ExpiredTokenException","message":"expired"}')}
cloud.log.clear()
done = run({'AWS_ACCESS_KEY_ID': 'k', 'AWS_SECRET_ACCESS_KEY': 's', 'AWS_SESSION_TOKEN': 't'})
if done.returncode != 4 or len(asked_by()) != 1 or 'get new ones' not in done.stderr:
    fail('not to be renewed', '%d requests, exit %d: %s' % (len(asked_by()), done.returncode, done.stderr))

# A refusal of STS is told with its code, and which profile it was for.
cloud.answers = {'AssumeRole': (403, {}, '<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: x is not authorized to perform: '
                                         'sts:AssumeRole on resource: y</Message></Error></ErrorResponse>')}
done = run({'AWS_PROFILE': 'r'})
if 'profile r: AssumeRole: AccessDenied' not in done.stderr or 'must allow sts:AssumeRole' not in done.stderr:
    fail('AssumeRole refused', done.stderr)

shutil.rmtree(home)
print('%d cases%s, %d failed' % (len(CASES) + 4, ' beside botocore' if reference else ', without botocore', len(failed)))
sys.exit(bool(failed))
