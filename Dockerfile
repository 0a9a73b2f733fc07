# Practice Vetting: one image for web server, worker, clock and commands. compose.yaml shows how they fit together.
# It runs as user 10001 on a root filesystem that may be read-only; DATA_DIR (/data) and /tmp are written.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.lock /build/
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /build/requirements.lock \
    && /opt/venv/bin/pip uninstall --yes pip
COPY LICENSE manage.py /app/
COPY practice_vetting /app/practice_vetting
COPY vendors /app/vendors
COPY checklists /app/checklists
COPY templates /app/templates
COPY static /app/static
WORKDIR /app
# The key is for this step alone: nothing is signed, and nothing of it stays.
RUN DATA_DIR=/tmp/build SECRET_KEY=while-static-files-are-collected STATIC_ROOT=/app/collected \
    /opt/venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q /app \
    && rm -r /tmp/build

FROM python:3.11-slim-bookworm
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin practice-vetting \
    && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH DATA_DIR=/data STATIC_ROOT=/app/collected HOST=0.0.0.0 PORT=8000 WEB_WORKERS=2 \
    HOME=/tmp PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from practice_vetting.core.supervisor import answers; raise SystemExit(not answers('127.0.0.1', 8000))"]
CMD ["gunicorn", "--config", "practice_vetting/gunicorn.py", "practice_vetting.wsgi"]
