# Marquee. `make` lists what there is to make.

SHELL := /bin/bash
MARQUEE := target/release/marquee
INBOX ?= $(or $(MARQUEE_INBOX),data/inbox)
ROWS ?= 5000
SEED ?= 1

UI := static/dist/index.html
UI_SOURCES := Cargo.toml Cargo.lock schema.graphql scripts/ui scripts/node \
	$(wildcard static/*.*) \
	$(shell find frontend -name node_modules -prune -o -type f \( -name '*.rs' -o -name '*.toml' -o -path '*/console/*' \) -print)

.PHONY: help run build ui sample test fuzz bench audit lint fmt schema

help: ## List these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | \
		while IFS=$$'\t' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

run: build ## Build everything and start the server, with its data in data/
	$(MARQUEE) serve

build: ui ## Build target/release/marquee with the admin UI inside
	cargo build --locked --release -p server

ui: $(UI)
$(UI): $(UI_SOURCES)
	scripts/ui

sample: build ## Write a made-up file of 5,000 rows into the inbox (ROWS=, SEED= change it)
	@mkdir -p $(INBOX)
	@# Under a name that the inbox passes over until the file is whole.
	$(MARQUEE) sample --rows $(ROWS) --seed $(SEED) --out $(INBOX)/sample-$(ROWS)-$(SEED).csv.part
	mv $(INBOX)/sample-$(ROWS)-$(SEED).csv.part $(INBOX)/sample-$(ROWS)-$(SEED).csv

test: ## Run every check and test, with what they need installed and started
	scripts/test

fuzz: ## Fuzz reading and requests, FUZZ_SECONDS=60 each
	scripts/fuzz

bench: build ## Measure reading, ingesting, answering, subscribing and the UI
	scripts/bench

audit: ## Check licences and origin of all dependencies
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny --locked --all-features check licenses bans sources

lint: ## Run clippy as the tests do
	scripts/lint

fmt: ## Format the code
	cargo fmt --all

schema: ## Write schema.graphql anew from the server's code
	cargo run --locked --quiet -p server -- schema > schema.graphql.tmp
	mv schema.graphql.tmp schema.graphql
