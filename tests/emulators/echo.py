"""A server that answers with what it was sent, for tests of the client."""

import base64

from aiohttp import web

from tests.emulators.emulator import Emulator, serve

PICTURE = bytes(range(256)) * 400


class Echo(Emulator):
    """Answers with what it was sent, and a picture."""

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/v1/{name:.*}", self.echo)

    async def echo(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "length": request.headers.get("Content-Length"),
                "sent": await request.json() if await request.read() else None,
                "picture": base64.b64encode(PICTURE).decode(),
            }
        )


if __name__ == "__main__":
    serve(Echo())
