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

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))

NEAR := $(BUILD)/tests/near/near
NEAR_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/near/*.c))

.PHONY: near test-near all test demo test-unit test-scripts format clean
.SECONDARY: $(OBJECTS)

all: $(LIBRARY)

# Which of the table's newer names this C library has; openat2 came with glibc 2.43.
$(GENERATED)/libc_names.h: scripts/probe-libc
	@mkdir -p $(@D)
	@CC='$(CC)' scripts/probe-libc openat2 > $@

# The version script: the table's names and nothing else.
$(GENERATED)/exports.map: shim/exports.def $(GENERATED)/libc_names.h
	@printf '%s\n' '#include "libc_names.h"' '#define CALL(type, name, ...) NAME name;' \
	  '#define CALL_AT CALL' '#include "shim/exports.def"' \
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
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) -MMD -MP $< $(PARTS) $(LIBUNWIND) -lcmocka -o $@

$(NEAR): $(NEAR_OBJECTS) $(PARTS) $(LIBUNWIND)
	@echo "  LD $@"; $(CC) $(ALL_CFLAGS) $^ -o $@

# Is the file that was meant found? In a directory of 10,000 names, and of a million (`make near`).
test-near: $(NEAR)
	$(NEAR) 10000

near: test-near
	NEAR_TMPDIR=$$(test -d /dev/shm && echo /dev/shm || echo /tmp) $(NEAR) 1000000

test-unit: $(UNIT_TESTS)
	@for test in $(UNIT_TESTS); do echo "$$test"; "$$test" || exit 1; done

test-scripts: all
	@for test in tests/scripts/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

# The set-up comes first, and make anew behind it, since it may have installed the compiler.
test:
	scripts/setup build test
	$(MAKE) all
	$(MAKE) test-unit
	$(MAKE) test-near
	$(MAKE) test-scripts

demo:
	scripts/setup build demo
	$(MAKE) all
	scripts/demo

format:
	find shim tests examples -name '*.[ch]' -exec clang-format -i {} +

clean:
	rm -rf $(BUILD)

include install.mk
-include $(OBJECTS:.o=.d) $(NEAR_OBJECTS:.o=.d)
