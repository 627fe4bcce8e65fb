#!/usr/bin/env python3
"""kill.py FHIRSTAGE [--kills N] [--jobs N] [--lines N] [--seed N] — kill -9 the service again and again while jobs are
queued and run; then every job has ended once, and everything that was to be stored and written is there, once.

Half of the jobs import, each a file of the same patients with another family name and some patients of its own; half
export. They are started while the service is being killed: a start whose answer was lost is sent again with its token.
"""
import argparse, json, os, random, shutil, signal, sqlite3, subprocess, sys, tempfile, time, urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from sigv4 import request

a = argparse.ArgumentParser()
a.add_argument('fhirstage')
a.add_argument('--kills', type=int, default=50)
a.add_argument('--jobs', type=int, default=20)
a.add_argument('--lines', type=int, default=4000, help='of an imported file')
a.add_argument('--seed', type=int, default=None)
a = a.parse_args()
seed = a.seed if a.seed is not None else random.SystemRandom().randrange(1 << 32)
chance = random.Random(seed)
folder = tempfile.mkdtemp(prefix='fhirstage-kill-')
lake = os.path.join(folder, 'lake')
ROLE, KEY = 'arn:aws:iam::123456789012:role/r', 'alias/k'
service = endpoint = None


def start():
    global service, endpoint
    service = subprocess.Popen([a.fhirstage, 'serve', '--listen', '127.0.0.1:0', '--dir', lake], stdout=subprocess.PIPE)
    line = service.stdout.readline()
    if not line:
        fail('the service does not start again: exit %s' % service.wait())
    endpoint = json.loads(line)['endpoint']


def fail(why):
    if service and service.poll() is None:
        service.kill()
    sys.exit('seed %d: %s (left in %s)' % (seed, why, folder))


def api(operation, body):
    status, _, data = request('healthlake', 'POST', endpoint + '/', {'x-amz-target': 'HealthLake.' + operation,
                              'content-type': 'application/x-amz-json-1.0'}, json.dumps(body).encode())
    if status != 200:
        fail('%s: %d %s' % (operation, status, data[:300]))
    return json.loads(data)


def s3(method, key, body=b''):
    return request('s3', method, '%s/bucket/%s' % (endpoint, urllib.parse.quote(key)), {}, body)


def listed(prefix):
    status, _, data = request('s3', 'GET', '%s/bucket?list-type=2&prefix=%s' % (endpoint, urllib.parse.quote(prefix, safe='')))
    return [k.split(b'</Key>')[0].decode() for k in data.split(b'<Key>')[1:]]


def patient(pid, family):
    return json.dumps({'resourceType': 'Patient', 'id': pid, 'name': [{'family': family, 'given': ['x' * 400]}]})


