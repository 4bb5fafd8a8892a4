"""Alembic's environment: migrations run on the connection of :mod:`bot.storage.database`."""

from alembic import context

from bot.storage.database import VERSION_TABLE

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table=VERSION_TABLE, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
