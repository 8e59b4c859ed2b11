# The image: Node and one file. How it is built is tried by test/unit/chart/image.test.ts, without a container engine.
#
# Digests pin what a tag can change any day; raise both together with `node` in package.json. They were taken from public Dockerfiles that
# agree on them, not looked up in a registry: check them once (docker buildx imagetools inspect) before the first release.
FROM node:26.10.0-trixie-slim@sha256:ec7758ee051e457b468b32bde57b0879010b325bb9862718e9615225ce4aaae1 AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tools/bundle.ts tools/bundle.ts
COPY tools/bundle tools/bundle
COPY src src
RUN node tools/bundle.ts

# glibc, libstdc++ and CA certificates: no shell, no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/dist/ /app/
USER 65532:65532
ENV MALLOC_ARENA_MAX=1
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=1", "--optimize-for-size", "/app/tenant-isolation.mjs"]
CMD ["run"]
