# One file for every image: what compiles stays in the first stages, what runs holds production packages alone.

FROM node:24-bookworm-slim AS packages
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 make g++ >/dev/null \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# What better-sqlite3 was compiled from is not needed to run it.
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
  && find node_modules/better-sqlite3/build -type f ! -name better_sqlite3.node -delete

FROM packages AS build
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json nest-cli.json ./
COPY apps apps
COPY libs libs
RUN npx nest build --all

FROM node:24-bookworm-slim AS client
WORKDIR /app
COPY package.json package-lock.json ./
COPY frontend/package.json frontend/package-lock.json frontend/
RUN cd frontend && npm ci --no-audit --no-fund --loglevel=error
COPY libs libs
COPY frontend frontend
# The client takes this one package of the libraries from its own folder.
RUN cd frontend && NG_CLI_ANALYTICS=false npx ng build
COPY tools/client-compression.mjs tools/
RUN node tools/client-compression.mjs frontend/dist/browser

FROM node:24-bookworm-slim AS service
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules node_modules
# Mount points belong to the user, so that fresh volumes do too.
RUN mkdir -p /data /keys /credentials && chown node:node /data /keys /credentials && chmod 700 /data /keys /credentials
USER node

FROM service AS setup
USER root
COPY tools/nats tools/nats
COPY tools/docker tools/docker
COPY tools/project.mjs tools/databases.mjs tools/
COPY libs/platform/src/files libs/platform/src/files
CMD ["node", "tools/docker/setup.mjs"]

# Backup and restore; what they know of the schemas is the names of the migrations.
FROM service AS backup
USER root
RUN mkdir -p /stores/auth /stores/chat /stores/gateway && chown -R node:node /stores && chmod -R 700 /stores
COPY tools/backup tools/backup
COPY tools/restore tools/restore
COPY tools/docker tools/docker
COPY tools/project.mjs tools/exclusive.mjs tools/
COPY libs/platform/src/files libs/platform/src/files
COPY apps/auth/src/store/migrations apps/auth/src/store/migrations
COPY apps/chat/src/store/migrations apps/chat/src/store/migrations
COPY apps/gateway/src/database apps/gateway/src/database
ENTRYPOINT ["node"]
CMD ["tools/docker/backup.mjs"]

# The audit, which reads the volumes of the services; it opens what it has planted by the library of the product.
FROM service AS audit
USER root
RUN mkdir -p /stores/auth /stores/chat /stores/gateway /stores/nats && chown -R node:node /stores && chmod -R 700 /stores
USER node
COPY tools/audit tools/audit
COPY tools/nats tools/nats
COPY tools/docker tools/docker
COPY tools/backup/installation.mjs tools/backup/files.mjs tools/backup/
COPY tools/project.mjs tools/port.mjs tools/
COPY libs/platform/src/files libs/platform/src/files
COPY --from=build /app/dist/apps/chat/libs/contracts dist/apps/chat/libs/contracts
COPY --from=build /app/dist/apps/chat/libs/crypto dist/apps/chat/libs/crypto
ENTRYPOINT ["node", "tools/docker/audit.mjs"]

FROM service AS auth
COPY tools/docker/alive.mjs tools/docker/
COPY tools/user.mjs tools/project.mjs tools/
COPY --from=build /app/dist/apps/auth dist/apps/auth
CMD ["node", "--no-opt", "--optimize-for-size", "dist/apps/auth/apps/auth/src/main.js"]

FROM service AS chat
COPY tools/docker/alive.mjs tools/docker/
COPY tools/keys-rotate.mjs tools/exclusive.mjs tools/project.mjs tools/
COPY tools/keys tools/keys
COPY libs/platform/src/files libs/platform/src/files
COPY --from=build /app/dist/apps/chat dist/apps/chat
CMD ["node", "--no-opt", "--optimize-for-size", "dist/apps/chat/apps/chat/src/main.js"]

FROM service AS gateway
COPY tools/docker/alive.mjs tools/docker/
COPY --from=build /app/dist/apps/gateway dist/apps/gateway
COPY --from=client /app/frontend/dist/browser client
ENV CLIENT_DIR=/app/client
EXPOSE 5000
CMD ["node", "--no-opt", "--max-semi-space-size=32", "dist/apps/gateway/apps/gateway/src/main.js"]
