"""boto3, unmodified, against the local service: the nine HealthLake operations with their waiters, and S3 as clients use it.

Arguments: the endpoint, a folder for files. Exits 1 at the first thing that is not as it should be.
"""
import base64
import concurrent.futures
import datetime
import hashlib
import io
import os
import sys
import time
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

endpoint, folder = sys.argv[1:3]
MIB = 1 << 20
PART = 5 * MIB


def client(service, **config):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="local",
                        aws_secret_access_key="local-secret", config=Config(retries={"max_attempts": 1}, **config))


s3 = client("s3", s3={"addressing_style": "path"})


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r}, not {want!r}")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        check(f"{call.__name__} {arguments}", e.response["Error"]["Code"], code)
        return e.response
    sys.exit(f"{call.__name__} {arguments}: not refused with {code}")


def buckets():
    s3.create_bucket(Bucket="first")
    s3.create_bucket(Bucket="second", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.get_waiter("bucket_exists").wait(Bucket="second")
    check("buckets", [b["Name"] for b in s3.list_buckets()["Buckets"]], ["first", "second"])
    check("region", s3.get_bucket_location(Bucket="second")["LocationConstraint"], "eu-west-1")
    check("no region", s3.get_bucket_location(Bucket="first")["LocationConstraint"], None)
    check("region of head", s3.head_bucket(Bucket="second")["BucketRegion"], "eu-west-1")
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="second", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    refused("404", s3.head_bucket, Bucket="third")
    s3.delete_bucket(Bucket="second")
    s3.get_waiter("bucket_not_exists").wait(Bucket="second")


def objects():
    body = bytes(range(256)) * 4
    put = s3.put_object(Bucket="first", Key="a/b.bin", Body=body, ContentType="text/x-test", CacheControl="no-cache",
                        ContentDisposition="inline", ContentEncoding="identity", ContentLanguage="de", Metadata={"Who": "Zo", "n": "1"},
                        ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/k", StorageClass="STANDARD_IA", Tagging="x=1&y=2")
    check("SSE", (put["ServerSideEncryption"], put["SSEKMSKeyId"]), ("aws:kms", "alias/k"))
    s3.get_waiter("object_exists").wait(Bucket="first", Key="a/b.bin")
    head = s3.head_object(Bucket="first", Key="a/b.bin")
    check("head", [head[k] for k in ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Metadata",
                                     "StorageClass", "ContentLength", "ETag")],
          ["text/x-test", "no-cache", "inline", "identity", "de", {"who": "Zo", "n": "1"}, "STANDARD_IA", 1024, put["ETag"]])
    get = s3.get_object(Bucket="first", Key="a/b.bin", ResponseContentType="a/b", ResponseCacheControl="max-age=1")
    check("body", get["Body"].read(), body)
    check("overridden", (get["ContentType"], get["CacheControl"]), ("a/b", "max-age=1"))
    for given, want, span in (("bytes=0-9", body[:10], "bytes 0-9/1024"), ("bytes=1000-", body[1000:], "bytes 1000-1023/1024"),
                              ("bytes=-24", body[-24:], "bytes 1000-1023/1024"), ("bytes=1020-9999", body[1020:], "bytes 1020-1023/1024")):
        got = s3.get_object(Bucket="first", Key="a/b.bin", Range=given)
        check(given, (got["Body"].read(), got["ContentRange"]), (want, span))
    refused("InvalidRange", s3.get_object, Bucket="first", Key="a/b.bin", Range="bytes=1024-")
    answer = refused("NoSuchKey", s3.get_object, Bucket="first", Key="none")
    check("status", answer["ResponseMetadata"]["HTTPStatusCode"], 404)
    if not answer["ResponseMetadata"]["RequestId"]:
        sys.exit("no request id")
    check("tags", s3.get_object_tagging(Bucket="first", Key="a/b.bin")["TagSet"], [{"Key": "x", "Value": "1"}, {"Key": "y", "Value": "2"}])
    s3.put_object_tagging(Bucket="first", Key="a/b.bin", Tagging={"TagSet": [{"Key": "z &", "Value": "ü"}]})
    check("new tags", s3.get_object_tagging(Bucket="first", Key="a/b.bin")["TagSet"], [{"Key": "z &", "Value": "ü"}])
    s3.delete_object_tagging(Bucket="first", Key="a/b.bin")
    check("no tags", s3.get_object_tagging(Bucket="first", Key="a/b.bin")["TagSet"], [])
    attributes = s3.get_object_attributes(Bucket="first", Key="a/b.bin", ObjectAttributes=["ETag", "ObjectSize", "StorageClass", "Checksum"])
    check("attributes", (attributes["ObjectSize"], attributes["StorageClass"], attributes["ETag"]), (1024, "STANDARD_IA", put["ETag"].strip('"')))
    for key in ("../../etc/passwd", "a//b", "/leading", "trailing/", ".", "..", "%2e%2e/x", "a+b c&d=e?f#g", "ü" * 512, "tab\tnewline\n"):
        s3.put_object(Bucket="first", Key=key, Body=key.encode())
        check(key, s3.get_object(Bucket="first", Key=key)["Body"].read(), key.encode())
        if key not in [o["Key"] for o in s3.list_objects_v2(Bucket="first")["Contents"]]:
            sys.exit(f"{key!r} is not listed")
        s3.delete_object(Bucket="first", Key=key)
        s3.get_waiter("object_not_exists").wait(Bucket="first", Key=key)
    refused("KeyTooLongError", s3.put_object, Bucket="first", Key="k" * 1025)
    refused("MetadataTooLarge", s3.put_object, Bucket="first", Key="k", Metadata={"a": "x" * 2048})


def conditions():
    etag = s3.put_object(Bucket="first", Key="c", Body=b"1", IfNoneMatch="*")["ETag"]
    refused("PreconditionFailed", s3.put_object, Bucket="first", Key="c", Body=b"2", IfNoneMatch="*")
    refused("PreconditionFailed", s3.put_object, Bucket="first", Key="c", Body=b"2", IfMatch='"other"')
    refused("NoSuchKey", s3.put_object, Bucket="first", Key="gone", Body=b"2", IfMatch=etag)
    s3.put_object(Bucket="first", Key="c", Body=b"1", IfMatch=etag)
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    get = dict(Bucket="first", Key="c")
    for good in ({"IfMatch": etag}, {"IfNoneMatch": '"other"'}, {"IfModifiedSince": now - hour}, {"IfUnmodifiedSince": now + hour},
                 {"IfMatch": etag, "IfUnmodifiedSince": now - hour}):
        check(good, s3.get_object(**get, **good)["Body"].read(), b"1")
    for code, bad in (("PreconditionFailed", {"IfMatch": '"other"'}), ("304", {"IfNoneMatch": etag}), ("304", {"IfModifiedSince": now + hour}),
                      ("PreconditionFailed", {"IfUnmodifiedSince": now - hour}), ("304", {"IfNoneMatch": etag, "IfModifiedSince": now - hour})):
        refused(code, s3.get_object, **get, **bad)
    refused("PreconditionFailed", s3.copy_object, Bucket="first", Key="d", CopySource="first/c", CopySourceIfMatch='"other"')
    refused("PreconditionFailed", s3.delete_object, Bucket="first", Key="c", IfMatch='"other"')
    s3.delete_object(Bucket="first", Key="c", IfMatch=etag)


def lists():
    keys = [f"l/{d}/{n}" for d in "abc" for n in range(4)] + ["l/top", "l/ü+& <x>"]
    for key in keys:
        s3.put_object(Bucket="first", Key=key, Body=b"x")
    want = sorted(keys, key=lambda k: k.encode())
    for name in ("list_objects", "list_objects_v2"):
        for size in (1, 3, 1000):
            pages = s3.get_paginator(name).paginate(Bucket="first", Prefix="l/", PaginationConfig={"PageSize": size})
            check(f"{name} by {size}", [o["Key"] for p in pages for o in p["Contents"]], want)
            pages = list(s3.get_paginator(name).paginate(Bucket="first", Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": size}))
            check(f"{name} prefixes by {size}", [c["Prefix"] for p in pages for c in p.get("CommonPrefixes", [])], ["l/a/", "l/b/", "l/c/"])
            check(f"{name} rest by {size}", [o["Key"] for p in pages for o in p.get("Contents", [])], want[12:])
    check("start-after", s3.list_objects_v2(Bucket="first", Prefix="l/", StartAfter="l/c/3")["KeyCount"], 2)
    check("owner", s3.list_objects_v2(Bucket="first", Prefix="l/", FetchOwner=True, MaxKeys=1)["Contents"][0]["Owner"]["ID"], "000000000000")
    deleted = s3.delete_objects(Bucket="first", Delete={"Objects": [{"Key": k} for k in want]})["Deleted"]
    check("deleted", [d["Key"] for d in deleted], want)
    check("after", s3.list_objects_v2(Bucket="first", Prefix="l/")["KeyCount"], 0)


def checksums():
    body = b"123456789"
    known = {"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg=", "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
             "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="}
    for name, value in known.items():
        s3.put_object(Bucket="first", Key="sum", Body=body, **{f"Checksum{name}": value})
        head = s3.head_object(Bucket="first", Key="sum", ChecksumMode="ENABLED")
        check(name, (head[f"Checksum{name}"], head["ChecksumType"]), (value, "FULL_OBJECT"))
        refused("BadDigest", s3.put_object, Bucket="first", Key="sum", Body=body + b"!", **{f"Checksum{name}": value})
    for name in ("CRC32", "SHA1", "SHA256"):  # as a trailer of an unsigned stream, over what cannot be read twice
        put = s3.put_object(Bucket="first", Key="trailer", Body=io.BytesIO(body), ChecksumAlgorithm=name)
        check(f"{name} trailing", put[f"Checksum{name}"], known[name])
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    s3.put_object(Bucket="first", Key="md5", Body=body, ContentMD5=md5)
    refused("BadDigest", s3.put_object, Bucket="first", Key="md5", Body=body + b"!", ContentMD5=md5)
    refused("InvalidDigest", s3.put_object, Bucket="first", Key="md5", Body=body, ContentMD5="bad")


def composite(parts):
    return base64.b64encode(hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).digest()).decode() + f"-{len(parts)}"


def multipart():
    at = dict(Bucket="first", Key="m")
    parts = [os.urandom(PART), os.urandom(PART), b"end"]
    up = s3.create_multipart_upload(**at, ChecksumAlgorithm="SHA256", Metadata={"k": "v"})["UploadId"]
    check("uploads", [u["UploadId"] for p in s3.get_paginator("list_multipart_uploads").paginate(Bucket="first") for u in p["Uploads"]], [up])
    sent = []
    for number, part in enumerate(parts, 1):
        answer = s3.upload_part(**at, UploadId=up, PartNumber=number, Body=part, ChecksumAlgorithm="SHA256")
        sent.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]})
    pages = list(s3.get_paginator("list_parts").paginate(**at, UploadId=up, PaginationConfig={"PageSize": 2}))
    check("parts", [p["Size"] for page in pages for p in page["Parts"]], [PART, PART, 3])
    finish = s3.complete_multipart_upload
    refused("InvalidPart", finish, **at, UploadId=up, MultipartUpload={"Parts": [dict(sent[0], ETag='"no"')]})
    refused("InvalidPartOrder", finish, **at, UploadId=up, MultipartUpload={"Parts": sent[1::-1]})
    refused("NoSuchUpload", finish, **at, UploadId="nothing", MultipartUpload={"Parts": sent})
    refused("BadDigest", finish, **at, UploadId=up, MultipartUpload={"Parts": sent}, ChecksumSHA256=composite(parts[:2]))
    done = finish(**at, UploadId=up, MultipartUpload={"Parts": sent}, ChecksumSHA256=composite(parts))
    etag = '"' + hashlib.md5(b"".join(hashlib.md5(p).digest() for p in parts)).hexdigest() + '-3"'
    check("etag", (done["ETag"], done["ChecksumSHA256"], done["ChecksumType"]), (etag, composite(parts), "COMPOSITE"))
    check("again", finish(**at, UploadId=up, MultipartUpload={"Parts": sent})["ETag"], etag)
    whole = s3.get_object(**at)
    check("whole", (whole["Body"].read() == b"".join(parts), whole["Metadata"]), (True, {"k": "v"}))
    second = s3.get_object(**at, PartNumber=2)
    check("part 2", (second["Body"].read() == parts[1], second["PartsCount"]), (True, 3))
    attributes = s3.get_object_attributes(**at, ObjectAttributes=["ObjectParts"], MaxParts=2)["ObjectParts"]
    check("attributes", (attributes["TotalPartsCount"], len(attributes["Parts"]), attributes["IsTruncated"]), (3, 2, True))

    small = s3.create_multipart_upload(**at)["UploadId"]
    tags = [s3.upload_part(**at, UploadId=small, PartNumber=n, Body=b"small")["ETag"] for n in (1, 2)]
    refused("EntityTooSmall", finish, **at, UploadId=small, MultipartUpload={"Parts": [{"PartNumber": n + 1, "ETag": t} for n, t in enumerate(tags)]})
    s3.abort_multipart_upload(**at, UploadId=small)
    refused("NoSuchUpload", s3.list_parts, **at, UploadId=small)

    for name in ("CRC32", "CRC32C", "CRC64NVME"):  # of all bytes, put together from the parts'
        full = s3.create_multipart_upload(**at, ChecksumAlgorithm=name, ChecksumType="FULL_OBJECT")["UploadId"]
        first = s3.upload_part_copy(**at, UploadId=full, PartNumber=1, CopySource="first/m", CopySourceRange=f"bytes=0-{PART - 1}")
        rest = s3.upload_part_copy(**at, UploadId=full, PartNumber=2, CopySource="first/m", CopySourceRange=f"bytes={PART}-{2 * PART + 2}")
        joined = finish(**at, UploadId=full, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": first["CopyPartResult"]["ETag"]},
                                                                        {"PartNumber": 2, "ETag": rest["CopyPartResult"]["ETag"]}]})
        s3.copy_object(Bucket="first", Key="one", CopySource="first/m", ChecksumAlgorithm=name)
        one = s3.head_object(Bucket="first", Key="one", ChecksumMode="ENABLED")
        check(f"{name} of all", joined[f"Checksum{name}"], one[f"Checksum{name}"])
    check("copied", s3.get_object(Bucket="first", Key="one")["Body"].read() == b"".join(parts), True)

    path = os.path.join(folder, "big")
    with open(path, "wb") as f:
        f.write(os.urandom(12 * MIB + 5))
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_file(path, "first", "big", Config=config)
    s3.copy({"Bucket": "first", "Key": "big"}, "first", "big2", Config=config)
    s3.download_file("first", "big2", path + ".back", Config=config)
    with open(path, "rb") as a, open(path + ".back", "rb") as b:
        check("file", a.read() == b.read(), True)


