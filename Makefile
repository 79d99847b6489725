# A fresh machine needs Python 3.11 or newer and make; tools/ fetches the rest.
PYTHON ?= $(shell for p in python3 python python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
TOOLS = $(or $(PYTHON),$(error cnnviz_widgets needs Python 3.11 or newer, and none is on the PATH)) -m tools

.PHONY: help demo test lint format build bench clean

help:    ## Say what can be made.
	@sed -n 's/^\([a-z]*\): *## /  make \1\t/p' Makefile

demo:    ## Open the quickstart in JupyterLab (OPEN=0: only print its address).
	@$(TOOLS) demo

test:    ## Run every check and every test.
	@$(TOOLS) test

lint:    ## Run the checks that execute nothing: style, format and types.
	@$(TOOLS) lint

format:  ## Put the Python code into its format.
	@$(TOOLS) format

build:   ## Build the wheel and the sdist into dist/.
	@$(TOOLS) build

bench:   ## Measure speed against peers (fetches several GB), and write the results.
	@$(TOOLS) bench

clean:   ## Remove everything that was built or installed here.
	@$(TOOLS) clean
