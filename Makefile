# Everything a person types. `make run ARGS="--for 30s --rate 5000"` hands options on.
PRESET ?= release
BUILD := build/$(PRESET)
ARGS ?=
# One compilation of the network code wants 1.5 GB.
JOBS ?= $(shell awk -v n=$$(nproc) '/MemAvailable/ { m = int($$2 / 1500000); if (m < 1) m = 1; print m < n ? m : n }' /proc/meminfo)

.PHONY: build test run check bench clean bootstrap

build: bootstrap $(BUILD)/build.ninja
	cmake --build $(BUILD) -j $(JOBS)

test: build
	ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure

run: build
	$(BUILD)/kalshi-data up $(ARGS)

check:
	scripts/bootstrap lint
	scripts/check

bench: build
	$(BUILD)/bench/kd_bench $(ARGS)

clean:
	rm -rf build

bootstrap:
	scripts/bootstrap

$(BUILD)/build.ninja:
	cmake --preset $(PRESET)
