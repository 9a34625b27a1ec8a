# The C world's front door. Each target is one script; everything made here lands in build/.
#
#   make                          build the libraries into build/lib
#   make test                     all tests
#   make llama                    llama.cpp on zenblas, from nothing to tokens
#   make llama-bench              its speed with several libraries and types of weights, as a table and a picture
#   make llama-check              its results against those without BLAS
#   make install PREFIX=/usr/local [LIBDIR= INCLUDEDIR= DESTDIR=]
#   make uninstall PREFIX=...
#   make alternatives             (root) let Debian's numpy, scipy, R ... run on the installed library
#   make no-alternatives          (root) and back to what was selected before
#   make clean
#
# ILP64=1 with make, install and uninstall: the library with 64-bit integers.

export PREFIX LIBDIR INCLUDEDIR NAMEDIR DESTDIR ILP64 FORCE CC

library = build/lib$(if $(ILP64),64_)

all:
	tools/build.sh

$(library):
	tools/build.sh

test:
	tools/test.sh

llama:
	tools/llama/run.sh

llama-bench:
	tools/llama/run.sh bench

llama-check:
	tools/llama/run.sh check

install: | $(library)
	tools/install.sh

uninstall:
	tools/uninstall.sh

alternatives:
	tools/alternatives.sh on

no-alternatives:
	tools/alternatives.sh off

clean:
	rm -rf build
	cargo clean

.PHONY: all test llama llama-bench llama-check install uninstall alternatives no-alternatives clean
