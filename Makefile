# Everything that is done to wxdesk by hand or by a machine. `make` alone explains itself.

GO       ?= go
FUZZTIME ?= 60s
# Runs of make chaos, the first one's seed, and what each has.
SEEDS     ?= 20
SEED      ?= 1
CALLBACKS ?= 10000
KILLS     ?= 50
# Of the full numbers of make promises, from 0 to 1, and which tests: a regular expression of their names.
SHARE     ?= 1
ONLY      ?= .
# Which benchmarks make bench runs.
BENCH     ?= .
# off leaves the checks of console/ out, which need Node and Chromium.
DESK      ?= on
# Folder of an unpacked Go vulnerability database; empty asks the one on the net.
VULNDB   ?=

# Where the program goes.
WXDESK   ?= bin/wxdesk

# The tools have a module of their own, so that they never decide about the versions that wxdesk is built with.
TOOL = $(GO) tool -modfile=tools/lint/go.mod

.DEFAULT_GOAL := help
.PHONY: help build dev reset test faults promises chaos check fmt lint vet determinism modules sbom reproducible secrets vuln generate histories bench fuzz clean console console-dev console-check console-e2e bench-desk node chromium desk-left-out bin/wxdesk bin/temporal-dev

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: bin/wxdesk bin/temporal-dev ## build bin/wxdesk, and the Temporal dev server beside it

# With -trimpath the program holds no folder of the machine that built it: two builds of one source are equal.
#
# Go knows best whether something has changed, so these are made anew each time.
bin/wxdesk:
	$(GO) build -trimpath -o $(WXDESK) .

# The flags are those of internal/devstack, which builds the same file: with others the two would compile it in turns. They are those of
# bin/wxdesk too, so that what both import is compiled once.
bin/temporal-dev:
	cd tools/temporal && $(GO) build -trimpath -o ../../$@ .

# The first time this compiles for minutes, and so it says each minute that it does. `wxdesk dev` compiles the Temporal server.
dev: ## run everything on this machine: Postgres, Temporal, API, worker, simulator; Ctrl-C ends it
	@(sleep 3 >/dev/null; echo "wxdesk: compiling, which takes some minutes the first time"; \
	n=0; while sleep 60 >/dev/null; do n=$$((n + 1)); echo "wxdesk: compiling, $$n min so far"; done) & clock=$$!; \
	trap 'kill $$clock' EXIT; trap 'exit 130' INT TERM; $(MAKE) --no-print-directory bin/wxdesk
	@bin/wxdesk dev

reset: ## forget everything that make dev has kept in .wxdesk/
	@if [ -e .wxdesk/run/lock ] && ! flock --nonblock .wxdesk/run/lock true; then \
		echo "wxdesk dev runs in this folder: stop it first" >&2; exit 1; fi
	rm -rf .wxdesk

# The tests of the whole system are in the folders that internal/e2e/doc.go lists. They run apart from the others and one folder after
# the other, because they try WeChat's patience, which is real time.
#
# Go keeps the result of a test until a package that the test imports changes. The program under test is no such package: hence -count 1.
E2E = WXDESK_TEMPORAL_BIN=$(CURDIR)/bin/temporal-dev $(GO) test -count 1 -p 1

# The tests of the whole system wait more than they compute, so four run at once.
#
# What tools/promql reads lies outside its module: a result that was kept would not know that it has changed.
test: bin/temporal-dev ## run the tests with the race detector; they start what they need
	WXDESK_TEMPORAL_BIN=$(CURDIR)/bin/temporal-dev $(GO) test -race -timeout 40m $$($(GO) list ./... | grep -v /internal/e2e)
	$(E2E) -race -timeout 40m -parallel 4 ./internal/e2e/harness ./internal/e2e/story
	cd tools/temporal && $(GO) test -timeout 10m ./...
	cd tools/promql && $(GO) test -count 1 ./...

# The race detector makes the program another one where time and memory are what is tried: the attacks run without it.
# internal/e2e/overload/flood takes too long for a check and runs with the promises. Of drawn stories three thousand take some seconds
# without the race detector; `make test` tries a hundred with it.
faults: bin/temporal-dev ## try faults and overload with small numbers; `make chaos` and `make promises` take longer
	$(E2E) -race -timeout 40m -parallel 4 ./internal/e2e/chaos ./internal/e2e/promises ./internal/e2e/overload
	$(E2E) -timeout 20m ./internal/e2e/overload/attack
	$(GO) test -timeout 10m ./workflows -rapid.checks 3000

