# Two stages: a static binary is built, then put alone into an empty image.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# Linked statically, so that the image needs no C library; an explicit target keeps the flag away from build scripts.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --locked --profile dist --target x86_64-unknown-linux-gnu \
 && mkdir -p /image/usr/local/bin /image/etc /image/var/lib/sqlite /image/var/lib/vestibule /image/tmp \
 && cp target/x86_64-unknown-linux-gnu/dist/vestibule /image/usr/local/bin/ \
 && printf '127.0.0.1 localhost\n::1 localhost\n' > /image/etc/hosts \
 && printf 'vestibule:x:10001:10001::/var/lib/vestibule:/sbin/nologin\n' > /image/etc/passwd \
 && printf 'vestibule:x:10001:\n' > /image/etc/group

FROM scratch
COPY --from=build --chown=10001:10001 /image /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 10001:10001
WORKDIR /var/lib/vestibule
EXPOSE 4433 4434
VOLUME ["/var/lib/sqlite", "/var/lib/vestibule"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/vestibule", "health"]
ENTRYPOINT ["/usr/local/bin/vestibule"]
CMD ["serve", "-c", "/etc/vestibule/vestibule.yml"]
