# SPDX-License-Identifier: MIT
# What a user gets beside the library: the pages of `permshim explain`, the man page, an installed tree.

VERSION := $(shell sed -n 's/^readonly version=//p' scripts/permshim)
INSTALLED_LIBRARY := $(PREFIX)/lib/permshim/libpermshim.so
INSTALLED_CAUSES := $(PREFIX)/share/permshim/causes.txt
# libunwind is inside the library, so its licence goes with it.
INSTALLED_LICENCES := $(PREFIX)/share/doc/permshim

.PHONY: install uninstall

all: $(BUILD)/causes.txt $(BUILD)/permshim.1

$(BUILD)/causes.txt: shim/verdict/causes.def scripts/list-causes
	@mkdir -p $(@D)
	CC='$(CC)' scripts/list-causes $< >$@.new && mv $@.new $@

# PREFIX stands in the page, so a change of it makes the page anew.
$(BUILD)/permshim.1: docs/permshim.1.in shim/verdict/causes.def scripts/list-causes scripts/permshim $(BUILD)/prefix
	@mkdir -p $(@D)
	CC='$(CC)' scripts/list-causes --man shim/verdict/causes.def >$@.causes
	sed -e '/@CAUSES@/{r $@.causes' -e 'd}' -e 's|@VERSION@|$(VERSION)|g' \
	  -e 's|@LIBRARY@|$(INSTALLED_LIBRARY)|g' -e 's|@CAUSES_FILE@|$(INSTALLED_CAUSES)|g' $< >$@.new
	@rm $@.causes && mv $@.new $@

$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

.PHONY: FORCE
FORCE:

install: all
	install -D -m 644 $(BUILD)/libpermshim.so $(DESTDIR)$(INSTALLED_LIBRARY)
	install -D -m 755 scripts/permshim-frames $(DESTDIR)$(PREFIX)/lib/permshim/permshim-frames
	install -D -m 755 scripts/permshim $(DESTDIR)$(PREFIX)/bin/permshim
	install -D -m 644 $(BUILD)/causes.txt $(DESTDIR)$(INSTALLED_CAUSES)
	install -D -m 644 $(BUILD)/permshim.1 $(DESTDIR)$(PREFIX)/share/man/man1/permshim.1
	install -D -m 644 LICENSE $(DESTDIR)$(INSTALLED_LICENCES)/LICENSE
	install -m 644 $(LIBUNWIND_DIR)/COPYING $(DESTDIR)$(INSTALLED_LICENCES)/LICENSE.libunwind

uninstall:
	rm -f $(DESTDIR)$(INSTALLED_LIBRARY) $(DESTDIR)$(PREFIX)/lib/permshim/permshim-frames \
	  $(DESTDIR)$(PREFIX)/bin/permshim \
	  $(DESTDIR)$(INSTALLED_CAUSES) $(DESTDIR)$(PREFIX)/share/man/man1/permshim.1 \
	  $(DESTDIR)$(INSTALLED_LICENCES)/LICENSE $(DESTDIR)$(INSTALLED_LICENCES)/LICENSE.libunwind
	rmdir $(addprefix $(DESTDIR)$(PREFIX)/,lib/permshim share/permshim share/doc/permshim) 2>/dev/null || true