# What the desk's checks need is looked for first, because they come last, after an hour.
check: $(if $(filter off,$(DESK)),,node chromium) fmt vet determinism lint modules secrets reproducible test faults $(if $(filter off,$(DESK)),desk-left-out,console-check console-e2e) ## all that a change must pass: format, vet, workflowcheck, lint, modules, secrets, reproducible builds, tests, generated files, short chaos, the desk in the browser
	@echo "check: all good"

# npm writes this file last, so an installation that was interrupted is made again.
npm_packages = console/node_modules/.package-lock.json

# What is built is committed, so that everybody who has Go has the desk. Commit console/dist by itself: console: build.
console: $(npm_packages) ## build console/dist from console/src, with Node
	cd console && npm run --silent build

console-dev: $(npm_packages) ## serve console/src with reloading at 127.0.0.1:5173, over the API of make dev
	cd console && npm run --silent dev

# The build is compared byte by byte: console/dist is exactly what console/src makes, as its types are what api/openapi.yaml makes.
console-check: $(npm_packages) ## check types, style and units of console/, and that what is generated is new
	cd console && npm run --silent schema > /dev/null && git diff --exit-code --stat -- src/api/schema.ts
	cd console && npm run --silent types && npm run --silent lint && npm run --silent units
	cd console && npm run --silent build
	@cd console && git diff --exit-code --stat -- dist && test -z "$$(git ls-files --others -- dist)" || \
		{ echo "console/dist is not what console/src makes: run make console and commit it" >&2; exit 1; }

console-e2e: chromium $(npm_packages) bin/wxdesk bin/temporal-dev ## play the desk in Chromium against real processes
	cd console && npm run --silent desk

bench-desk: chromium $(npm_packages) bin/wxdesk bin/temporal-dev ## print how long an agent waits for what, in Chromium against real processes
	cd console && npm run --silent bars

$(npm_packages): console/package-lock.json | node
	cd console && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

node:
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && \
		command -v npm >/dev/null || { echo "Node 20.19 or later with npm is missing, which the desk's checks need; make check DESK=off leaves them out" >&2; exit 1; }

chromium:
	@test -x "$${DESK_CHROMIUM:-/usr/bin/chromium}" || { echo "Chromium is missing, which the desk's checks need: install it" \
		"(Debian: apt-get install chromium fonts-wqy-microhei), or set DESK_CHROMIUM; make check DESK=off leaves them out" >&2; exit 1; }

desk-left-out:
	@echo "check: DESK=off leaves out console-check (types, style and units of console/, and whether console/dist is its build) and" \
		"console-e2e (the desk in Chromium)"

fmt: ## check the format; golangci-lint fmt mends it
	$(TOOL) golangci-lint fmt --diff

lint: ## run the linters
	$(TOOL) golangci-lint run

vet: ## run go vet
	$(GO) vet ./...
	cd tools/temporal && $(GO) vet ./...
	cd tools/promql && $(GO) vet ./...

determinism: ## check that workflow code is deterministic
	$(TOOL) workflowcheck ./...

modules: ## check that go.mod is tidy and the modules are those that go.sum names
	$(GO) mod tidy -diff
	$(GO) mod verify

sbom: bin/wxdesk ## write what bin/wxdesk consists of to bin/wxdesk.cdx.json (CycloneDX)
	$(GO) run ./tools/sbom bin/wxdesk console > bin/wxdesk.cdx.json
	@echo "bin/wxdesk.cdx.json"

# Without the commit's stamp, because the copy is no clone.
reproducible: ## build bin/wxdesk in two folders, and compare (S15)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && mkdir "$$dir/elsewhere" && \
	git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - --ignore-failed-read | tar -xf - -C "$$dir/elsewhere" && \
	GOFLAGS=-buildvcs=false $(MAKE) --no-print-directory bin/wxdesk WXDESK="$$dir/here" && \
	GOFLAGS=-buildvcs=false $(MAKE) --no-print-directory -C "$$dir/elsewhere" bin/wxdesk WXDESK="$$dir/there" && \
	cmp "$$dir/here" "$$dir/there" && echo "reproducible: both builds are equal"

secrets: ## look for secrets in everything that was ever committed
	$(TOOL) gitleaks git --no-banner --redact .

vuln: ## look for known vulnerabilities; VULNDB names an unpacked database
	$(TOOL) govulncheck $(if $(VULNDB),-db "file://$(abspath $(VULNDB))") ./...

