#!/bin/sh
# zenblas, llama.cpp on top of it, and then: a model and text (`make llama`), a table of speeds (`make llama-bench`:
# run.sh bench), comparisons with llama.cpp's own results (`make llama-check`: run.sh check).
# Options: tools/llama/run.sh [bench|check] --help. PYTHON names another interpreter than python3.
set -eu
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    echo "make llama needs Python 3.9 or newer as '$python' (Debian: apt install python3 python3-venv)," >&2
    echo "or PYTHON=/path/to/python3 make llama" >&2
    exit 1
fi
export PYTHONDONTWRITEBYTECODE=1
job=main
case ${1:-} in
    bench | check) job=$1 && shift ;;
esac
exec "$python" "$(dirname "$0")/$job.py" "$@"
