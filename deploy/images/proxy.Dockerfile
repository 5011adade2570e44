# The reverse proxy: Caddy, without root. `make images` builds it.
ARG BASE=caddy:2.10-alpine

FROM ${BASE}
LABEL org.opencontainers.image.title="Chainrule proxy"
# The original has file capabilities, so it cannot start in a container that drops them all. A copy has none.
# The listening ports are above 1024.
RUN cp /usr/bin/caddy /usr/local/bin/caddy-unprivileged && mkdir -p /data && chown 10001:10001 /data
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/tmp
COPY deploy/proxy/Caddyfile /etc/caddy/Caddyfile
USER 10001:10001
CMD ["caddy-unprivileged", "run", "--config", "/etc/caddy/Caddyfile"]
