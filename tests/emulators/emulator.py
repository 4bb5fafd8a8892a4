"""What all emulators share: a record of requests, scripted faults, and a control door.

An emulator is a module with a class derived from :class:`Emulator`; ``python -m
tests.emulators.NAME`` serves it on a free loopback port and prints the port. Tests steer it through
``/_ctl``:

* ``GET /_ctl/requests``: every request so far: method, path, query, headers, body (JSON, form, or
  size in bytes), and when (seconds on the emulator's clock).
* ``POST /_ctl/faults``: a list of faults; each applies to the next requests that match:
  ``{"method", "path"}`` (a regular expression), ``times`` (1), then what happens: ``delay``
  (seconds), ``together`` (none is carried out before all of these have come), ``reset`` (the
  connection is cut before, or with ``after`` after the request was carried out), ``status`` +
  ``body`` + ``headers`` + ``content_type``, or ``location`` (to be redirected to).
* ``POST /_ctl/set``: an object of settings, whose meaning is the emulator's own.
* ``GET /_ctl/paid``: what was paid for so far, one entry for each call that the service carried out
  and bills: ``{"path", "model", "size", "pictures", "at"}`` (``pictures`` is how many it made).
  A fault without ``after`` happens before the service, so nothing is paid.
* ``GET /_ctl/memory``: what people see and have, as JSON; ``POST /_ctl/memory`` with it puts it in
  the place of what there is, also in another process.
* ``POST /_ctl/forget``: forget requests, faults, what was paid for, and settings, but for those
  that the emulator was started with (``launch(name, **settings)``).
"""

import asyncio
import copy
import json
import re
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import ConfigDict, TypeAdapter

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_AS_JSON = ConfigDict(
    arbitrary_types_allowed=True, ser_json_bytes="base64", val_json_bytes="base64"
)


class Emulator:
    """Base of the emulators: subclasses add routes in :meth:`routes`."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.settings: dict[str, Any] = {}
        self.standing: dict[str, Any] = {}  # settings that are not forgotten
        self.paid: list[dict[str, Any]] = []
        self.started = time.monotonic()
        self.base = ""  # its own URL, once it serves

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the protocol's routes."""
        raise NotImplementedError

    @property
    def now(self) -> float:
        """Seconds on the emulator's clock; ``POST /_ctl/set {"scale": 10}`` makes it ten times
        as fast, ``{"offset": 60}`` puts it a minute ahead."""
        elapsed = time.monotonic() - self.started
        return elapsed * self.settings.get("scale", 1.0) + self.settings.get("offset", 0.0)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._record], client_max_size=512 * 2**20)
        app.router.add_get("/_ctl/requests", self._requests)
        app.router.add_get("/_ctl/paid", self._paid)
        app.router.add_post("/_ctl/faults", self._faults)
        app.router.add_post("/_ctl/set", self._set)
        app.router.add_post("/_ctl/forget", self._forget)
        app.router.add_get("/_ctl/memory", self._show_memory)
        app.router.add_post("/_ctl/memory", self._set_memory)
        self.routes(app.router)
        return app

    def memory(self) -> dict[str, tuple[dict[Any, Any], Any]]:
        """What ``/_ctl/memory`` is about: dictionaries by name, each with its type."""
        return {}

    def remembered(self) -> None:
        """The dictionaries of :meth:`memory` have been filled."""

    def bill(self, request: web.Request, model: str, size: str | None, pictures: int) -> None:
        """Note a call that is paid for, and how many pictures it made."""
        request["bill"] = {
            "path": request.path,
            "model": model,
            "size": size,
            "pictures": pictures,
            "at": self.now,
        }
        self.paid.append(request["bill"])

    def lost(self, request: web.Request, status: int | None) -> None:
        """The answer to a request that was carried out never arrives: the connection is cut, or
        something else with that status comes instead. It is paid all the same, unless the service
        says otherwise."""

    def unbill(self, request: web.Request) -> None:
        """Forget that a request was paid for."""
        if "bill" in request:
            self.paid.remove(request["bill"])

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_ctl/"):
            return await handler(request)
        request["record"] = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "body": await _body(request),
            "at": self.now,
        }
        self.requests.append(request["record"])
        fault = self._matching(request)
        return await self._apply(fault, request, handler) if fault else await handler(request)

    def _matching(self, request: web.Request) -> dict[str, Any] | None:
        for fault in self.faults:
            fits = re.search(fault.get("path", ""), request.path) is not None
            if fits and fault.get("method", request.method) == request.method:
                fault["times"] = fault.get("times", 1) - 1
                if not fault["times"]:
                    self.faults.remove(fault)
                return fault
        return None

    async def _apply(
        self, fault: dict[str, Any], request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        await asyncio.sleep(fault.get("delay", 0))
        while fault.get("together") and fault["times"]:
            await asyncio.sleep(0.01)
        if fault.get("after"):
            await handler(request)
            self.lost(request, fault.get("status"))
        if fault.get("reset"):
            if request.transport is not None:  # else who asked has hung up already
                request.transport.abort()
            raise web.HTTPServiceUnavailable
        if "location" in fault:
            return web.Response(
                status=fault.get("status", 302), headers={"Location": fault["location"]}
            )
        if "status" not in fault:
            return await handler(request)
        body = fault.get("body", "")
        text = body if isinstance(body, str) else json.dumps(body)
        kind = fault.get("content_type", "text/html" if text is body else "application/json")
        return web.Response(
            status=fault["status"], text=text, headers=fault.get("headers"), content_type=kind
        )

    async def _requests(self, _: web.Request) -> web.Response:
        return web.json_response(self.requests)

    async def _paid(self, _: web.Request) -> web.Response:
        return web.json_response(self.paid)

    async def _faults(self, request: web.Request) -> web.Response:
        self.faults += await request.json()
        return web.json_response({})

    async def _set(self, request: web.Request) -> web.Response:
        self.settings |= await request.json()
        return web.json_response({})

    async def _show_memory(self, _: web.Request) -> web.Response:
        found = {
            name: TypeAdapter(kind, config=_AS_JSON).dump_python(
                kept, mode="json", exclude={"__all__": {"answered"}}
            )
            for name, (kept, kind) in self.memory().items()
        }
        return web.json_response(found)

    async def _set_memory(self, request: web.Request) -> web.Response:
        told = await request.json()
        for name, (kept, kind) in self.memory().items():
            kept.clear()
            text = json.dumps(told[name])
            kept.update(TypeAdapter(kind, config=_AS_JSON).validate_json(text))
        self.remembered()
        return web.json_response({})

    async def _forget(self, _: web.Request) -> web.Response:
        self.requests.clear()
        self.faults.clear()
        self.paid.clear()
        self.settings.clear()
        self.settings |= copy.deepcopy(self.standing)
        return web.json_response({})


async def _body(request: web.Request) -> Any:
    data = await request.read()
    if request.content_type == "application/json":
        try:
            return json.loads(data)
        except ValueError:
            return data.decode("utf-8", "replace")
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    return len(data)


def serve(emulator: Emulator, tls: ssl.SSLContext | None = None) -> None:
    """Serve until killed; the first line on standard output is the port.

    The first argument of the command, if there is one, is a JSON object of standing settings.
    """
    emulator.standing = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    emulator.settings |= copy.deepcopy(emulator.standing)

    async def run() -> None:
        runner = web.AppRunner(emulator.application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        port = runner.addresses[0][1]
        emulator.base = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    asyncio.run(run())