def copies():
    s3.put_object(Bucket="first", Key="from +ü", Body=b"copied", Metadata={"a": "1"}, ContentType="x/y")
    s3.copy_object(Bucket="first", Key="to", CopySource={"Bucket": "first", "Key": "from +ü"})
    to = s3.get_object(Bucket="first", Key="to")
    check("copy", (to["Body"].read(), to["Metadata"], to["ContentType"]), (b"copied", {"a": "1"}, "x/y"))
    s3.copy_object(Bucket="first", Key="to", CopySource="first/to", Metadata={"b": "2"}, MetadataDirective="REPLACE")
    check("replaced", s3.head_object(Bucket="first", Key="to")["Metadata"], {"b": "2"})
    refused("InvalidRequest", s3.copy_object, Bucket="first", Key="to", CopySource="first/to")
    refused("NoSuchKey", s3.copy_object, Bucket="first", Key="to", CopySource="first/nothing")
    refused("NoSuchBucket", s3.copy_object, Bucket="first", Key="to", CopySource="nowhere/to")


def settings():
    at = dict(Bucket="set")
    s3.create_bucket(**at, ObjectOwnership="BucketOwnerPreferred")
    s3.create_bucket(**at)  # in us-east-1 it may be made again
    names = [b["Name"] for p in s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1}) for b in p["Buckets"]]
    check("buckets by 1", names, ["first", "set"])
    check("buckets by prefix", [b["Name"] for b in s3.list_buckets(Prefix="se")["Buckets"]], ["set"])
    check("ownership", s3.get_bucket_ownership_controls(**at)["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerPreferred"}])
    every = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    check("blocked as new buckets are", s3.get_public_access_block(**at)["PublicAccessBlockConfiguration"], dict.fromkeys(every, True))
    s3.put_public_access_block(**at, PublicAccessBlockConfiguration=dict.fromkeys(every, True))
    refused("AccessDenied", s3.put_bucket_acl, **at, ACL="public-read")
    refused("AccessDenied", s3.put_object, **at, Key="k", ACL="public-read")
    s3.delete_public_access_block(**at)
    refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, **at)
    s3.put_object(**at, Key="open", Body=b"open", ACL="public-read")
    s3.put_object(**at, Key="closed", Body=b"closed")
    check("anyone", urllib.request.urlopen(f"{endpoint}/set/open").read(), b"open")
    for key in ("closed", "nothing"):
        try:
            urllib.request.urlopen(f"{endpoint}/set/{key}")
            sys.exit(f"anyone may read {key}")
        except urllib.error.HTTPError as e:
            check(key, e.code, 403)
    s3.put_object_acl(**at, Key="open", ACL="private")
    check("grants", len(s3.get_object_acl(**at, Key="open")["Grants"]), 1)
    refused("NoSuchTagSet", s3.get_bucket_tagging, **at)
    s3.put_bucket_tagging(**at, Tagging={"TagSet": [{"Key": "team", "Value": "x"}]})
    check("bucket's tags", s3.get_bucket_tagging(**at)["TagSet"], [{"Key": "team", "Value": "x"}])
    for tags in ([{"Key": "k" * 129, "Value": ""}], [{"Key": "a", "Value": "v" * 257}], [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]):
        refused("InvalidTag", s3.put_object_tagging, **at, Key="open", Tagging={"TagSet": tags})
    kms = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"}
    s3.put_bucket_encryption(**at, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": kms}]})
    put = s3.put_object(**at, Key="k", Body=b"x")
    check("default encryption", (put["ServerSideEncryption"], s3.head_object(**at, Key="k")["SSEKMSKeyId"]), ("aws:kms", "alias/mine"))
    s3.delete_bucket_encryption(**at)
    check("S3's own again", s3.get_bucket_encryption(**at)["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"],
          {"SSEAlgorithm": "AES256"})
    s3.head_bucket(**at, ExpectedBucketOwner="000000000000")
    refused("AccessDenied", s3.get_object, **at, Key="k", ExpectedBucketOwner="111111111111")
    refused("AccessDenied", s3.copy_object, **at, Key="c", CopySource="set/k", ExpectedSourceBucketOwner="111111111111")
    for key in ("a/1", "a/2", "b/1", "c"):
        s3.create_multipart_upload(**at, Key=key)
    for size in (1, 1000):
        pages = list(s3.get_paginator("list_multipart_uploads").paginate(**at, Delimiter="/", PaginationConfig={"PageSize": size}))
        check(f"uploads' prefixes by {size}", [c["Prefix"] for p in pages for c in p.get("CommonPrefixes", [])], ["a/", "b/"])
        check(f"uploads by {size}", [u["Key"] for p in pages for u in p.get("Uploads", [])], ["c"])
    refused("InvalidRequest", s3.put_object, **at, Key="k", Body=b"123456789", ChecksumCRC32="y/Q5Jg==", ChecksumSHA1="98O8HYCOBHMq32eZZczDTKeuNEE=")
    refused("NotImplemented", s3.put_object, **at, Key="k", Body=b"x", ChecksumSHA512="wrong")
    refused("InvalidArgument", s3.copy_object, **at, Key="c", CopySource="set/k", MetadataDirective="MOVE")
    for key in ("open", "closed", "k"):
        s3.delete_object(**at, Key=key)
    s3.delete_bucket(**at)


def races():
    """Of many who complete an upload at once all are told the same, as S3 does: it is the same upload."""
    at = dict(Bucket="first", Key="race")
    for _ in range(5):
        up = s3.create_multipart_upload(**at)["UploadId"]
        parts = {"Parts": [{"PartNumber": n, "ETag": s3.upload_part(**at, UploadId=up, PartNumber=n, Body=b"x" * PART)["ETag"]} for n in (1, 2)]}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            etags = list(pool.map(lambda _: s3.complete_multipart_upload(**at, UploadId=up, MultipartUpload=parts)["ETag"], range(8)))
        check("one ETag", len(set(etags)), 1)
    check("whole", s3.head_object(**at)["ContentLength"], 2 * PART)


def versions():
    at = dict(Bucket="versioned", Key="v")
    s3.create_bucket(Bucket="versioned")
    check("no versions", s3.get_bucket_versioning(Bucket="versioned").get("Status"), None)
    s3.put_object(**at, Body=b"plain")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    ids = ["null"] + [s3.put_object(**at, Body=b"%d" % n)["VersionId"] for n in range(3)]
    check("newest", (s3.get_object(**at)["Body"].read(), s3.head_object(**at)["VersionId"]), (b"2", ids[3]))
    check("first", s3.get_object(**at, VersionId="null")["Body"].read(), b"plain")
    gone = s3.delete_object(**at)
    check("marker", gone["DeleteMarker"], True)
    answer = refused("NoSuchKey", s3.get_object, **at)
    check("marker's headers", answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"], "true")
    refused("MethodNotAllowed", s3.get_object, **at, VersionId=gone["VersionId"])
    refused("NoSuchVersion", s3.get_object, **at, VersionId="0" * 32)
    check("no object", s3.list_objects_v2(Bucket="versioned")["KeyCount"], 0)
    for size in (1, 2, 1000):
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket="versioned", PaginationConfig={"PageSize": size}))
        check(f"versions by {size}", [v["VersionId"] for p in pages for v in p.get("Versions", [])], ids[::-1])
        check(f"markers by {size}", [(m["VersionId"], m["IsLatest"]) for p in pages for m in p.get("DeleteMarkers", [])], [(gone["VersionId"], True)])
    s3.delete_object(**at, VersionId=gone["VersionId"])
    check("back again", s3.get_object(**at)["Body"].read(), b"2")
    s3.delete_object(**at, VersionId=ids[3])
    check("the one before", s3.get_object(**at)["VersionId"], ids[2])
    s3.copy_object(Bucket="versioned", Key="copy", CopySource={"Bucket": "versioned", "Key": "v", "VersionId": ids[1]})
    check("copy of a version", s3.get_object(Bucket="versioned", Key="copy")["Body"].read(), b"0")
    s3.put_object_tagging(**at, VersionId=ids[1], Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    check("tags of a version", [s3.get_object_tagging(**at, VersionId=v)["TagSet"] for v in ids[1:3]], [[{"Key": "a", "Value": "b"}], []])
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Suspended"})
    check("no id", s3.put_object(**at, Body=b"again plain").get("VersionId"), None)
    check("null once", sorted(v["VersionId"] for v in s3.list_object_versions(Bucket="versioned", Prefix="v")["Versions"]), sorted(["null"] + ids[1:3]))
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="versioned")
    everything = s3.list_object_versions(Bucket="versioned")["Versions"]
    s3.delete_objects(Bucket="versioned", Delete={"Objects": [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in everything]})
    s3.delete_bucket(Bucket="versioned")


