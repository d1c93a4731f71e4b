# The front door. CMake does the work (CMakePresets.json); this names it.
#
#   make demo     install what is missing, build, run the main job and show it
#   make demo-desk  the desk: four lawful demands, a log that is altered, a report
#   make check    install what is missing, build under sanitizers, run all tests
#   make run      a server and two people on this machine, to play with
#   make build    programs in build/release/bin
#   make bench    the figures of docs/performance.md
#   make bench-mls  groups of ours, OpenMLS and mls-rs, measured (needs Rust);
#                   bench-mls-quick: the small ones, in minutes
#   make interop  our groups with OpenMLS and ts-mls in them (needs Rust and npm)
#   make check-desk  100,000 random plans: nothing comes out that is not permitted
#   make size     bytes of libtacet that a program links, by suites
#   make fuzz     libFuzzer over every target (FUZZ_SECONDS=60 each), logged
#   make analyze  clang-tidy and gcc -fanalyzer over the core
#   make constant-time  secrets that valgrind sees nobody look at
#   make big-groups  1,000 random epochs with 10,000 members, and what one needs
#   make check-page  the desk's page in a real browser
#   make control  10,000 operations with an honest server: no alarm (minutes)
#   make kill     1,000 x kill -9 of the server under load
#   make tsan     the tests of net and server under ThreadSanitizer
#   make format   clang-format over the sources
#   make install  programs and libtacet; honours DESTDIR and PREFIX

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
KILLS ?= 1000

.PHONY: all demo run build dev check check-desk bench bench-mls bench-mls-quick interop size fuzz analyze constant-time big-groups kill tsan format install clean
all: build

build/release/build.ninja build/dev/build.ninja build/tsan/build.ninja build/fuzz/build.ninja: \
  build/%/build.ninja: CMakePresets.json
	cmake --preset $* >/dev/null

build: setup build/release/build.ninja
	ninja -j $(JOBS) -C build/release $(if $(VERBOSE),,--quiet)

.PHONY: setup setup-check setup-bench setup-audit setup-interop setup-page setup-desk
setup:
	@tools/setup build
setup-check:
	@tools/setup check
setup-bench:
	@tools/setup bench
setup-audit:
	@tools/setup audit
setup-interop:
	@tools/setup interop
setup-page:
	@tools/setup page
setup-desk:
	@tools/setup desk

# The programs alone: what demo and run need.
.PHONY: programs
programs: setup build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet tacet tacetd wiretap \
	  tacet-audit tacetd-hostile

demo: programs
	@tools/demo build/release/bin

.PHONY: demo-desk
demo-desk: setup-desk build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet tacet tacetd tacet-desk
	@tools/demo-desk build/release/bin

run: programs
	@tools/run build/release/bin

dev: setup-check build/dev/build.ninja
	ninja -j $(JOBS) -C build/dev $(if $(VERBOSE),,--quiet)

check: dev build
	ctest --test-dir build/dev --output-on-failure -j $(JOBS)

check-desk: build
	build/release/tests/test_desk_property 100000

tsan: setup-check build/tsan/build.ninja
	ninja -j $(JOBS) -C build/tsan --quiet
	ctest --test-dir build/tsan --output-on-failure -L tsan

bench: setup-bench build
	@tools/bench build/release

size: setup build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet talk_one talk_three talk_all
	@tools/check-linked --size build/release

# Of ours only the program that is run.
bench-mls bench-mls-quick: setup-interop build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet bench_mls
	@interop/bench-mls build/release $(if $(filter %-quick,$@),--quick)

interop: setup-interop build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet interop_tacet
	@interop/run build/release

fuzz: setup-check build/fuzz/build.ninja
	ninja -j $(JOBS) -C build/fuzz --quiet fuzzers
	@tools/fuzz build/fuzz --seconds $(FUZZ_SECONDS)

analyze: setup-audit build/dev/build.ninja
	@JOBS=$(JOBS) tools/analyze build/dev

# The optimised build: what a compiler makes of a comparison is the question.
constant-time: setup-audit build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet constant_time
	@tools/constant-time build/release/tests/constant_time

# All members of 200, then 32 of 10,000. The same seed is the same life.
BIG_SEED ?= 1
big-groups: setup build/release/build.ninja
	ninja -j $(JOBS) -C build/release --quiet big_groups
	build/release/tests/big_groups 200 200 300 $(BIG_SEED)
	build/release/tests/big_groups 10000 32 1000 $(BIG_SEED)

kill: setup-check build
	@tools/kill build/release $(KILLS)

# Commands of people wait for their disks more than for anything else, so their
# homes are in memory where there is a place; make kill is about disks.
.PHONY: control
OPERATIONS ?= 10000
CONTROL_TMP ?= $(firstword $(wildcard /dev/shm) /tmp)
control: setup-check build
	TACET_BIN=build/release/bin TACET_TESTS=build/release/tests \
	  TACET_CONTROL_OPERATIONS=$(OPERATIONS) \
	  TACET_CONTROL_WORKERS=$$((2 * $(JOBS))) TMPDIR=$(CONTROL_TMP) \
	  python3 tests/e2e/test_control.py

# The desk's page in Chromium, by keyboard, with and without scripts.
.PHONY: check-page
check-page: setup-page build
	TACET_BIN=build/release/bin TACET_TESTS=build/release/tests \
	  python3 tests/e2e/browser_desk_page.py

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

install: build
	cmake --install build/release --prefix $(PREFIX)
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

clean:
	rm -rf build/dev build/release build/tsan build/fuzz
