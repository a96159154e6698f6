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
HOSTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out tests/programs/python_probe.c,$(wildcard tests/programs/*.c)))

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))

.PHONY: all test demo test-unit test-scripts test-hosts test-apps test-frames test-places bench format clean
.SECONDARY: $(OBJECTS)

all: $(LIBRARY)

# Which of the table's newer names this C library has; openat2 came with glibc 2.43.
$(GENERATED)/libc_names.h: scripts/probe-libc
	@mkdir -p $(@D)
	@CC='$(CC)' scripts/probe-libc openat2 > $@

# The version script: the table's names and nothing else.
$(GENERATED)/exports.map: shim/exports.def $(GENERATED)/libc_names.h
	@printf '%s\n' '#include "libc_names.h"' '#define CALL(type, name, ...) NAME name;' \
	  '#define CALL_AT CALL' '#define CALL_GLOB CALL' '#define CALL_FTS CALL' \
	  '#include "shim/exports.def"' \
	  | $(CC) -E -P -I. -I$(GENERATED) -x c - | sed -n 's/^ *NAME \(.*;\)/  \1/p' \
	  | (echo '{ global:'; cat; echo 'local: *; };') > $@

$(LIBRARY): $(OBJECTS) $(LIBUNWIND) $(GENERATED)/exports.map
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -shared -Wl,-soname,libpermshim.so -Wl,--version-script=$(GENERATED)/exports.map \
	  -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs,-z,text -Wl,--exclude-libs,ALL -Wl,--as-needed \
	  -Wl,--hash-style=gnu -Wl,--build-id $(OBJECTS) $(LIBUNWIND) -o $@

$(BUILD)/shim/exports.o $(BUILD)/shim/next.o $(BUILD)/shim/start.o: | $(GENERATED)/libc_names.h

$(LIBUNWIND):
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

$(BUILD)/tests/bench/%: tests/bench/%.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -MMD -MP $< $(PARTS) $(LIBUNWIND) -o $@

test-unit: $(UNIT_TESTS)
	@for test in $(UNIT_TESTS); do echo "$$test"; "$$test" || exit 1; done

# Real programs, as another user: needs root.
test-apps:
	scripts/setup build apps
	$(MAKE) all
	BUILD=$(BUILD) tests/apps/run

test-scripts: all
	@for test in tests/scripts/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

# Places where other things than mode bits refuse; needs root.
$(BUILD)/tests/places/%: tests/places/%.c
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g $(EXTRA) $< -o $@

test-places:
	scripts/setup build places
	$(MAKE) all $(BUILD)/tests/places/opener
	@for test in tests/places/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

$(BUILD)/tests/programs/%: tests/programs/%.c shim/exports.def $(GENERATED)/libc_names.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g -Ishim -I$(GENERATED) $(EXTRA) $< -o $@

# The host that checks the contract's promises about itself; with a frame of its own for each call.
PROMISES := $(BUILD)/tests/host/promises
$(PROMISES): $(filter-out tests/host/inject.c,$(wildcard tests/host/*.c)) tests/host/host.h
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O1 -g -rdynamic $(EXTRA) $(filter %.c,$^) -o $@

test-hosts: all $(HOSTS) $(PROMISES)
	@for test in tests/programs/*_test.sh tests/frames/*_test.sh tests/host/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

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

# Prints figures, and says which goals are missed; fails for none.
bench: all
	scripts/setup bench
	BUILD=$(BUILD) CC='$(CC)' tests/bench/run

# The set-up comes first, and make anew behind it, since it may have installed the compiler.
test:
	scripts/setup build test
	$(MAKE) all
	$(MAKE) test-unit
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
-include $(OBJECTS:.o=.d)

# The property test against the running kernel (root): N trees, SEED; what else it takes is said in
# tests/property/property.c.
PROPERTY := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/property/*.c))

$(BUILD)/tests/property/property: $(PROPERTY) $(PARTS) $(LIBUNWIND)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) $^ -o $@

.PHONY: property
property: $(BUILD)/tests/property/property
	@N=$(N) SEED=$(SEED) $<

-include $(PROPERTY:.o=.d)