imports = a.jobs // 2
own = a.lines // 10
start()
store = api('CreateFHIRDatastore', {'DatastoreTypeVersion': 'R4', 'ClientToken': 'store'})['DatastoreId']
assert request('s3', 'PUT', endpoint + '/bucket')[0] == 200
for i in range(imports):
    lines = [patient('shared-%d' % n, 'family-%d' % i) for n in range(a.lines - own)] + [patient('own-%d-%d' % (i, n), 'own') for n in range(own)]
    lines.insert(len(lines) // 2, '{"resourceType":"Patient"')
    assert s3('PUT', 'in/%d/file.ndjson' % i, '\n'.join(lines).encode())[0] == 200

requests = []
for i in range(a.jobs):
    output = {'S3Configuration': {'S3Uri': 's3://bucket/out/', 'KmsKeyId': KEY}}
    common = {'DatastoreId': store, 'DataAccessRoleArn': ROLE, 'ClientToken': 'token-%d' % i, 'JobName': 'job-%d' % i}
    if i % 2 == 0 and i // 2 < imports:
        requests.append(('StartFHIRImportJob', dict(common, InputDataConfig={'S3Uri': 's3://bucket/in/%d/' % (i // 2)}, JobOutputDataConfig=output)))
    else:
        requests.append(('StartFHIRExportJob', dict(common, OutputDataConfig=output)))

# ---- the killing: a number of starts in each life, some of them answered
jobs, at, kills, hits = {}, 0, 0, 0 # hits: a job was running
while kills < a.kills:
    end = time.monotonic() + chance.uniform(0, 0.4)
    while at < len(requests) and time.monotonic() < end and at <= kills * len(requests) // max(1, a.kills // 2):
        operation, body = requests[at]
        if chance.random() < 0.3: # no time to see the answer
            pid = os.fork()
            if not pid:
                try:
                    api(operation, body)
                except BaseException:
                    pass
                os._exit(0)
            time.sleep(chance.uniform(0, 0.01))
            service.send_signal(signal.SIGKILL)
            os.waitpid(pid, 0)
            break
        jobs[at] = api(operation, body)['JobId']
        at += 1
    if service.poll() is None:
        time.sleep(max(0, end - time.monotonic()))
        service.send_signal(signal.SIGKILL)
    service.wait()
    kills += 1
    with sqlite3.connect(os.path.join(lake, 'store.sqlite')) as db:
        hits += db.execute("SELECT count(*) FROM job WHERE status = 'IN_PROGRESS'").fetchone()[0] > 0
    db.close()
    start()
for i, (operation, body) in enumerate(requests): # again, all of them: the same token is the same job
    job = api(operation, body)['JobId']
    if jobs.setdefault(i, job) != job:
        fail('job %d was started twice: %s and %s' % (i, jobs[i], job))

# ---- what is there now
deadline = time.monotonic() + 300
states = {}
for kind in 'Import', 'Export':
    while time.monotonic() < deadline:
        found = api('ListFHIR%sJobs' % kind, {'DatastoreId': store, 'MaxResults': 500})['%sJobPropertiesList' % kind]
        if all('EndTime' in j for j in found):
            break
        time.sleep(0.1)
    states.update({j['JobId']: j for j in found})
if sorted(states) != sorted(jobs.values()):
    fail('%d jobs are listed, %d were started' % (len(states), len(jobs)))
events = [json.loads(line) for line in open(os.path.join(lake, 'events.ndjson'))]
if len({e['id'] for e in events}) != len(events):
    fail('an event was written twice')
versions = 0
for i, (operation, body) in enumerate(requests):
    job = states[jobs[i]]
    imported = operation == 'StartFHIRImportJob'
    if job['JobStatus'] != ('COMPLETED_WITH_ERRORS' if imported else 'COMPLETED'):
        fail('job %d: %s' % (i, job))
    told = [e['detail']['jobStatus'] for e in events if e['detail'].get('jobId') == jobs[i]]
    if told.count(job['JobStatus']) != 1 or told.count('SUBMITTED') != 1 or told[-1] != job['JobStatus']:
        fail('job %d: its events are %s' % (i, told))
    root = 'out/%s-FHIR_%s-%s/' % (store, 'IMPORT' if imported else 'EXPORT', jobs[i])
    keys = listed(root)
    if imported:
        r = job['JobProgressReport']
        got = [r['TotalNumberOf' + n] for n in ('ScannedFiles', 'ResourcesScanned', 'ResourcesImported', 'ResourcesWithCustomerError')]
        if got != [1, a.lines + 1, a.lines, 1]:
            fail('job %d: its report says %s' % (i, got))
        if sorted(k[len(root):] for k in keys) != ['FAILURE/file.ndjson', 'Manifest.json', 'SUCCESS/file.ndjson']:
            fail('job %d wrote %s' % (i, keys))
        if len(s3('GET', root + 'SUCCESS/file.ndjson')[2].splitlines()) != a.lines:
            fail('job %d: the log of what was imported is not whole' % i)
        versions += 1
    else:
        ids = [json.loads(line)['id'] for k in keys for line in s3('GET', k)[2].splitlines()]
        if len(set(ids)) != len(ids):
            fail('job %d exported %d resources twice' % (i, len(ids) - len(set(ids))))
def rest(path):
    return json.loads(request('healthlake', 'GET', '%s/datastore/%s/r4/%s' % (endpoint, store, path))[2])


total = rest('Patient?_summary=count')['total']
if total != a.lines - own + imports * own:
    fail('%d patients, not %d' % (total, a.lines - own + imports * own))
for n in 0, (a.lines - own) // 2, a.lines - own - 1:
    shared = rest('Patient/shared-%d' % n)
    if shared['name'][0]['family'] != 'family-%d' % (imports - 1) or shared['meta']['versionId'] != str(versions):
        fail('a patient that came %d times: version %s, family %s' % (versions, shared['meta']['versionId'], shared['name'][0]['family']))
ended = [states[jobs[i]]['EndTime'] for i in range(0, a.jobs, 2)]
if ended != sorted(ended):
    fail('imports did not run in turn')
if not hits:
    fail('no job ran when the service was killed')
service.terminate()
service.wait()
shutil.rmtree(folder)
print('%d kills, %d of them while a job ran, %d jobs of %d lines (seed %d)' % (kills, hits, len(jobs), a.lines, seed))
