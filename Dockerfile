# The daemon in a container: non-root, read-only root file system, state in one volume.
#   docker build -t offhook .
#   docker run --read-only -p 8080:8080 -p 69:6969/udp -v ./site:/site:ro -v offhook:/var/lib/offhook offhook
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=optional --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:26-slim
ENV NODE_ENV=production OFFHOOK_PROJECT=/site OFFHOOK_OUT=/var/lib/offhook/out OFFHOOK_STATE=/var/lib/offhook/state
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY schema schema
COPY templates templates
COPY starter starter
RUN install -d -o node -g node -m 0700 /var/lib/offhook && install -d /site
USER node
VOLUME /var/lib/offhook
EXPOSE 8080/tcp 8443/tcp 6969/udp
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/-/healthy').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve"]
