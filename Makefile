# What a person types. `make` alone prints the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The order of `test` is meant; two cores are busy anyway.
.NOTPARALLEL:

GO ?= go
NPM ?= npm
# How long each fuzz target runs: seconds in `make test`, minutes in `make fuzz`.
FUZZTIME ?= 3s
FUZZTIME_LONG ?= 2m
# Extra flags of `make run`, `make dev` and `make bench`.
ARGS ?=

# Tools by version, so that today's finding is tomorrow's finding.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.11.4
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4

VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)
# The commit's date where there is one: the same commit gives the same bytes.
BUILD_DATE := $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u +%Y-%m-%dT%H:%M:%SZ)
LDFLAGS := -X main.version=$(VERSION) -X main.buildDate=$(BUILD_DATE)
# -buildvcs=false: the version is in LDFLAGS, and a checkout owned by somebody
# else (a container's volume) makes the stamp fail.
# nethttpomithttp2: httpd offers HTTP/1.1 alone (WebSockets need it), so HTTP/2
# would be 0.3 MB that nothing can reach.
BUILD := $(GO) build -buildvcs=false -trimpath -tags nethttpomithttp2

# Not ./...: npm packages carry Go files too.
PKGS = ./src/... $(if $(wildcard web/*.go),./web)
# What is tested on 32 bits: everything but the programs and the budgets.
UNIT = $$($(GO) list ./src/... | grep -v -e /cmd/ -e /testkit)

# Their tests build or list the program by themselves, which Go's test cache
# does not see: they always run.
BUILDERS = -e /testkit$$ -e /cmd/bench$$

say = @printf '\n==> %s\n' '$(1)'

.PHONY: help
help: ## print the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- build and run

.PHONY: build
build: ## build bin/ksfu
	@mkdir -p bin
	CGO_ENABLED=0 $(BUILD) -ldflags '$(LDFLAGS)' -o bin/ksfu ./src/cmd/ksfu

# State of `make run` stays in the checkout: bin/state.
run_env = KSFU_STATE_DIR="$${KSFU_STATE_DIR:-$(CURDIR)/bin/state}"

.PHONY: run
run: build ## build and start on the embedded default; prints links
	@$(run_env) exec bin/ksfu $(ARGS)

.PHONY: dev
dev: ## start with the race detector and log level debug
	@mkdir -p bin
	CGO_ENABLED=1 $(BUILD) -race -ldflags '$(LDFLAGS)' -o bin/ksfu-race ./src/cmd/ksfu
	@$(run_env) KSFU_LOG_LEVEL=debug exec bin/ksfu-race $(ARGS)

# --- what the tests need

.PHONY: deps
deps: modules far-ends ## fetch Go and npm modules, and Debian packages where it may

.PHONY: modules
modules: go-modules web/node_modules/.package-lock.json

.PHONY: go-modules
go-modules:
	$(call say,Go modules)
	@$(GO) mod download
	@$(GO) mod verify

web/node_modules/.package-lock.json: web/package.json web/package-lock.json web/.npmrc $(wildcard web/test/reconnect-ws/*)
	$(call say,npm modules)
	@cd web && $(NPM) ci
	@touch $@

.PHONY: compiler
compiler:
	@.ci/need 'gcc=command -v gcc' 'libc6-dev=test -e /usr/include/stdlib.h'

# Browsers, and aiortc: a stack that shares no code with them or with Pion.
.PHONY: far-ends
far-ends:
	@.ci/need 'chromium=command -v chromium' 'firefox-esr=command -v firefox-esr' \
		'python3-aiortc=/usr/bin/python3 -c "import aiortc"'

# --- tests

.PHONY: test
test: compiler far-ends modules test-go test-32 test-allocs fuzz-short test-web ## all tests that need no root
	$(call say,make test: all passed)

.PHONY: test-go
test-go: compiler ## go vet and the Go tests under the race detector, with layers and budgets
	$(call say,go vet)
	@$(GO) vet $(PKGS)
	@$(GO) vet -tags system ./src/testkit
	$(call say,go test -race)
	@CGO_ENABLED=1 $(GO) test -race -timeout 15m $$($(GO) list $(PKGS) | grep -v $(BUILDERS))
	$(call say,layers and budgets and the benchmark in short)
	@$(GO) test -count=1 -timeout 10m $$($(GO) list ./src/... | grep $(BUILDERS))

.PHONY: test-32
test-32: ## the unit tests on a 32-bit platform
	$(call say,go test on 32 bits (GOARCH=386))
	@GOARCH=386 CGO_ENABLED=0 $(GO) test -timeout 10m $(UNIT)

# The race detector changes what allocates: these run again without it.
.PHONY: test-allocs
test-allocs: ## the packages that count allocations, without the race detector
	$(call say,allocations per packet)
	@$(GO) test -timeout 10m $$(grep -rl --include='*_test.go' AllocsPerRun src | xargs -r -n1 dirname | sort -u | sed 's,^,./,')

# fuzz(duration): every fuzz target of the tree, one after the other.
define fuzz
	@for dir in $$(grep -rlE --include='*_test.go' '^func Fuzz' src | xargs -r -n1 dirname | sort -u); do \
		targets=$$($(GO) test -list '^Fuzz' "./$$dir" | grep '^Fuzz'); \
		for target in $$targets; do \
			echo "$$dir $$target $(1)"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(1) "./$$dir" | grep -v -e '^fuzz: elapsed' -e '^PASS'; \
		done; \
	done
endef

.PHONY: fuzz-short
fuzz-short:
	$(call say,every fuzz target for $(FUZZTIME))
	$(call fuzz,$(FUZZTIME))

.PHONY: fuzz
fuzz: ## every fuzz target for minutes (FUZZTIME_LONG=2m)
	$(call fuzz,$(FUZZTIME_LONG))

.PHONY: test-web
test-web: build far-ends web/node_modules/.package-lock.json ## type checks and the tests in browsers and with aiortc
	$(call say,web: type check)
	@cd web && $(NPM) run --silent check
	$(call say,web: tests in browsers and with aiortc)
	@cd web && $(NPM) test --silent

.PHONY: test-system
test-system: ## tests that need root: network namespaces, firewall, users
	@if [ "$$(id -u)" != 0 ]; then \
		echo 'make test-system makes network namespaces and switches users: it needs root. Type:'; \
		echo '  sudo env "PATH=$$PATH" make test-system'; \
		exit 1; \
	fi
	@.ci/need 'iproute2=command -v ip' 'nftables=command -v nft' 'util-linux=command -v setpriv'
	@$(MAKE) --no-print-directory build
	$(call say,system tests)
	@KSFU_BIN=$(CURDIR)/bin/ksfu $(GO) test -tags system -count=1 -timeout 10m -v -run '^TestSystem' ./src/testkit

# --- measures and checks by hand

.PHONY: bench
bench: build ## measure against a plain fan-out; writes bin/bench.json
	CGO_ENABLED=0 $(BUILD) -o bin/bench ./src/cmd/bench
	bin/bench -out bin/bench.json -ksfu bin/ksfu $(ARGS)

.PHONY: lint
lint: ## golangci-lint with .golangci.yml, shellcheck where it is there
	$(GO) run $(GOLANGCI) run $(PKGS)
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run .ci/need; fi

.PHONY: vuln
vuln: ## known vulnerabilities of what is linked (asks vuln.go.dev)
	$(GO) run $(GOVULNCHECK) $(PKGS)

.PHONY: clean
clean: ## remove what was built, but not bin/state
	rm -rf bin/ksfu bin/ksfu-race bin/bench bin/bench.json bin/web-test web/node_modules
	$(GO) clean -testcache
