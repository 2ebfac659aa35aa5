# The image of a release: the program, which was built before, and the licenses. The
# context has linux/amd64/papi-mcp and linux/arm64/papi-mcp, as GoReleaser lays it out:
#
#   docker build --platform linux/amd64 -t example:0.1.0 .

# An empty folder, for its owner.
FROM scratch AS folder
WORKDIR /state

FROM scratch
ARG TARGETPLATFORM
COPY --from=folder --chown=65532:65532 /state /state
COPY LICENSE THIRD_PARTY_LICENSES /licenses/
COPY --chmod=755 $TARGETPLATFORM/papi-mcp /papi-mcp

# Where a server on stdio, and a named sandbox, keep what outlives them. A server over HTTP
# keeps what its --store says.
ENV XDG_STATE_HOME=/state
VOLUME /state
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["/papi-mcp", "healthcheck"]
ENTRYPOINT ["/papi-mcp"]
CMD ["serve"]

LABEL org.opencontainers.image.title="papi-mcp" \
      org.opencontainers.image.description="MCP server for the Sinch Provisioning API" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.vendor="the papi-mcp authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/example/example" \
      org.opencontainers.image.documentation="https://github.com/example/example/blob/v0.1.0/docs/deploy.md#in-a-container" \
      io.modelcontextprotocol.server.name="io.github.example/papi-mcp"
