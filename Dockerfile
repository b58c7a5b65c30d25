FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY patches ./patches
# The chain node is for tests, but npm knows no optional development package.
RUN npm ci --omit=dev && rm -rf node_modules/@foundry-rs

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 UV_THREADPOOL_SIZE=8 NODE_COMPILE_CACHE=/tmp/node-compile DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
COPY routes ./routes
COPY schemas ./schemas
COPY db ./db
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:3000/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "--expose-gc", "--import", "./src/preload.ts", "src/server.ts"]