generate: ## write generated files anew: api/openapi.yaml and the golden files of the settings
	$(GO) test ./api -run OpenAPI -update
	$(GO) test ./internal/config -run Print -update

# The histories that TestReplay replays. To be made with the code that is released: docs/operations.md, "Release".
histories: bin/temporal-dev ## record the histories of the stories for a release: make histories RELEASE=v1.2
	@echo '$(RELEASE)' | grep -Eq '^v[0-9]+(\.[0-9]+)*$$' || { echo "name the release: make histories RELEASE=v1.2" >&2; exit 1; }
	$(E2E) -timeout 20m ./internal/e2e/story \
		-run '^(TestStory_straight|TestPeople_fromTheBot|TestUpgrade_openConversations)' -record '$(RELEASE)'

promises: bin/temporal-dev ## try the promises with their full numbers, which takes hours: SHARE=0.1 is a tenth of them, ONLY=TestRecovery_ names tests
	$(GO) test -timeout 60m -count 1 -v -run '$(ONLY)' ./internal/postgres/... $(if $(filter 1,$(SHARE)),-full)
	$(GO) test -timeout 60m -count 1 -v -run '$(ONLY)' ./workflows -rapid.checks 30000
	$(E2E) -timeout 24h -v -parallel 1 -run '$(ONLY)' ./internal/e2e/promises ./internal/e2e/overload/... -share $(SHARE)

chaos: bin/temporal-dev ## lose nothing while processes die, hang and lose each other: SEEDS, SEED, CALLBACKS, KILLS; hours by default
	$(E2E) -timeout 48h -v ./internal/e2e/chaos \
		-chaos.seeds $(SEEDS) -chaos.first $(SEED) -chaos.callbacks $(CALLBACKS) -chaos.kills $(KILLS)

# A metric whose unit ends in ":min" or ":max" is the bar of the metric before the colon. A missed bar fails nothing: it may be the
# machine, whose load is printed for that. Statements that read more blocks in the grown ledger are named.
bench: bin/temporal-dev ## run the benchmarks and print a table: value, bar, and the load of the machine before and after
	@echo "load before: $$(cat /proc/loadavg 2>/dev/null || uptime)"
	@grep -rl --include='*_test.go' '^func Benchmark' . | grep -v '^./tools/' | xargs -n 1 dirname | sort -u | \
	WXDESK_TEMPORAL_BIN=$(CURDIR)/bin/temporal-dev xargs $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 60m | \
	awk 'BEGIN { row("benchmark", "what", "value", "bar", "") } \
		/^Benchmark/ && NF > 2 { sub(/-[0-9]+$$/, "", $$1); delete v; \
			for (i = 3; i < NF; i += 2) v[$$(i + 1)] = $$i; \
			for (i = 3; i < NF; i += 2) { what = $$(i + 1); bar = verdict = ""; \
				if (what ~ /:(min|max)$$/ || what ~ /^(B|allocs)\/op$$/ && !("ns/op" in v)) continue; \
				if ((what ":min") in v) { bar = ">= " v[what ":min"]; verdict = v[what] + 0 >= v[what ":min"] + 0 ? "met" : "missed" } \
				if ((what ":max") in v) { bar = "<= " v[what ":max"]; verdict = v[what] + 0 <= v[what ":max"] + 0 ? "met" : "missed" } \
				row(substr($$1, 10), what, $$i, bar, verdict) } } \
		/blocks by .* descents/ { print } \
		/^(Benchmark|pkg:|ok)/ { failing = 0 } \
		/^(FAIL|--- FAIL|panic)/ { bad = failing = 1 } failing { print } END { exit bad } \
		function row(a, b, c, d, e) { printf "%-42s %-26s %12s  %-9s %s\n", a, b, c, d, e }'; \
	status=$$?; echo "load after:  $$(cat /proc/loadavg 2>/dev/null || uptime)"; exit $$status

fuzz: ## run every fuzz target in turn, each for FUZZTIME, and try S3 with a million mutants
	$(GO) test -timeout 60m -count 1 -v -run 'TestCallback_noMutant' ./api/callback -full
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | grep -v '^./tools/' | sort | \
	while IFS=': ' read -r file _ target; do \
		echo "$$target in $$(dirname $$file)"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname $$file)" || exit 1; \
	done

clean: ## remove what was built
	rm -rf bin
