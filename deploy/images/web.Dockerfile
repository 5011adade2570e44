# The website and the records worker: Python, Django and its dependencies. No torch, no compiler, no pip, no root.
#
# `make images` builds it. It downloads the wheels and checks their hashes first, so the build itself needs no network.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
COPY var/wheels/web/ /wheels/
RUN set -e; for wheel in /wheels/*.whl; do python3 -m zipfile -e "$wheel" /opt/chainrule/site; done; \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/chainrule/site

FROM ${BASE}
LABEL org.opencontainers.image.title="Chainrule website"
ENV PYTHONPATH=/opt/chainrule:/opt/chainrule/site PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=server.settings.production STATIC_ROOT=/srv/static CHAINRULE_VAR=/tmp
# Static files are collected at the start: this folder is a volume that old and new versions share.
RUN mkdir -p /srv/static && chown 10001:10001 /srv/static
COPY --from=packages /opt/chainrule/site /opt/chainrule/site
COPY manage.py /opt/chainrule/
COPY exercises/ /opt/chainrule/exercises/
COPY grader/ /opt/chainrule/grader/
COPY server/ /opt/chainrule/server/
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/chainrule/grader /opt/chainrule/server
WORKDIR /opt/chainrule
USER 10001:10001
# Granian counts an open event stream as a request. Its own limit is 512 for each worker; then nobody else gets a page.
CMD ["python3", "-m", "granian", "--interface", "asgi", "--host", "0.0.0.0", "--workers", "2", \
     "--backpressure", "8192", "--respawn-failed-workers", "--workers-kill-timeout", "20", "server.asgi:application"]
