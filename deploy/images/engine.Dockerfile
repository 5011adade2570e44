# For Kubernetes: a container engine that contains the images of the sandboxes, so it needs no registry and no network.
#
#     docker save chainrule-sandbox-cpu:latest chainrule-author-cpu:latest > var/sandbox.tar
#     docker build -f deploy/images/engine.Dockerfile -t chainrule-engine var
ARG BASE=docker:28-dind

FROM ${BASE}
COPY sandbox.tar /sandbox.tar
ENTRYPOINT []
# It listens on the loopback address, which the containers of a pod share. It sets up no networks: sandboxes have none.
CMD ["sh", "-c", "(until docker --host tcp://127.0.0.1:2375 load --quiet --input /sandbox.tar; do sleep 1; done) & \
     exec dockerd --host tcp://127.0.0.1:2375 --tls=false --bridge none --iptables=false --ip6tables=false"]
