# make help says what there is to make.

.DEFAULT_GOAL := help
SHELL := /bin/bash

SIZE ?= 1
KILLS ?= 400
WEEKS ?= 4

GOFUMPT_VERSION := v0.12.0
GOLANGCI_LINT_VERSION := v2.15.0

# Tests write into memory where there is enough of it. From Go 1.26 on, T.TempDir is in GOTMPDIR. Without what a debugger
# reads (-w) a test program links in a third of the time; without the clone's own path in it (-trimpath) it is the same in the
# next clone, which takes it from Go's cache instead of compiling for a minute.
GO_TEST := scratch=$$(.ci/scratch); TMPDIR=$$scratch GOTMPDIR=$$scratch go test -trimpath -ldflags=-w

# The tools are built once, into a folder for each version.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kith/tools
GOFUMPT := $(TOOLS)/gofumpt@$(GOFUMPT_VERSION)/gofumpt
GOLANGCI_LINT := $(TOOLS)/golangci-lint@$(GOLANGCI_LINT_VERSION)/golangci-lint

.PHONY: demo test check soak bench engine clickhouse build clean help

demo: clickhouse build ## show the whole on this machine: shop data, a real ClickHouse, the vendors' fakes
	bin/kith demo

test: engine build ## run every test on the real engine
	$(GO_TEST) -timeout 30m -parallel 2 ./...

check: engine build $(GOFUMPT) $(GOLANGCI_LINT) ## what a change must pass: format, linters, tests with the race detector (needs a C compiler)
	@unformatted=$$($(GOFUMPT) -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted: run $(GOFUMPT) -w on"; echo "$$unformatted"; exit 1; fi
	$(GOLANGCI_LINT) run ./...
	$(GO_TEST) -race -timeout 40m -parallel 2 ./...

soak: engine build ## weeks of a daemon under faults, hundreds of kills, and on BigQuery what make test shows on ClickHouse; WEEKS=1 KILLS=100 for a quick one
	export KITH_SOAK="$(WEEKS)"; $(GO_TEST) -count=1 -timeout 120m -run TestSoak -v ./internal/daemon
	export KITH_CRASH_KILLS="$(KILLS)"; $(GO_TEST) -count=1 -timeout 120m -run TestCrash -v ./internal/e2e
	export KITH_SOAK="$(WEEKS)"; $(GO_TEST) -count=1 -timeout 30m -run TestDemoOnEmulator -v ./internal/e2e
	export KITH_EVERYWHERE=1; $(GO_TEST) -count=1 -timeout 60m -parallel 2 -run 'Failpoints|UnderFaults|TestDeadDestination|TestFull(Renamed|Refused|OfMerged)|TestJobUnder|TestSavedPlan$$' -v ./internal/e2e

bench: engine build ## measure, and write bench.json; SIZE=10 is ten times the data
	go run ./internal/bench -size "$(SIZE)" -out bench.json

clickhouse: ## install the ClickHouse library into the user's cache, verified against the hashes in this repository
	@.ci/engine

engine: clickhouse ## the above, and build the BigQuery emulator and analyzer (ten minutes and 8 GB of memory, once)
	@.ci/tools

build: ## build bin/kith
	CGO_ENABLED=0 go build -trimpath -o bin/kith ./cmd/kith

clean: ## remove what make wrote here; the caches stay
	rm -rf bin bench.json

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(GOFUMPT):
	GOBIN="$(@D)" go install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)

$(GOLANGCI_LINT):
	GOBIN="$(@D)" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
