# Everything that a person or a machine does with this checkout. `make` alone says what there is.
SHELL := /bin/bash
NODE := node_modules/.bin/node
MOCHA := $(NODE) node_modules/.bin/mocha
.DEFAULT_GOAL := help

# Packages of Debian, for which an administrator's rights are needed.
INSTALL = as_root=$$(test "$$(id -u)" = 0 || echo sudo); $$as_root apt-get update -qq && \
  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) >/dev/null

.PHONY: help
help: ## what there is
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: node_modules ## the main job on a real API server, told with times; KEEP=1 leaves it up
	@$(NODE) tools/demo/demo.ts $(if $(KEEP),--keep)

# Two at a time, each with an API server of its own: the tests of a running operator mostly wait, the others mostly work.
.PHONY: test
test: node_modules ## every test, against a real API server; KUBERNETES=1.34 or 1.35 for an older one
	@$(NODE) tools/control-plane/binaries-ready.ts helm krew
	@beside=$$(mktemp); trap 'rm -f "$$beside"' EXIT; \
	$(MOCHA) --recursive 'test/unit/**/*.test.ts' 'test/property/**/*.test.ts' 'test/admission/**/*.test.ts' 'test/install/**/*.test.ts' >"$$beside" 2>&1 & other=$$!; \
	$(MOCHA) --recursive 'test/cluster/**/*.test.ts'; failed=$$?; \
	wait $$other || failed=1; cat "$$beside"; exit $$failed

# In this order: the mutants of the guards are those that the guards' own tests have noticed.
.PHONY: mutants
mutants: node_modules ## break every part of every admission policy, and fail for one that no test misses; writes docs/decisions/0021-results.md
	@$(NODE) tools/control-plane/binaries-ready.ts
	@MUTANTS=1 $(MOCHA) 'test/admission/guards/*.test.ts' test/admission/pods/mutants.test.ts 'test/mutants/*.test.ts'

.PHONY: test-unit
test-unit: node_modules ## the tests that need no API server
	@$(MOCHA) --recursive 'test/unit/**/*.test.ts' 'test/property/**/*.test.ts'

# Argo CD and Flux are built once, which takes minutes: not a part of `make test`.
.PHONY: test-gitops
test-gitops: node_modules ## Argo CD's own program and Flux's own code judge what we tell them about our kind; builds them where they are missing
	@nice $(NODE) tools/control-plane/binaries-ready.ts argocd flux-health
	@$(MOCHA) 'test/gitops/**/*.test.ts'

# Redis is Debian's package.
.PHONY: e2e-argocd
e2e-argocd: node_modules ## examples/gitops with a real Argo CD, from an empty cluster to an empty cluster; installs redis-server where it is missing
	@command -v redis-server >/dev/null || { echo "installing redis-server" >&2; $(call INSTALL,redis-server); }
	@nice $(NODE) tools/control-plane/binaries-ready.ts helm argocd
	@$(MOCHA) --reporter spec 'test/e2e/**/*.test.ts'

# Debian's package; CHROMIUM names another. An administrator's rights are needed only where it is missing.
.PHONY: test-report
test-report: node_modules ## the page of a report in a real browser; installs chromium where it is missing; screenshots in .artifacts/report
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { echo "installing chromium" >&2; $(call INSTALL,chromium fonts-dejavu-core); }
	@$(MOCHA) 'test/browser/**/*.test.ts'

.PHONY: coverage
coverage: node_modules ## how much of src/ the tests without an API server run through
	@node_modules/.bin/c8 --include 'src/**' --reporter text-summary $(MOCHA) --recursive 'test/unit/**/*.test.ts' 'test/property/**/*.test.ts'

.PHONY: lint
lint: node_modules ## format, lint, types, dead code, generated files
	@node_modules/.bin/biome check --error-on-warnings .
	@node_modules/.bin/tsc --noEmit --project .
	@node_modules/.bin/tsc --noEmit --project src/cli/report/client
	@node_modules/.bin/knip
	@$(NODE) tools/generate.ts --check

.PHONY: format
format: node_modules ## mend what lint can mend by itself
	@node_modules/.bin/biome check --write .

.PHONY: generate
generate: node_modules ## write what follows from the sources: crds/, policies, the script and the picture of reports
	@$(NODE) tools/generate.ts

.PHONY: bench
bench: node_modules ## measure: prints tables, writes .bench/latest.json and .bench/pods.json
	@$(NODE) tools/control-plane/binaries-ready.ts
	@$(NODE) test/bench/bench.ts $(BENCH)
	@$(NODE) test/bench/pods.ts

.PHONY: bench-pods
bench-pods: node_modules ## measure what the admission policies add to the creation of a pod
	@$(NODE) tools/control-plane/binaries-ready.ts
	@$(NODE) test/bench/pods.ts $(BENCH)

.PHONY: bench-reachability
bench-reachability: node_modules ## how the evaluator grows with the cluster; needs no API server
	@$(NODE) test/bench/reachability.ts

.PHONY: bundle
bundle: node_modules ## one file for the image: dist/tenant-isolation.mjs
	@$(NODE) tools/bundle.ts

.PHONY: krew
krew: node_modules ## the kubectl plugin as one archive, and the manifest for krew: dist/kubectl-tenant_isolation-*.tar.gz, dist/krew
	@$(NODE) tools/krew.ts

.PHONY: install-yaml
install-yaml: node_modules ## config/default as one file for kubectl: dist/install.yaml
	@$(NODE) tools/install-yaml.ts

.PHONY: cluster-up
cluster-up: node_modules ## start a real control plane in .cluster, or find it; CRD and RBAC installed, or nothing of ours with EMPTY=1
	@$(NODE) tools/control-plane/up.ts $(if $(EMPTY),--empty)

.PHONY: cluster-down
cluster-down: node_modules ## end it and remove .cluster
	@$(NODE) tools/control-plane/down.ts

.PHONY: operator
operator: node_modules ## run the operator against it, in the foreground
	@$(NODE) tools/control-plane/operator-kubeconfig.ts
	@exec bin/tenant-isolation run --kubeconfig .cluster/operator.kubeconfig --listen 127.0.0.1:0

# npm writes this file last, so that an install that broke off is done again.
node_modules: node_modules/.package-lock.json
node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@echo "installing dependencies" >&2
	@npm ci --no-progress --loglevel=error
	@touch $@
