#!/bin/sh
# The main job: zenblas, llama.cpp on top of it, a model, text. `make llama` calls this.
# Options: tools/llama/run.sh --help. PYTHON names another interpreter than python3.
set -eu
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    echo "make llama needs Python 3.9 or newer as '$python' (Debian: apt install python3 python3-venv)," >&2
    echo "or PYTHON=/path/to/python3 make llama" >&2
    exit 1
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "$(dirname "$0")/main.py" "$@"
