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
PARTS := $(filter-out $(BUILD)/shim/exports.o $(BUILD)/shim/next.o,$(OBJECTS))

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))

.PHONY: all test-unit clean
.SECONDARY: $(OBJECTS)

all: $(BUILD)/libpermshim.so

$(LIBUNWIND):
	CC='$(CC)' scripts/build-libunwind $(@D)

# Its headers have to be there first.
$(filter $(BUILD)/shim/frames/%,$(OBJECTS)): | $(LIBUNWIND)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $< $(PARTS) $(LIBUNWIND) -lcmocka $(TEST_LINK) -o $@

# A program at a fixed address and with gaps between its segments, as node is.
$(BUILD)/tests/unit/symbols_test: private TEST_LINK := -no-pie -Wl,-z,max-page-size=0x200000

$(BUILD)/tests/bench/%: tests/bench/%.c $(PARTS) $(LIBUNWIND)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $< $(PARTS) $(LIBUNWIND) -o $@

test-unit: $(UNIT_TESTS)
	@for test in $(UNIT_TESTS); do echo "$$test"; "$$test" || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d)
