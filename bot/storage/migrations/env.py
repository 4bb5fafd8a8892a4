"""Alembic's environment: migrations run on the connection that :class:`bot.storage.database` hands over."""

from alembic import context

from bot.storage.database import VERSION_TABLE

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table=VERSION_TABLE, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
