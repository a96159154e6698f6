# SPDX-License-Identifier: MIT
# `make` builds the library, `make demo` and `make test` are what README tells a newcomer to run.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
# Fetched and built once (scripts/build-libunwind); several builds may share it.
LIBUNWIND_DIR ?= $(BUILD)/libunwind
LIBUNWIND := $(LIBUNWIND_DIR)/libunwind.a

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror=implicit-function-declaration
CFLAGS ?= -O2 -g
EXTRA ?=
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE $(WARNINGS) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fcf-protection \
  -fno-strict-aliasing -Ishim -I$(BUILD)/generated -I$(LIBUNWIND_DIR)/include $(CFLAGS) $(EXTRA)

SOURCES := $(wildcard shim/*.c shim/*/*.c)
ASSEMBLY := $(wildcard shim/*/*.S)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(ASSEMBLY:%.S=$(BUILD)/%.o)
# What a test may link: all but the wrappers, whose names would take libc's place in the test itself.
PARTS := $(filter-out $(addprefix $(BUILD)/shim/,exports.o next.o start.o),$(OBJECTS))

LIBRARY := $(BUILD)/libpermshim.so
GENERATED := $(BUILD)/generated

# C hosts that the tests run with and without the library.
HOSTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out tests/programs/%_probe.c,$(wildcard tests/programs/*.c)))

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))

NEAR := $(BUILD)/tests/near/near
NEAR_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/near/*.c))

.PHONY: all test demo test-unit test-scripts test-hosts test-apps test-python test-python-debian test-python-free-threaded test-frames test-places test-vm test-suites test-near near near-wild property inject test-inject test-company test-valgrind bench format clean
.SECONDARY: $(OBJECTS)

all: $(LIBRARY)

# Which of the table's newer names this C library has; openat2 came with glibc 2.43.
$(GENERATED)/libc_names.h: scripts/probe-libc
	@mkdir -p $(@D)
	@CC='$(CC)' scripts/probe-libc openat2 > $@

# The version script: the table's names and nothing else.
$(GENERATED)/exports.map: shim/exports.def $(GENERATED)/libc_names.h
	@printf '%s\n' '#include "libc_names.h"' '#define CALL(type, name, ...) NAME name;' \
	  '#define CALL_AT CALL' '#define CALL_FTS CALL' \
	  '#include "shim/exports.def"' \
	  | $(CC) -E -P -I. -I$(GENERATED) -x c - | sed -n 's/^ *NAME \(.*;\)/  \1/p' \
	  | (echo '{ global:'; cat; echo 'local: *; };') > $@

# noseparate-code: two mappings for each program to make and drop at its start, instead of four.
$(LIBRARY): $(OBJECTS) $(LIBUNWIND) $(GENERATED)/exports.map
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -shared -Wl,-soname,libpermshim.so -Wl,--version-script=$(GENERATED)/exports.map \
	  -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs,-z,text,-z,noseparate-code -Wl,--exclude-libs,ALL -Wl,--as-needed \
	  -Wl,--hash-style=gnu -Wl,--build-id $(OBJECTS) $(LIBUNWIND) -o $@

$(BUILD)/shim/exports.o $(BUILD)/shim/next.o $(BUILD)/shim/start.o: | $(GENERATED)/libc_names.h

$(LIBUNWIND): scripts/build-libunwind
	CC='$(CC)' scripts/build-libunwind $(@D)

# Its headers have to be there first.
$(filter $(BUILD)/shim/frames/%,$(OBJECTS)): | $(LIBUNWIND)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/%.o: %.S
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -MMD -MP $< $(PARTS) $(LIBUNWIND) -lcmocka $(TEST_LINK) -o $@

# A program at a fixed address and with gaps between its segments, as node is.
$(BUILD)/tests/unit/symbols_test: private TEST_LINK := -no-pie -Wl,-z,max-page-size=0x200000

# It exports what an interpreter does.
$(BUILD)/tests/unit/python_collect_test: private TEST_LINK := -rdynamic

$(BUILD)/tests/bench/frames_probe.so: tests/bench/frames_probe.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -shared -Wl,--exclude-libs,ALL -Wl,--gc-sections $< $(PARTS) $(LIBUNWIND) -o $@

$(NEAR): $(NEAR_OBJECTS) $(PARTS) $(LIBUNWIND)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) $^ -o $@

# Is the file that was meant found? In a directory of 10,000 names, and of a million (`make near`).
test-near: $(NEAR)
	$(NEAR) 10000

near: test-near
	NEAR_TMPDIR=$$(test -d /dev/shm && echo /dev/shm || echo /tmp) $(NEAR) 1000000

# The same slips in the libraries that people made them with, those that PYTHON has.
PYTHON ?= python3
near-wild: all
	$(PYTHON) tests/near/wild $(LIBRARY)

# The parts, a program each.
test-unit: $(UNIT_TESTS)
	@for test in $(UNIT_TESTS); do echo "$$test"; "$$test" || exit 1; done

# Real programs, as another user: needs root.
test-apps:
	scripts/setup build apps
	APPS_DIR=$${APPS_DIR:-$(BUILD)/apps} scripts/setup-apps || echo "test-apps: the programs that could not be had are skipped"
	$(MAKE) all
	APPS_DIR=$${APPS_DIR:-$(BUILD)/apps} BUILD=$(BUILD) tests/apps/run
	BUILD=$(BUILD) tests/apps/dataloader_test.sh
	for python in /usr/bin/python3 $${APPS_DIR:-$(BUILD)/apps}/keras/bin/python; do \
	  test ! -x $$python || $$python tests/near/wild $(LIBRARY) || exit 1; done

# Other people's suites, without the library and with it: SUITES='perl busybox' chooses among them,
# SUITES_SIZE=small takes of each what CI has the time for. A source that cannot be had is a suite skipped.
test-suites:
	scripts/setup build suites
	SUITES_DIR=$${SUITES_DIR:-$(BUILD)/suites} scripts/setup-suites || echo "test-suites: what could not be had is skipped"
	$(MAKE) all
	SUITES_DIR=$${SUITES_DIR:-$(BUILD)/suites} BUILD=$(BUILD) tests/suites/run $(SUITES)

# The launcher, the set-up, make install, and the documents against the tables.
test-scripts: all
	@for test in tests/scripts/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

# Places where other things than mode bits refuse; needs root.
$(BUILD)/tests/places/%: tests/places/%.c
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g $(EXTRA) $< -o $@

test-places:
	scripts/setup build places
	$(MAKE) all $(BUILD)/tests/places/opener $(BUILD)/tests/places/meddler
	@for test in tests/places/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

# NFS, SMB, FAT, AppArmor and SELinux, under Debian's kernel in qemu; needs root.
test-vm:
	scripts/setup build vm
	$(MAKE) all $(BUILD)/tests/places/opener
	BUILD=$(BUILD) tests/vm/run

$(BUILD)/tests/programs/%: tests/programs/%.c shim/exports.def $(GENERATED)/libc_names.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g -Ishim -I$(GENERATED) $(EXTRA) $< -o $@

# The host that checks the contract's promises about itself; with a frame of its own for each call.
PROMISES := $(BUILD)/tests/host/promises
$(PROMISES): $(filter-out tests/host/inject.c,$(wildcard tests/host/*.c)) tests/host/host.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g -rdynamic $(EXTRA) $(filter %.c,$^) -o $@

# A build of its own where every system call goes through the test.
INJECT := $(BUILD)/injected/tests/host/inject
inject:
	$(MAKE) BUILD=$(BUILD)/injected LIBUNWIND_DIR=$(LIBUNWIND_DIR) \
	  EXTRA='$(EXTRA) -DPERMSHIM_INJECT -fsanitize=address,undefined -fno-sanitize-recover=all' $(INJECT)

# The same on the real library, by strace, for INJECT_SECONDS; 0: every case.
INJECT_SECONDS ?= 45
test-inject:
	scripts/setup build inject
	$(MAKE) all $(BUILD)/tests/inject/host
	tests/inject/run $(BUILD)/tests/inject/host $(LIBRARY) $(INJECT_SECONDS)

$(BUILD)/tests/inject/host: tests/inject/host.c
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g $(EXTRA) $< -o $@

$(BUILD)/tests/host/inject: tests/host/inject.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) $^ -o $@

# A preload that compares what the wrappers call with what dlsym(3) finds.
$(BUILD)/tests/programs/next_probe.so: tests/programs/next_probe.c $(addprefix $(BUILD)/shim/,next.o base/dynamic.o base/memory.o)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -shared -Wl,-z,defs $^ -o $@

test-hosts: all inject $(HOSTS) $(PROMISES) $(BUILD)/tests/programs/next_probe.so
	@for test in tests/programs/*_test.sh tests/frames/*_test.sh tests/host/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

# The same company as in test-hosts, with everybody there.
test-company:
	scripts/setup build test company
	$(MAKE) all $(BUILD)/tests/programs/storm
	BUILD=$(BUILD) NO_SKIPS=1 tests/host/company_test.sh

# valgrind's memcheck on C hosts and on the demo.
test-valgrind:
	scripts/setup build test demo valgrind
	$(MAKE) all $(addprefix $(BUILD)/tests/,inject/host programs/lister programs/storm)
	BUILD=$(BUILD) tests/valgrind/run

# Native stacks against libgcc's, in real programs. libgcc is inside the preload, so that none of them
# has a library more than it would have.
$(BUILD)/tests/frames/compare.so: tests/frames/compare.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -shared -static-libgcc -Wl,--exclude-libs,ALL -Wl,-z,defs $< \
	  $(addprefix $(BUILD)/shim/,frames/unwind.o frames/box.o frames/object.o base/memory.o base/enter.o) \
	  $(LIBUNWIND) -lgcc_eh -o $@

test-frames:
	scripts/setup build test frames
	$(MAKE) all $(BUILD)/tests/frames/compare.so
	BUILD=$(BUILD) tests/frames/run

# The interpreter's own frames, on every Python of this machine; WALKS and REPORTS at random points of each.
export WALKS REPORTS
test-python:
	scripts/setup build test frames python
	$(MAKE) all
	LIBRARY=$(LIBRARY) BUILD=$(BUILD) tests/python/run

# The same on every Python of Debian's DEBIAN_SUITES, in folders made by debootstrap (root); and on Pythons without
# the GIL, built from Debian's sources.
DEBIAN_SUITES ?= stable testing unstable
test-python-debian:
	scripts/setup build test frames python
	$(MAKE) all
	BUILD=$(BUILD) tests/python/debian $(DEBIAN_SUITES)

test-python-free-threaded:
	scripts/setup build test frames python
	$(MAKE) all
	LIBRARY=$(LIBRARY) BUILD=$(BUILD) tests/python/free-threaded

# The property test against the running kernel (root): N calls, SEED (else a new one, which it
# prints), CASE to run one again; what else it takes is said in tests/property/property.c.
PROPERTY := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/property/*.c))

$(BUILD)/tests/property/property: $(PROPERTY) $(PARTS) $(LIBUNWIND)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) $^ -o $@

property: $(BUILD)/tests/property/property
	@N=$(N) SEED=$(SEED) $<

# Threads, processes, signals and forks for STRESS_SECONDS; nothing may be lost, torn or grow.
STRESS_SECONDS ?= 60
.PHONY: stress
stress: all
	BUILD=$(BUILD) CC='$(CC)' tests/stress/run $(STRESS_SECONDS)

# Fuzzing by clang's libFuzzer: `make fuzz FUZZ_SECONDS=60` gives each target that long, libunwind
# included. A crash leaves its input in the build directory and fails.
FUZZ_SECONDS ?= 10
FUZZED := $(BUILD)/fuzzed
FUZZERS := $(patsubst %.c,$(FUZZED)/%,$(wildcard tests/fuzz/*.c))
.PHONY: fuzz fuzzers
fuzz:
	scripts/setup build fuzz
	LIBUNWIND_CFLAGS='-g -fsanitize=fuzzer-no-link,address' \
	  $(MAKE) CC=clang BUILD=$(FUZZED) LIBUNWIND_DIR=$(FUZZED)/libunwind \
	  EXTRA='$(EXTRA) -DPERMSHIM_INJECT -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzzers
	tests/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)

fuzzers: $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/input.h $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $< $(PARTS) $(LIBUNWIND) -o $@

# Prints figures, and says which goals are missed; fails for none.
bench: all $(BUILD)/tests/bench/frames_probe.so
	scripts/setup bench
	BUILD=$(BUILD) CC='$(CC)' tests/bench/run
	BUILD=$(BUILD) tests/bench/frames

# The set-up comes first, and make anew behind it, since it may have installed the compiler.
test:
	scripts/setup build test
	$(MAKE) all
	$(MAKE) test-unit
	$(MAKE) test-near
	$(MAKE) test-scripts
	$(MAKE) test-hosts

demo:
	scripts/setup build demo
	$(MAKE) all
	scripts/demo

format:
	find shim tests examples -name '*.[ch]' -exec clang-format -i {} +

clean:
	rm -rf $(BUILD)

include install.mk
-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(NEAR_OBJECTS:.o=.d) $(PROPERTY:.o=.d)
