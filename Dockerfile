# The service's image: every process and the command line, against servers that run elsewhere.
# It holds no Java and no database, so `up` and `demo` are not for it: run those from a clone.
#
#   make image                                       with docker, podman or buildah
#   make image BASE_IMAGE=registry.example/python    any base with Python 3.11, its venv module and a shell
#
# What pip needs to reach its packages is the builder's affair and stays out of the image: both secrets are optional.
#   --secret id=pip.conf,src=FILE    pip's configuration
#   --secret id=ca.pem,src=FILE      authorities to trust; pip.conf names them as /run/secrets/ca.pem

ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
COPY requirements.lock /build/requirements.lock
# Wheels only: nothing is compiled, so the build needs no compiler either.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=ca.pem,target=/run/secrets/ca.pem \
    python3 -m venv /opt/frafaldsvarsel \
 && /opt/frafaldsvarsel/bin/python -m pip install --disable-pip-version-check --no-cache-dir --quiet \
        --require-hashes --only-binary=:all: -r /build/requirements.lock \
 && /opt/frafaldsvarsel/bin/python -m pip uninstall --quiet --yes setuptools pip \
 && rm -f /opt/frafaldsvarsel/bin/activate* /opt/frafaldsvarsel/bin/Activate*
# What .dockerignore lets through: the packages that serve. With the pages' design system, which `make image` fetches.
COPY . /app
# The source folders are the packages, so a path entry installs them.
# Bytecode is made here, because a container writes none; unchecked, because a copy may change the files' times.
RUN rm /app/requirements.lock \
 && echo /app > /opt/frafaldsvarsel/lib/python3.11/site-packages/frafaldsvarsel.pth \
 && printf '%s\n' '#!/opt/frafaldsvarsel/bin/python' 'from frafaldsvarsel.commands import main' 'main()' \
        > /opt/frafaldsvarsel/bin/frafaldsvarsel \
 && chmod 755 /opt/frafaldsvarsel/bin/frafaldsvarsel \
 && chmod -R a+rX,go-w /app /opt/frafaldsvarsel \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /app \
 && /opt/frafaldsvarsel/bin/frafaldsvarsel --help > /dev/null

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="frafaldsvarsel" \
      org.opencontainers.image.description="From an institution's dropout-risk message on Kafka to the jobcentre's obligated task and mail" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A base image made for building brings its own pip; a service has no use for one.
RUN rm -rf /usr/local/bin/pip* /usr/local/bin/wheel /usr/local/lib/python3.11/ensurepip \
           /usr/local/lib/python3.11/site-packages/pip* /usr/local/lib/python3.11/site-packages/setuptools* \
           /usr/local/lib/python3.11/site-packages/wheel* /usr/local/lib/python3.11/site-packages/_distutils_hack \
           /usr/local/lib/python3.11/site-packages/distutils-precedence.pth \
           /usr/lib/python3.11/ensurepip /usr/share/python-wheels \
 && groupadd --gid 10001 frafaldsvarsel \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
        frafaldsvarsel
COPY --from=build /opt/frafaldsvarsel /opt/frafaldsvarsel
COPY --from=build /app /app
# The root file system may be read-only: /tmp is the only folder that is written to, and may be a tmpfs.
ENV PATH=/opt/frafaldsvarsel/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FRAFALDSVARSEL_WORKER_DATA_DIR=/tmp/worker \
    FRAFALDSVARSEL_READY_FILE=/tmp/ready
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["frafaldsvarsel"]
CMD ["--help"]
