# SPDX-License-Identifier: MIT
# `make` builds the library, `make demo` and `make test` are what README tells a newcomer to run.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror=implicit-function-declaration
CFLAGS ?= -O2 -g
EXTRA ?=
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE $(WARNINGS) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fcf-protection \
  -fno-strict-aliasing -Ishim -I$(BUILD)/generated $(CFLAGS) $(EXTRA)

SOURCES := $(wildcard shim/*.c shim/*/*.c)
ASSEMBLY := $(wildcard shim/*/*.S)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(ASSEMBLY:%.S=$(BUILD)/%.o)
# What a test may link: all but the wrappers, whose names would take libc's place in the test itself.
PARTS := $(filter-out $(BUILD)/shim/exports.o $(BUILD)/shim/next.o,$(OBJECTS))

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))

.PHONY: all test-unit clean
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

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d)

# The property test against the running kernel (root): N trees, SEED.
PROPERTY := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/property/*.c))

$(BUILD)/tests/property/property: $(PROPERTY) $(PARTS)
	$(CC) $(ALL_CFLAGS) $^ $(LIBUNWIND) -o $@

.PHONY: property
property: $(BUILD)/tests/property/property
	N=$(N) SEED=$(SEED) $<

-include $(PROPERTY:.o=.d)
