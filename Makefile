# The verbs of this repository. `make` alone lists them.

.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.PHONY: help setup build demo thumbnails start test lint verify-format fix-format verify-generated generate bench docs package clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is needed and build; quick when nothing changed
	@scripts/setup

build: ## compile the TypeScript
	@tsc -b

demo: setup ## see three languages talk, in under half a minute
	@tsx examples/demo/demo.ts

thumbnails: setup ## open the thumbnail shop: a page, Python, Ruby and a gateway, until Ctrl-C
	@node --import tsx examples/thumbnails/main.ts

start: setup ## start a gateway on 127.0.0.1:7201
	@node gateway/bin/berrymq.js serve

test: ## set up, run every suite, end with `N passed, N failed`
	@scripts/test

lint: ## format, types and style of all languages
	@scripts/test --group lint

verify-format: ## is everything formatted?
	@scripts/format verify

fix-format: ## format everything
	@scripts/format fix

verify-generated: ## is gen/ what proto/ says?
	@scripts/verify-generated

generate: ## write gen/ anew from proto/
	@scripts/generate

bench: setup ## measure messages per second, SDK to gateway to SDK, durable queues beside NATS and Redis, the HTTP doors, dispatching within a process
	@scripts/setup-bench
	@tsx test/bench/bench.ts
	@tsx test/bench/durable.ts
	@tsx test/bench/doors.ts
	@tsx test/bench/dispatch.ts

docs: setup ## build the API references of the SDKs into reference/
	@scripts/docs

package: setup ## build wheel, gem and npm tarballs into packages/
	@scripts/package

clean: ## forget everything that is built or installed here
	@rm -rf .build packages reference node_modules .venv .tools gateway/dist sdks/ts/dist
	@find . -name '*.tsbuildinfo' -not -path './node_modules/*' -delete
