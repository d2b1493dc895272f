FROM python:3.11.14-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py .
COPY config config
COPY leads leads
COPY sla sla
COPY handoff handoff
# No secret is needed to collect files; this one stays in this stage.
RUN SECRET_KEY=only-for-this-line STATIC_ROOT=/app/static /venv/bin/python manage.py collectstatic --no-input \
    && /venv/bin/python -m compileall -q .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home handoff
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/static HANDOFF_BIND=0.0.0.0
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER handoff
EXPOSE 8000
# The commands of the worker, of beat and of the migrations stand in docker-compose.yml.
CMD ["sh", "-c", "exec python -m gunicorn --config python:config.gunicorn config.wsgi"]
