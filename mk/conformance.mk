# A third-party conformance suite, ceph/s3-tests, outside of the tree: S3TESTS names its folder, with its requirements
# installed for S3TESTS_PYTHON.

S3TESTS_PYTHON ?= python3

.PHONY: conformance-s3
conformance-s3: build ## run ceph/s3-tests' cases for what the service has of S3: S3TESTS=DIR
	sh tools/conformance-s3 $(BUILD)/fhirstage $(S3TESTS) $(S3TESTS_PYTHON)
