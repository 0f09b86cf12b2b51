# syntax=docker/dockerfile:1
ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip /venv/bin/pip install -r requirements.txt
COPY pyproject.toml README.md ./
COPY .streamlit .streamlit
COPY core core
COPY etl etl
COPY dashboard dashboard
COPY pages pages
COPY migrations migrations
# Editable, because pages, migrations and the theme are read from the source folder.
RUN --mount=type=cache,target=/root/.cache/pip /venv/bin/pip install --no-deps --editable .

FROM python:${PYTHON_VERSION}-slim
# The font of charts that are exported as pictures.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-liberation \
    && rm --recursive --force /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin tally \
    && install --directory --owner=tally --group=tally /data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8501 \
    DATA_PATH=/data
USER tally
VOLUME /data
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["tally", "serve"]
