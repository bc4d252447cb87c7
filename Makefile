# Parlance: targets for people and for CI. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go/go.mod
NPM_CI  := npm ci --no-audit --no-fund --loglevel=error

# What the release build stamps, and where it goes. The same sources and the
# same Go give the same bytes, in any folder.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null)
BIN     ?= bin
IMAGE   ?= parlance:latest
DOCKER  ?= docker
ENGINES ?= native zishang520

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## start the server on embedded defaults (port 4000, ./data)
	$(GO) run ./cmd/server

.PHONY: build
build: ## the static release binary, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o $(BIN)/server ./cmd/server

.PHONY: build-conformance
build-conformance: ## the conformance suite as one static file, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN)/conformance ./cmd/conformance

.PHONY: image
image: ## the container image parlance:latest, with no other image pulled
	GOOS=linux $(MAKE) --no-print-directory build BIN=bin/image
	$(DOCKER) build -f deploy/Dockerfile --target prebuilt --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t $(IMAGE) .

.PHONY: generate
generate: ## rewrite everything that is generated from the contract
	$(GO) generate ./...

.PHONY: check-generated
check-generated: ## fail where generated files are stale
	$(GO) run ./cmd/parlance validate asyncapi/asyncapi.yaml
	$(GO) run ./cmd/parlance generate --spec asyncapi/asyncapi.yaml --target go --package events --out internal/gen/events --check
	$(GO) run ./cmd/parlance generate --spec asyncapi/asyncapi.yaml --target bundle --package contract --out internal/gen/contract --check
	$(GO) run ./cmd/parlance generate --spec conformance/protocol/asyncapi.yaml --target go --package suite --out conformance/protocol/gen/suite --check
	$(GO) run ./cmd/parlance validate examples/tasks/asyncapi.yaml
	$(GO) run ./cmd/parlance generate --spec examples/tasks/asyncapi.yaml --target go --package tasks --out examples/tasks/gen/tasks --check
	@fresh=$$(mktemp --suffix=.go); trap 'rm -f "$$fresh"' EXIT; cd internal/gen; \
	  $(GO) tool -modfile=../../tools/go/go.mod oapi-codegen -config ../../openapi/oapi-codegen.yaml -o "$$fresh" ../../openapi/openapi.yaml; \
	  diff -u api/api.gen.go "$$fresh" || { echo 'internal/gen/api is stale: run make generate' >&2; exit 1; }

.PHONY: lint
lint: ## go vet, golangci-lint, gofmt, and the judges of the contract
	$(GO) vet ./...
	$(TOOL) golangci-lint run ./...
	$(MAKE) lint-contract

.PHONY: lint-contract
lint-contract: tools/contract/node_modules/.package-lock.json ## @asyncapi/parser, Spectral, redocly (openapi.yaml too) and the examples
	cd tools/contract && npm run --silent lint && npm test --silent

.PHONY: test
test: node-modules ## all tests, race detector on
	$(GO) test -race -timeout 20m ./...

.PHONY: test-deploy
test-deploy: node-modules ## the image, nginx and compose for real (wants Docker, nginx, docker-compose, busybox)
	$(GO) test -tags deploy -count=1 -p 1 -timeout 10m ./deploy/... ./conformance/target/...

.PHONY: conformance
conformance: node-modules ## judge the image by the contract, on each engine (wants Docker); reports into bin/reports
	GOOS=linux $(MAKE) --no-print-directory build BIN=bin/image
	@for engine in $(ENGINES); do \
	  $(GO) run ./cmd/conformance --dockerfile deploy/Dockerfile --target prebuilt --env SOCKET_ENGINE=$$engine --small-disk /data \
	    --fallback bin/image/server --known-failing conformance/known-failing/$$engine.txt --http-limit --report bin/reports/$$engine; \
	done

.PHONY: mutants
mutants: node-modules conformance/mutants/backend/node_modules/.package-lock.json ## put the suite to the test: a Node backend with one fault at a time, each to be caught
	$(GO) run ./conformance/mutants $(MUTANTS)

.PHONY: durability
durability: node-modules ## kill the server 50 times under load, on each store, and look for what it acknowledged
	PARLANCE_DURABILITY_ROUNDS=$${ROUNDS:-50} $(GO) test -count=1 -timeout 30m -run TestAcknowledgedMessagesSurviveSIGKILL -v ./acceptance

.PHONY: soak
soak: ## the server under mixed traffic for DURATION (default 10m): nothing may grow, be lost or doubled
	$(GO) run ./bench/cmd/soak --duration $${DURATION:-10m}

.PHONY: bench
bench: bench-peers ## the server beside its peers, into bench/results (12 minutes)
	$(GO) run ./bench/cmd/bench

.PHONY: bench-quick
bench-quick: bench-peers ## the same, shorter and rougher, into bench/results/quick
	$(GO) run ./bench/cmd/bench --quick

.PHONY: bench-durable
bench-durable: bench/peers/durable/node_modules/.package-lock.json ## durable messages beside Node with better-sqlite3, into bench/results/durable (3 minutes)
	$(GO) run ./bench/cmd/bench --set durable

.PHONY: bench-peers
bench-peers: bench/peers/node/node_modules/.package-lock.json bench/peers/bun/node_modules/.package-lock.json

# better-sqlite3 is compiled where its binary can't be had: against the headers
# that came with Node, where there are some.
bench/peers/durable/node_modules/.package-lock.json: export npm_config_nodedir := $(shell d=$$(node -p 'path.resolve(process.execPath, "../..")' 2>/dev/null) && test -f "$$d/include/node/common.gypi" && echo "$$d" || true)

.PHONY: bench-decoder
bench-decoder: ## generated decoders beside a schema engine
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./bench/... ./generator/...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (default 30s)
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz' || true); do \
	    echo "fuzz $$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-30s} -fuzzminimizetime 1s $$pkg; \
	  done; \
	done

.PHONY: node-modules
node-modules: conformance/drivers/js/node_modules/.package-lock.json sio/client/testdata/node/node_modules/.package-lock.json

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && $(NPM_CI)
	@touch $@
