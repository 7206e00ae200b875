# Everything a person types. `make run ARGS="--for 30s --rate 5000"` hands options on.
PRESET ?= release
BUILD := build/$(PRESET)
ARGS ?=
# One compilation of the network code wants 1.5 GB.
JOBS ?= $(shell awk -v n=$$(nproc) '/MemAvailable/ { m = int($$2 / 1500000); if (m < 1) m = 1; print m < n ? m : n }' /proc/meminfo)
CONFIGURE = @test -f $(BUILD)/build.ninja || cmake --preset $(PRESET)

.PHONY: build test run check bench soak fuzz clean

build:
	scripts/bootstrap run
	$(CONFIGURE)
	cmake --build $(BUILD) -j $(JOBS) --target programs

test:
	scripts/bootstrap test
	$(CONFIGURE)
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure

run: build
	$(BUILD)/kalshi-data up $(ARGS)

check:
	scripts/bootstrap lint
	scripts/check

bench:
	scripts/bootstrap test
	$(CONFIGURE)
	cmake --build $(BUILD) -j $(JOBS) --target kd_bench kd_dedup_bench
	$(BUILD)/bench/kd_bench $(ARGS)
	$(BUILD)/bench/kd_dedup_bench

# Every kind of trouble, with the whole platform; `make soak ARGS="kills --seconds 600"`.
soak:
	scripts/bootstrap test
	$(CONFIGURE)
	cmake --build $(BUILD) -j $(JOBS) --target kd_chaos
	$(BUILD)/tests/kd_chaos $(ARGS)

# Seconds for each parser.
FUZZ_SECONDS ?= 60
fuzz:
	scripts/bootstrap test
	scripts/bootstrap lint
	@test -f build/fuzz/build.ninja || cmake --preset fuzz
	cmake --build build/fuzz -j $(JOBS) --target fuzzers
	scripts/fuzz $(FUZZ_SECONDS)

clean:
	rm -rf build