def signing():
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "first", "Key": "to"}, ExpiresIn=60)
    check("presigned GET", urllib.request.urlopen(url).read(), b"copied")
    v4 = client("s3", s3={"addressing_style": "path"}, signature_version="s3v4")
    url = v4.generate_presigned_url("get_object", Params={"Bucket": "first", "Key": "to"}, ExpiresIn=60)
    check("presigned GET, version 4", urllib.request.urlopen(url).read(), b"copied")
    url = v4.generate_presigned_url("put_object", Params={"Bucket": "first", "Key": "pre signed"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(url, data=b"put", method="PUT"))
    check("presigned PUT", s3.get_object(Bucket="first", Key="pre signed")["Body"].read(), b"put")
    for changed in (url.replace("pre%20signed", "other"), url[:-1] + ("0" if url[-1] != "0" else "1")):
        try:
            urllib.request.urlopen(urllib.request.Request(changed, data=b"put", method="PUT"))
            sys.exit("a changed URL was taken")
        except urllib.error.HTTPError as e:
            check("changed URL", e.code, 403)
    gone = [c.generate_presigned_url("get_object", Params={"Bucket": "first", "Key": "to"}, ExpiresIn=1) for c in (s3, v4)]
    time.sleep(2.1)
    for url in gone:
        try:
            urllib.request.urlopen(url)
            sys.exit("an expired URL was taken")
        except urllib.error.HTTPError as e:
            check("expired", (e.code, b"Request has expired" in e.read()), (403, True))
    wrong = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="wrong")
    refused("SignatureDoesNotMatch", wrong.get_object, Bucket="first", Key="to")
    unknown = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="who", aws_secret_access_key="wrong")
    refused("InvalidAccessKeyId", unknown.put_object, Bucket="first", Key="to", Body=b"x" * 100000)
    refused("AccessDenied", boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(signature_version=UNSIGNED)).get_object,
            Bucket="first", Key="to")
    for style in ({"payload_signing_enabled": True}, {"payload_signing_enabled": False}):
        signed = client("s3", s3=dict(style, addressing_style="path"))
        signed.put_object(Bucket="first", Key="style", Body=b"style")
        check(style, signed.get_object(Bucket="first", Key="style")["Body"].read(), b"style")
    virtual = boto3.client("s3", endpoint_url=endpoint.replace("127.0.0.1", "localhost"), region_name="us-east-1", aws_access_key_id="local",
                           aws_secret_access_key="local-secret", config=Config(s3={"addressing_style": "virtual"}))
    virtual.meta.events.register("before-send.s3", to_loopback)
    check("virtual host", virtual.get_object(Bucket="first", Key="style")["Body"].read(), b"style")
    check("virtual list", "style" in [o["Key"] for o in virtual.list_objects_v2(Bucket="first")["Contents"]], True)


