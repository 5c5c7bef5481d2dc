# One file for all images. Compilers stay in the first stages; the images have only production packages.

FROM node:24-bookworm-slim AS packages
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 make g++ >/dev/null \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# The sources of better-sqlite3 are not needed at run time.
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
  && find node_modules/better-sqlite3/build -type f ! -name better_sqlite3.node -delete

FROM packages AS build
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json nest-cli.json ./
COPY apps apps
COPY libs libs
COPY tools tools
RUN npx nest build --all

FROM node:24-bookworm-slim AS client
WORKDIR /app
COPY package.json package-lock.json ./
COPY frontend/package.json frontend/package-lock.json frontend/
RUN cd frontend && npm ci --no-audit --no-fund --loglevel=error
COPY libs libs
COPY frontend frontend
# The client resolves this package of the libraries from its own folder.
RUN cd frontend && NG_CLI_ANALYTICS=false npx ng build
COPY tools/client-compression.mjs tools/
RUN node tools/client-compression.mjs frontend/dist/browser

FROM node:24-bookworm-slim AS service
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules node_modules
# New volumes inherit the owner of their mount point.
RUN mkdir -p /data /keys /credentials && chown node:node /data /keys /credentials && chmod 700 /data /keys /credentials
# The operators' commands: `docker compose exec auth secure-chat user`.
RUN printf '#!/bin/sh\nexec node /app/dist/cli/tools/cli/main.js "$@"\n' >/usr/local/bin/secure-chat \
  && chmod 755 /usr/local/bin/secure-chat
USER node

FROM service AS setup
USER root
COPY tools/nats tools/nats
COPY tools/docker tools/docker
COPY tools/project.mjs tools/databases.mjs tools/
COPY libs/platform/src/files libs/platform/src/files
CMD ["node", "tools/docker/setup.mjs"]

# Backup and restore. They need the services' migrations only for their names.
FROM service AS backup
USER root
RUN mkdir -p /stores/auth /stores/chat /stores/gateway && chown -R node:node /stores && chmod -R 700 /stores
COPY --from=build /app/dist/cli dist/cli
COPY apps/auth/src/store/migrations apps/auth/src/store/migrations
COPY apps/chat/src/store/migrations apps/chat/src/store/migrations
COPY apps/gateway/src/store/sqlite/migrations apps/gateway/src/store/sqlite/migrations
ENV STORES=/stores MASTER_KEY_FILE=/keys/master.key BACKUPS=/backups
ENTRYPOINT ["secure-chat", "backup"]

# The audit reads the volumes of the services, and opens its test messages with the libraries of the product.
FROM service AS audit
USER root
RUN mkdir -p /stores/auth /stores/chat /stores/gateway /stores/nats && chown -R node:node /stores && chmod -R 700 /stores
USER node
COPY --from=build /app/dist/cli dist/cli
ENV STORES=/stores MASTER_KEY_FILE=/keys/master.key
ENTRYPOINT ["secure-chat", "audit"]

FROM service AS auth
COPY tools/docker/alive.mjs tools/docker/
COPY --from=build /app/dist/cli dist/cli
COPY --from=build /app/dist/apps/auth dist/apps/auth
CMD ["node", "--no-opt", "--optimize-for-size", "dist/apps/auth/apps/auth/src/main.js"]

FROM service AS chat
COPY tools/docker/alive.mjs tools/docker/
COPY --from=build /app/dist/cli dist/cli
COPY --from=build /app/dist/apps/chat dist/apps/chat
CMD ["node", "--no-opt", "--optimize-for-size", "dist/apps/chat/apps/chat/src/main.js"]

FROM service AS gateway
COPY tools/docker/alive.mjs tools/docker/
COPY --from=build /app/dist/apps/gateway dist/apps/gateway
COPY --from=client /app/frontend/dist/browser client
ENV CLIENT_DIR=/app/client
EXPOSE 5000
CMD ["node", "--no-opt", "--max-semi-space-size=32", "dist/apps/gateway/apps/gateway/src/main.js"]
