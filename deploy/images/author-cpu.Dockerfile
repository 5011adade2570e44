# The author's instance: the sandbox's image plus the grader's checks, packages and references, for the own code of
# courses' packages. Learners' code never runs in it. No network, no compiler, no pip.
#
# `make image` builds it after the sandbox's image. It downloads the wheels and checks their hashes first, so the build
# itself needs no network.
ARG SANDBOX=chainrule-sandbox-cpu:latest

FROM ${SANDBOX} AS packages
COPY var/wheels/author/ /wheels/
RUN set -e; for wheel in /wheels/*.whl; do python3 -m zipfile -e "$wheel" /opt/chainrule/more; done; \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/chainrule/more

FROM ${SANDBOX}
LABEL org.opencontainers.image.title="Chainrule author's instance (CPU)"
COPY --from=packages /opt/chainrule/more /opt/chainrule/site
# The data sets of the classifier exercises, from scikit-learn's files. It is never imported.
COPY var/datasets/ /opt/chainrule/site/sklearn/datasets/data/
COPY grader/ /opt/chainrule/grader/
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/chainrule/grader
CMD ["python3", "-I", "/opt/chainrule/grader/author_instance/__main__.py"]
