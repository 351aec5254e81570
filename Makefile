# The way in for people: `make`, `make test`, `make help`. CMake does the work.

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
# WERROR=1 turns warnings into errors, as the automatic checks do. FLAGS= adds CMake options.
WERROR ?= 0
FLAGS ?=

RELEASE := build/release
# Many tests wait for most of their time: for a client that is slow on purpose, for a disk.
CTEST := ctest --parallel $(shell expr \( $(JOBS) \* 3 + 1 \) / 2)

# $(call suites,<preset>,<options of ctest>): a test is a suite, and what became of its cases is told at the
# end.
define suites
@$(CTEST) --preset $(1) $(2); status=$$?; python3 tests/cases_of_suites.py build/$(1) && exit $$status
endef

# One stage at a time: ninja and ctest have the -j.
.NOTPARALLEL:

# $(call build,<preset>[,<target>[,<werror>]]): CMake is quick when nothing changed, so it always runs.
define build
@cmake --preset $(1) --log-level=WARNING -DSLUICE_WERROR=$(or $(3),$(WERROR)) $(FLAGS) >/dev/null
@cmake --build --preset $(1) --parallel $(JOBS) $(if $(2),--target $(2))
endef

.PHONY: all
all: setup
	$(call build,release,product)

.PHONY: help
help:
	@echo 'Build'
	@echo '  make                  install what is missing, build $(RELEASE)/sluice'
	@echo '  make install PREFIX=  install tool, library and headers (default $(PREFIX))'
	@echo '  make clean            remove build/'
	@echo
	@echo 'Try'
	@echo '  make demo             build, then show what it does'
	@echo
	@echo 'Test'
	@echo '  make test             every test on the release build'
	@echo '  make gcc              g++ build; unit and conformance tests'
	@echo '  make ci-sanitizers    the same tests under address, undefined and thread sanitizers'
	@echo '  make fuzz             fuzz each parser of foreign bytes for FUZZ_SECONDS (20)'
	@echo '  make test-linux-tree  the tool on the Linux source tree (installs 140 MB)'
	@echo '  make test-file-systems  more of them, and a million entries (needs root; some minutes)'
	@echo '  make test-selinux     cp -Z beside GNU cp in a guest with SELinux (needs root and QEMU; some minutes)'
	@echo '  make test-ktls        TLS by the kernel, in a guest whose kernel has it (needs root and QEMU; some minutes)'
	@echo
	@echo 'Measure'
	@echo '  make bench            all benchmarks'
	@echo '  make bench-tools      the tool beside cp, du and the like'
	@echo '  make bench-net        servers beside nginx, libuv and Asio (installs nginx and wrk); bench-net-full'
	@echo '                        compares models and ways as well (40 minutes; ROUNDS=)'
	@echo '  make bench-ablation   what each choice is worth, as in chapter 15 of the guide (needs root)'
	@echo
	@echo 'Tidy up'
	@echo '  make format           clang-format over all C++'
	@echo '  make tidy             source check, then clang-tidy'
	@echo
	@echo 'Variables: JOBS=$(JOBS)  WERROR=1  FLAGS="-D..."  PREFIX=$(PREFIX)'

.PHONY: setup
setup:
	@tools/setup.sh

.PHONY: test
test: setup
	$(call build,release)
	$(call suites,release,-LE '^(linux_tree|file_systems_large)$$')

.PHONY: test-linux-tree
test-linux-tree: setup
	@tools/setup.sh packages-linux-tree.txt
	$(call build,release)
	@$(CTEST) --preset release -L '^linux_tree$$'

.PHONY: test-file-systems
test-file-systems: setup
	$(call build,release,product)
	@$(CTEST) --preset release -L '^file_systems_large$$'

.PHONY: test-selinux
test-selinux: setup
	$(call build,release,product)
	@python3 tests/selinux/compare.py

.PHONY: test-ktls
test-ktls: setup
	$(call build,release,product)
	@python3 tests/ktls/run.py

.PHONY: gcc
gcc: setup
	$(call build,gcc,,1)
	$(call suites,gcc,-L '^(unit|conformance|sim|fuzz|headers)$$' $(SECOND))

# The whole suite in every place is for `make test`: a second time the places over others are left out.
OVER_OTHERS := ^conformance\.(trace|throttle|fault|fragment|stripe|cache|map)_|^conformance\.[a-z_]*_(sync|overlapped)$$
SECOND := -E '$(OVER_OTHERS)'

.PHONY: ci-sanitizers
ci-sanitizers: asan tsan

.PHONY: asan
asan: setup
	$(call build,asan,gtest_programs)
	$(call suites,asan,-L '^(unit|conformance|sim)$$' $(SECOND))

# What is one thread by nature has nothing to race with.
.PHONY: tsan
tsan: setup
	$(call build,tsan,unit_tests conformance_tests suite_tests)
	$(call suites,tsan,-L '^(unit|conformance)$$' -E '$(OVER_OTHERS)|^conformance\.(memory|sim)$$')

.PHONY: demo
demo: all
	$(call build,release,random_read)
	@bench/demo.sh

.PHONY: bench
bench: setup
	$(call build,release)
	@bench/run.sh

.PHONY: bench-tools
bench-tools: all
	$(call build,release,start_pairs)
	-@tools/setup.sh packages-linux-tree.txt
	@INTO='$(INTO)' bench/run.sh tools $(if $(ROWS),--rows '$(ROWS)') $(if $(QUICK),--quick) \
		$(if $(MINUTES),--minutes $(MINUTES))

.PHONY: bench-net bench-net-full
bench-net bench-net-full: all
	@tools/setup.sh packages-bench.txt
	$(call build,release,peers)
	@INTO='$(INTO)' SWEEP_ROUNDS='$(ROUNDS)' \
		bench/run.sh $(if $(findstring full,$@),net-full --seconds 3,net) $(if $(ROUNDS),--rounds $(ROUNDS))

# Written where the guide shows it, unless INTO= says where to.
.PHONY: bench-ablation
bench-ablation: all
	$(call build,release,one_way)
	-@tools/setup.sh packages-linux-tree.txt
	@PYTHONPATH=bench bench/ablation.py --into $(or $(INTO),docs/guide/figures) $(if $(ROUNDS),--rounds $(ROUNDS))

CXX_FILES = git ls-files -co --exclude-standard -- '*.cpp' '*.hpp'

.PHONY: format
format: setup
	@$(CXX_FILES) | xargs -r clang-format-19 -i

.PHONY: tidy
tidy: setup
	@python3 tests/tidy/tidy.py
	$(call build,release)
	@run-clang-tidy-19 -quiet -j $(JOBS) -p $(RELEASE) '$(CURDIR)/(src|tools)/'

.PHONY: install
install: all
	@cmake --install $(RELEASE) --prefix $(PREFIX)

.PHONY: clean
clean:
	@rm -rf build
