# One image for every process; the command says which: api, worker, migrate, simulate, or account, token … by hand.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
# Without cgo the program needs no C library; with timetzdata it brings the time zones along.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags='-s -w' -o /out/wxdesk . && mkdir /out/data

# Nothing but the program, the certificate authorities that WeChat's API is checked against, and a folder for the
# simulator's state: no shell, no package manager, nothing that ages. `wxdesk health` serves the container's health check.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/wxdesk /wxdesk
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["/wxdesk"]
