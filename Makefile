# SPDX-License-Identifier: GPL-2.0-or-later
# A thin front: meson and ninja build, skep itself builds its kernel and images.
BUILD ?= build

.PHONY: all up check install clean

all:
	@test -f $(BUILD)/build.ninja || tools/step configure meson setup $(BUILD)
	@tools/step skep ninja -C $(BUILD) --quiet
	@ln -sfn $(BUILD)/skep skep

up:
	@tools/packages build run
	@$(MAKE) --no-print-directory all
	@./skep up

check:
	@tools/packages build run test
	@test ! -f $(BUILD)/build.ninja || meson configure $(BUILD) -Dtests=enabled
	@$(MAKE) --no-print-directory all
	@tests/run

install: all
	@meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-asan build-clang skep
