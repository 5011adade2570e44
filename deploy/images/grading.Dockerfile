# The grading worker: the sandbox's image plus the grader. One image is enough for every runtime, because references are
# computed on the CPU. No Django, no compiler, no pip, no root.
#
# `make images` builds it. It downloads the wheels and checks their hashes first, so the build itself needs no network.
ARG SANDBOX=chainrule-sandbox-cpu:latest

FROM ${SANDBOX} AS packages
COPY var/wheels/grading/ /wheels/
RUN set -e; for wheel in /wheels/*.whl; do python3 -m zipfile -e "$wheel" /opt/chainrule/more; done; \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/chainrule/more

FROM ${SANDBOX}
LABEL org.opencontainers.image.title="Chainrule grading worker"
ENV PYTHONPATH=/opt/chainrule:/opt/chainrule/site:/opt/chainrule/more PYTHONUNBUFFERED=1
COPY --from=packages /opt/chainrule/more /opt/chainrule/more
COPY deploy/runtimes.toml /opt/chainrule/deploy/
COPY deploy/sandbox/ /opt/chainrule/deploy/sandbox/
COPY exercises/ /opt/chainrule/exercises/
COPY grader/ /opt/chainrule/grader/
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/chainrule/grader
WORKDIR /opt/chainrule
USER 10001:10001
CMD ["python3", "-m", "celery", "-A", "grader.worker", "worker", "-Q", "grading.cpu,regrading.cpu", "--loglevel", "INFO"]
