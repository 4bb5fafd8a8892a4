"""Alembic's environment: migrations run on the connection that :class:`bot.database` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="banana_bot_version", render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