def to_loopback(request, **_):
    """*.localhost is resolved by browsers and curl, not by every C library: the name stays in Host alone."""
    request.headers["Host"] = request.url.split("/")[2]
    request.url = request.url.replace("first.localhost", "127.0.0.1")


def healthlake():
    lake = client("healthlake")
    role = "arn:aws:iam::123456789012:role/r"
    store = lake.create_fhir_datastore(DatastoreTypeVersion="R4", DatastoreName="boto")["DatastoreId"]
    lake.get_waiter("fhir_datastore_active").wait(DatastoreId=store, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    check("describe", lake.describe_fhir_datastore(DatastoreId=store)["DatastoreProperties"]["DatastoreName"], "boto")
    check("list", [d["DatastoreId"] for d in lake.list_fhir_datastores(Filter={"DatastoreName": "boto"})["DatastorePropertiesList"]], [store])
    s3.put_object(Bucket="first", Key="in/Patient.ndjson", Body=b'{"resourceType":"Patient","id":"1"}\n{"resourceType":"Patient","id":"2"}\n')
    job = lake.start_fhir_import_job(DatastoreId=store, JobName="i", DataAccessRoleArn=role, InputDataConfig={"S3Uri": "s3://first/in/"},
                                     JobOutputDataConfig={"S3Configuration": {"S3Uri": "s3://first/out/", "KmsKeyId": "alias/k"}})["JobId"]
    lake.get_waiter("fhir_import_job_completed").wait(DatastoreId=store, JobId=job, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    properties = lake.describe_fhir_import_job(DatastoreId=store, JobId=job)["ImportJobProperties"]
    check("imported", (properties["JobStatus"], properties["JobProgressReport"]["TotalNumberOfResourcesImported"]), ("COMPLETED", 2))
    check("imports", [j["JobId"] for j in lake.list_fhir_import_jobs(DatastoreId=store)["ImportJobPropertiesList"]], [job])
    job = lake.start_fhir_export_job(DatastoreId=store, JobName="e", DataAccessRoleArn=role,
                                     OutputDataConfig={"S3Configuration": {"S3Uri": "s3://first/ex/", "KmsKeyId": "alias/k"}})["JobId"]
    lake.get_waiter("fhir_export_job_completed").wait(DatastoreId=store, JobId=job, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    check("export", lake.describe_fhir_export_job(DatastoreId=store, JobId=job)["ExportJobProperties"]["JobStatus"], "COMPLETED")
    check("exports", [j["JobId"] for j in lake.list_fhir_export_jobs(DatastoreId=store)["ExportJobPropertiesList"]], [job])
    if not s3.list_objects_v2(Bucket="first", Prefix="ex/")["KeyCount"]:
        sys.exit("nothing was exported")
    refused("ResourceNotFoundException", lake.describe_fhir_datastore, DatastoreId="0" * 32)
    refused("ValidationException", client("healthlake", parameter_validation=False).create_fhir_datastore, DatastoreTypeVersion="R5")
    lake.delete_fhir_datastore(DatastoreId=store)
    lake.get_waiter("fhir_datastore_deleted").wait(DatastoreId=store, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


for part in (buckets, objects, conditions, lists, checksums, multipart, copies, settings, races, versions, signing, healthlake):
    part()
