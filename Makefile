# One entry for everything. `make help` lists the targets.

PG_CONFIG ?= pg_config
# A relative one would be another folder for each make that is called.
DESTDIR ?=
override DESTDIR := $(if $(DESTDIR),$(shell realpath -ms -- '$(DESTDIR)'))
# Where `make install` puts the modules, their pages and their example configuration.
NGINX_MODULES_DIR ?= /usr/lib/nginx/modules
NGINX_CONF_DIR ?= /etc/nginx
PAGES_DIR ?= /usr/share/volunteer/pages
SQL_DIR ?= /usr/share/volunteer/sql
MONITORING_DIR ?= /usr/share/volunteer/monitoring
FUZZ_SECONDS ?= 3600
SOAK_SECONDS ?= 600

MODULES = $(addprefix nginx_module/build/, ngx_http_volunteer_module.so ngx_http_volunteer_pdf_module.so)

export PG_CONFIG

.PHONY: help deps all extension module stage install demo demo-stop check fuzz fuzz-smoke sanitize sanitize-module soak valgrind valgrind-smoke valgrind-module matrix bench lint clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

deps: ## install the Debian packages that are missing (root or sudo)
	@scripts/deps.sh

all: extension module ## build the extension and the nginx modules

extension:
	@$(MAKE) -s --no-print-directory -C pg_extension

module:
	@$(MAKE) -s --no-print-directory -C nginx_module

stage: extension ## .stage/: a private copy of PostgreSQL with the extension in it
	@scripts/stage.sh .stage

install: all ## install into the system's PostgreSQL and nginx (honours DESTDIR)
	$(MAKE) -C pg_extension install DESTDIR='$(DESTDIR)'
	install -d '$(DESTDIR)$(NGINX_MODULES_DIR)'
	install -m 644 $(MODULES) '$(DESTDIR)$(NGINX_MODULES_DIR)/'
	install -D -m 644 nginx_module/conf/volunteer.conf '$(DESTDIR)$(NGINX_CONF_DIR)/volunteer.conf.example'
	install -D -m 644 -t '$(DESTDIR)$(MONITORING_DIR)' nginx_module/conf/volunteer_alerts.yml nginx_module/conf/volunteer_dashboard.json
	scripts/install_tree.sh nginx_module/pages '$(DESTDIR)$(PAGES_DIR)'
	scripts/install_tree.sh sql '$(DESTDIR)$(SQL_DIR)'

demo: ## a whole small city with both servers, in DEMO_DIR (default .demo)
	@scripts/deps.sh
	@$(MAKE) --no-print-directory --jobs=$(shell nproc) all
	@scripts/demo.sh

demo-stop: ## stop the demo and remove what it wrote
	@scripts/demo_stop.sh

check: ## every test, through prove
	@scripts/deps.sh
	@$(MAKE) --no-print-directory --jobs=$(shell nproc) all
	@scripts/check.sh

fuzz: ## fuzz the parsers, FUZZ_SECONDS in all (one hour)
	@scripts/fuzz.sh all $(FUZZ_SECONDS)

fuzz-smoke: ## fuzz each parser for one minute
	@scripts/fuzz.sh each 60

sanitize: ## the extension's tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/instrumented.sh sanitize

sanitize-module: ## the module's tests with both
	@scripts/instrumented.sh sanitize-module

soak: ## full load on the module for SOAK_SECONDS (ten minutes), with random kills, restarts, reloads, revocations
	@VOLUNTEER_SOAK=$(SOAK_SECONDS) scripts/check.sh --verbose tests/nginx/soak.t

valgrind: ## its SQL tests under valgrind
	@scripts/instrumented.sh valgrind --jobs 2 tests/extension/pgtap.t tests/extension/leaks.t

valgrind-smoke: ## every function, every error and the triggers under valgrind
	@scripts/instrumented.sh valgrind tests/extension/leaks.t

valgrind-module: ## a slice of the module's tests under valgrind
	@scripts/instrumented.sh valgrind-module

matrix: ## build and test on Debian 12, 13 and sid, in chroots below MATRIX_DIR (root)
	@scripts/matrix.sh

bench: ## measure against peers, into bench/results.tsv
	@scripts/deps.sh
	@$(MAKE) --no-print-directory --jobs=$(shell nproc) all
	@bench/run.sh

lint: ## formatting and static checks
	@scripts/lint.sh

clean: ## remove what was built
	$(MAKE) -C pg_extension clean
	$(MAKE) -C nginx_module clean
	rm -rf .stage .fuzz tmp_check tests/npm/node_modules
