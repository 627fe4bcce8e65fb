# What building, running and testing need, by apt where it is missing.

DEPS_BUILD := gcc make pkg-config libyajl-dev libcurl4-openssl-dev libssl-dev zlib1g-dev libxxhash-dev \
              libexpat1-dev libmicrohttpd-dev libsqlite3-dev
DEPS_TEST  := $(DEPS_BUILD) libcmocka-dev jq python3 python3-venv xz-utils curl

.PHONY: deps deps-test
deps: ## install the libraries that are missing (apt)
	@sh tools/deps $(DEPS_BUILD)
deps-test:
	@sh tools/deps $(DEPS_TEST)
	@sh tools/clients build/clients
