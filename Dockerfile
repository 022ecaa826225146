# docker build -t shield-ai . && docker run --rm -v "$PWD:/app" shield-ai scan
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/shield
COPY requirements/scan.lock requirements/
RUN /opt/shield/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/scan.lock
COPY pyproject.toml README.md LICENSE ./
COPY docs/shield.1 docs/
COPY examples examples
COPY src src
RUN /opt/shield/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/shield/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim
# The mounted repository has another owner than the process; shield starts git without its programs.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*' \
    && useradd --uid 1000 --create-home shield
COPY --from=build /opt/shield /opt/shield
ENV PATH=/opt/shield/bin:$PATH
USER shield
WORKDIR /app
ENTRYPOINT ["shield"]
CMD ["--help"]
