# The sandbox: python, torch for the CPU, and the harness. No network, no compiler, no pip.
#
# `make image` builds it. By hand, from the root of the repository:
#
#     pip download --no-deps --require-hashes --only-binary=:all: --dest var/wheels/sandbox-cpu \
#         -r deploy/requirements/sandbox.txt -r deploy/requirements/torch-cpu.txt
#     docker build -f deploy/images/sandbox-cpu.Dockerfile -t chainrule-sandbox-cpu .
#
# The wheels are downloaded before the build and their hashes checked, so the build itself needs no network.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
COPY var/wheels/sandbox-cpu/ /wheels/
# Unzipping is enough to install these wheels: nothing here uses their commands and manual pages.
# Python does not check the compiled files against their sources: the root is read-only when they are used. One file of
# torch is for Python 3.12 and is left out.
RUN set -e; for wheel in /wheels/*.whl; do python3 -m zipfile -e "$wheel" /opt/chainrule/site; done; \
    python3 -m compileall -q -j 0 -x py312_ --invalidation-mode unchecked-hash /opt/chainrule/site; \
    python3 -I -c "import sys; sys.path.insert(0, '/opt/chainrule/site'); \
import matplotlib.pyplot, numpy, pyseccomp, safetensors.torch, torch; print('torch', torch.__version__)"

FROM ${BASE}
LABEL org.opencontainers.image.title="Chainrule sandbox (CPU)"
COPY --from=packages /opt/chainrule/site /opt/chainrule/site
# The harness comes last: it changes often, and then nothing above it is built again.
COPY grader/__init__.py /opt/chainrule/grader/__init__.py
COPY grader/harness/ /opt/chainrule/grader/harness/
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/chainrule/grader
CMD ["python3", "-I", "/opt/chainrule/grader/harness/__main__.py"]
