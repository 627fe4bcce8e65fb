// The JavaScript SDK, unmodified, against the local service. Arguments: the endpoint, the folder of node_modules.
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const [endpoint, modules] = process.argv.slice(2);
const require = createRequire(modules + "/");
const s3sdk = require("@aws-sdk/client-s3");
const lakesdk = require("@aws-sdk/client-healthlake");
const options = { endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local-secret" }, maxAttempts: 1 };
const s3 = new s3sdk.S3({ ...options, forcePathStyle: true });
const lake = new lakesdk.HealthLake(options);
const at = { Bucket: "script", Key: "a b/ü+.txt" };

// objects: any checksum, streams, ranges, conditions, metadata, copies
await s3.createBucket({ Bucket: "script" });
await s3sdk.waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket: "script" });
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"])
    await s3.putObject({ ...at, Body: "hello", ChecksumAlgorithm, Metadata: { k: "v" }, ContentType: "text/plain" });
await s3sdk.waitUntilObjectExists({ client: s3, maxWaitTime: 10 }, at);
const whole = await s3.getObject(at);
assert.equal(await whole.Body.transformToString(), "hello");
assert.deepEqual([whole.Metadata, whole.ContentType, whole.ContentLength], [{ k: "v" }, "text/plain", 5]);
assert.equal(await (await s3.getObject({ ...at, Range: "bytes=-3" })).Body.transformToString(), "llo");
await assert.rejects(s3.getObject({ ...at, Key: "none" }), { name: "NoSuchKey" });
await assert.rejects(s3.putObject({ ...at, Body: "x", IfNoneMatch: "*" }), { name: "PreconditionFailed" });
await s3.copyObject({ Bucket: "script", Key: "copy", CopySource: encodeURI("script/" + at.Key).replace("+", "%2B") });
assert.equal((await s3.headObject({ Bucket: "script", Key: "copy" })).Metadata.k, "v");

// a multipart upload
const parts = [Buffer.alloc(5 << 20, "a"), Buffer.from("end")];
const { UploadId } = await s3.createMultipartUpload({ ...at, Key: "big" });
const sent = [];
for (const [i, Body] of parts.entries())
    sent.push({ PartNumber: i + 1, ...(await s3.uploadPart({ ...at, Key: "big", UploadId, PartNumber: i + 1, Body })) });
assert.equal((await s3.listParts({ ...at, Key: "big", UploadId })).Parts.length, 2);
const done = await s3.completeMultipartUpload({ ...at, Key: "big", UploadId, MultipartUpload: { Parts: sent } });
const md5 = (b) => createHash("md5").update(b).digest();
assert.equal(done.ETag, `"${md5(Buffer.concat(parts.map(md5))).toString("hex")}-2"`);
assert.equal(Buffer.compare(Buffer.from(await (await s3.getObject({ ...at, Key: "big" })).Body.transformToByteArray()), Buffer.concat(parts)), 0);

// pages, deleting many
const keys = [];
for await (const page of s3sdk.paginateListObjectsV2({ client: s3, pageSize: 1 }, { Bucket: "script" })) keys.push(...page.Contents.map((o) => o.Key));
assert.deepEqual(keys, [at.Key, "big", "copy"]);
assert.equal((await s3.deleteObjects({ Bucket: "script", Delete: { Objects: keys.map((Key) => ({ Key })) } })).Deleted.length, 3);
await s3sdk.waitUntilObjectNotExists({ client: s3, maxWaitTime: 10 }, at);

// HealthLake
const wait = { client: lake, minDelay: 1, maxDelay: 1, maxWaitTime: 60 };
const DataAccessRoleArn = "arn:aws:iam::123456789012:role/r";
const output = { S3Configuration: { S3Uri: "s3://script/out/", KmsKeyId: "alias/k" } };
const { DatastoreId } = await lake.createFHIRDatastore({ DatastoreTypeVersion: "R4", DatastoreName: "js" });
await lakesdk.waitUntilFHIRDatastoreActive(wait, { DatastoreId });
assert.equal((await lake.describeFHIRDatastore({ DatastoreId })).DatastoreProperties.DatastoreName, "js");
assert.equal((await lake.listFHIRDatastores({})).DatastorePropertiesList.length, 1);
await s3.putObject({ Bucket: "script", Key: "in/a.ndjson", Body: '{"resourceType":"Patient","id":"1"}\n' });
let job = await lake.startFHIRImportJob({ DatastoreId, DataAccessRoleArn, InputDataConfig: { S3Uri: "s3://script/in/" }, JobOutputDataConfig: output });
await lakesdk.waitUntilFHIRImportJobCompleted(wait, { DatastoreId, JobId: job.JobId });
const imported = (await lake.describeFHIRImportJob({ DatastoreId, JobId: job.JobId })).ImportJobProperties;
assert.equal(imported.JobProgressReport.TotalNumberOfResourcesImported, 1);
assert.ok(imported.SubmitTime instanceof Date);
assert.equal((await lake.listFHIRImportJobs({ DatastoreId })).ImportJobPropertiesList[0].JobId, job.JobId);
job = await lake.startFHIRExportJob({ DatastoreId, DataAccessRoleArn, OutputDataConfig: output });
await lakesdk.waitUntilFHIRExportJobCompleted(wait, { DatastoreId, JobId: job.JobId });
assert.equal((await lake.describeFHIRExportJob({ DatastoreId, JobId: job.JobId })).ExportJobProperties.JobStatus, "COMPLETED");
assert.equal((await lake.listFHIRExportJobs({ DatastoreId })).ExportJobPropertiesList.length, 1);
await assert.rejects(lake.describeFHIRDatastore({ DatastoreId: "0".repeat(32) }), lakesdk.ResourceNotFoundException);
await lake.deleteFHIRDatastore({ DatastoreId });
await lakesdk.waitUntilFHIRDatastoreDeleted(wait, { DatastoreId });
