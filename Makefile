# SPDX-License-Identifier: MIT
# `make` builds the library, `make demo` and `make test` are what README tells a newcomer to run.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror=implicit-function-declaration
CFLAGS ?= -O2 -g
EXTRA ?=
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -D_GNU_SOURCE $(WARNINGS) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fcf-protection \
  -fno-strict-aliasing -Ishim -I$(BUILD)/generated $(CFLAGS) $(EXTRA)

SOURCES := $(wildcard shim/*.c shim/*/*.c)
ASSEMBLY := $(wildcard shim/*/*.S)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(ASSEMBLY:%.S=$(BUILD)/%.o)
# What a test may link: all but the wrappers, whose names would take libc's place in the test itself.
PARTS := $(filter-out $(BUILD)/shim/exports.o $(BUILD)/shim/next.o,$(OBJECTS))

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))

.PHONY: all test demo test-unit test-scripts format clean
.SECONDARY: $(OBJECTS)

all: $(BUILD)/libpermshim.so

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(PARTS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $< $(PARTS) $(LIBUNWIND) -lcmocka -o $@

test-unit: $(UNIT_TESTS)
	@for test in $(UNIT_TESTS); do echo "$$test"; "$$test" || exit 1; done

test-scripts: all
	@for test in tests/scripts/*_test.sh; do echo "$$test"; BUILD=$(BUILD) "$$test" || exit 1; done

# The set-up comes first, and make anew behind it, since it may have installed the compiler.
test:
	scripts/setup build test
	$(MAKE) all
	$(MAKE) test-unit
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
-include $(OBJECTS:.o=.d)
