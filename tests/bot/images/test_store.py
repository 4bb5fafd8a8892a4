"""The picture store, on a real folder and against a small server that speaks S3."""

import asyncio
import hashlib
import hmac
import json
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from aiohttp import ClientSession, web
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.failures import Failure, Reason
from bot.domain.pictures import IMAGE_ID
from bot.images import validation
from bot.images.store import CHUNK, LINK_DAYS, ImageStore, image_id
from messages import Picture
from tests.support import odd_pictures as odd

NOON = 1_795_262_400.5  # 2026-11-21T12:00:00.500Z
ID = "img_0123456789ab"
PATH = f"generated/2026-11-21/{ID}.png"


def picture(kind: str = "PNG", width: int = 40, height: int = 30, mode: str = "RGB") -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has nothing to show for it."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body
    return head + struct.pack(">II", zlib.crc32(body), 1000) + b"IDAT"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.*"))


def reason(found: object) -> Reason:
    assert isinstance(found, Failure)
    return found.reason


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore((tmp_path / "media").as_uri())


@pytest.fixture
def folder(tmp_path: Path, store: ImageStore) -> Path:
    return tmp_path / "media"


async def save(
    store: ImageStore, data: bytes = b"", **changes: object
) -> tuple[Picture, str] | Failure:
    arguments: dict[str, object] = {
        "image_id": ID,
        "folder": "generated",
        "created_at": NOON,
        "sidecar": {"prompt": "一只猫", "source_images": ["img_ba9876543210"], "cost": None},
    }
    return await store.save(data or picture(), **(arguments | changes))  # type: ignore[arg-type]


# Ids


def test_an_id_follows_from_its_parts_and_the_secret() -> None:
    one = image_id("secret", "job", "0")
    assert IMAGE_ID.fullmatch(one)
    assert image_id("secret", "job", "0") == one
    others = [("other", "job", "0"), ("secret", "job", "1"), ("secret", "job0"), ("secret",)]
    assert len({one, *(image_id(*parts) for parts in others)}) == 5


@given(st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_different_parts_are_different_pictures(one: list[str], other: list[str]) -> None:
    assert (image_id("secret", *one) == image_id("secret", *other)) == (one == other)


# A folder


async def test_a_picture_is_kept_with_its_sidecar(store: ImageStore, folder: Path) -> None:
    data = picture()
    kept = Picture(ID, "image/png", 40, 30, len(data))
    assert await save(store, data) == (kept, PATH)
    assert (folder / PATH).read_bytes() == data
    assert json.loads((folder / f"generated/2026-11-21/{ID}.json").read_text("utf-8")) == {
        "id": ID,
        "path": PATH,
        "mime": "image/png",
        "width": 40,
        "height": 30,
        "created_at": "2026-11-21T12:00:00.500+00:00",
        "prompt": "一只猫",
        "source_images": ["img_ba9876543210"],
        "cost": None,
    }


async def test_what_was_kept_is_found(store: ImageStore) -> None:
    assert await store.read(PATH) is None
    assert await store.sidecar(PATH) is None
    await save(store)
    assert await store.read(PATH) == picture()
    assert (await store.sidecar(PATH) or {})["prompt"] == "一只猫"


def test_the_place_of_a_picture(store: ImageStore, folder: Path) -> None:
    assert store.location(PATH) == str(folder / PATH)
    assert ImageStore("s3://bucket/some/").location(PATH) == f"s3://bucket/some/{PATH}"


async def test_saving_again_changes_nothing_but_the_content(
    store: ImageStore, folder: Path
) -> None:
    await asyncio.gather(*(save(store) for _ in range(5)))
    await save(store, picture(width=99))
    assert files(folder) == [f"{ID}.json", f"{ID}.png"]
    assert (await store.sidecar(PATH) or {})["width"] == 99


async def test_nobody_sees_half_a_picture(store: ImageStore) -> None:
    small, large = picture(), picture(width=2000, height=2000)
    await save(store, small)
    seen = set()

    async def watch() -> None:
        while True:
            seen.add(len(await store.read(PATH) or b""))

    watching = asyncio.create_task(watch())
    for data in (large, small) * 5:
        await save(store, data)
    watching.cancel()
    assert seen <= {len(small), len(large)}


async def test_a_picture_is_streamed_in_pieces(store: ImageStore) -> None:
    data = picture() + bytes(3 * CHUNK)  # a PNG ends where it says, whatever follows
    await save(store, data)
    pieces = [piece async for piece in store.stream(PATH)]
    assert b"".join(pieces) == data
    assert len(pieces) == 4
    assert max(map(len, pieces)) <= CHUNK


async def test_streaming_what_is_gone_says_so(store: ImageStore) -> None:
    with pytest.raises(FileNotFoundError):
        await anext(aiter(store.stream(PATH)))


async def test_deleting_removes_both_files(store: ImageStore, folder: Path) -> None:
    await save(store)
    await store.delete(PATH)
    await store.delete(PATH)
    assert not files(folder)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "../secret.png",
        f"generated/../../{ID}.png",
        f"generated/2026-11-21/../{ID}.png",
        f"/generated/2026-11-21/{ID}.png",
        f"other/2026-11-21/{ID}.png",
        f"generated/2026-11-21/{ID}.svg",
        f"generated/2026-11-21/{ID}.json",
        f"generated/2026-11-21/{ID}.png\n",
        f"generated/2026-11-21/{ID.upper()}.png",
        f"generated\\2026-11-21\\{ID}.png",
        "generated/2026-11-21/img_0123456789a.png",
    ],
)
async def test_other_paths_are_refused(store: ImageStore, path: str) -> None:
    for method in (store.read, store.sidecar, store.delete):
        with pytest.raises(ValueError, match="kept picture"):
            await method(path)
    with pytest.raises(ValueError, match="kept picture"):
        await anext(aiter(store.stream(path)))
    with pytest.raises(ValueError, match="kept picture"):
        store.location(path)


@pytest.mark.parametrize("identity", ["", "../../x", "img_0123456789AB", f"{ID}\n", "x" + ID])
async def test_other_ids_are_refused(store: ImageStore, identity: str) -> None:
    with pytest.raises(ValueError, match="twelve"):
        await save(store, image_id=identity)


async def test_links_out_of_the_folder_are_refused(
    store: ImageStore, folder: Path, tmp_path: Path
) -> None:
    await save(store)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / f"{ID}.png").write_bytes(picture())
    (folder / "generated/2026-11-20").symlink_to(outside)
    (folder / "generated/2026-11-19").mkdir()
    (folder / f"generated/2026-11-19/{ID}.png").symlink_to(outside / f"{ID}.png")
    for day in ("2026-11-20", "2026-11-19"):
        with pytest.raises(ValueError, match="out of its folder"):
            await store.read(f"generated/{day}/{ID}.png")
    with pytest.raises(ValueError, match="out of its folder"):
        await save(store, created_at=NOON - 86400)
    assert list(outside.iterdir()) == [outside / f"{ID}.png"]


async def test_a_folder_that_is_itself_a_link_is_fine(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "media").symlink_to(tmp_path / "disk")
    store = ImageStore((tmp_path / "media").as_uri())
    await save(store)
    assert await store.read(PATH) == picture()


async def test_references_have_their_own_folder_and_limits(store: ImageStore) -> None:
    saved = await save(store, folder="references")
    assert not isinstance(saved, Failure)
    assert saved[1] == f"references/2026-11-21/{ID}.png"
    assert reason(await save(store, picture("PNG", 1, 1), folder="references")) is (
        Reason.REFERENCE_TOO_SMALL
    )


@pytest.mark.parametrize("data", [b"I cannot draw that.", picture("PNG", 1, 1), png_header(9, 9)])
async def test_what_a_provider_should_not_send_is_an_unusable_answer(
    store: ImageStore, folder: Path, data: bytes
) -> None:
    found = await save(store, data)
    assert reason(found) is Reason.UNUSABLE_ANSWER
    assert not files(folder)


async def test_a_provider_may_send_more_than_a_person(
    store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "FROM_PEOPLE", replace(validation.FROM_PEOPLE, bytes=10))
    assert reason(await save(store, folder="references")) is Reason.REFERENCE_TOO_LARGE
    assert not isinstance(await save(store), Failure)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_of_what_a_person_sends_no_place_is_kept(
    store: ImageStore, folder: Path, kind: str
) -> None:
    data = odd.telling(kind, orientation=6)
    saved = await save(store, data, folder="references", owner="web:ann")
    assert not isinstance(saved, Failure)
    kept, path = saved
    stored = await store.read(path)
    assert stored is not None
    assert (kept.width, kept.height, kept.size) == (400, 640, len(stored))
    assert not any(odd.PLACE in file.read_bytes() for file in folder.rglob("*.*"))
    made = await save(store, data)
    assert not isinstance(made, Failure)
    assert await store.read(made[1]) == data


@pytest.mark.parametrize("name", ["with space", "图片", "100%", "a#b"])
async def test_any_folder_will_do(tmp_path: Path, name: str) -> None:
    store = ImageStore((tmp_path / name / "deep").as_uri())
    await save(store)
    assert (tmp_path / name / "deep" / PATH).exists()
    await store.check()
    assert sorted(path.name for path in (tmp_path / name / "deep").iterdir()) == ["generated"]


@pytest.mark.parametrize(
    "url", ["", "media", "/tmp/media", "file://media", "file:///", "http://host/x", "ftp://host"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="MEDIA_URL"):
        ImageStore(url)


@pytest.fixture
def no_folder(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("no folder any more")


@pytest.mark.usefixtures("no_folder")
async def test_a_folder_that_cannot_be_used_is_reported(store: ImageStore) -> None:
    with pytest.raises(OSError, match=r"[Nn]ot a directory"):
        await store.check()
    with pytest.raises(OSError, match=r"[Nn]ot a directory"):
        await store.read(PATH)
    with pytest.raises(OSError, match=r"[Nn]ot a directory"):
        await store.delete(PATH)
    with pytest.raises(OSError, match=r"[Nn]ot a directory"):
        await anext(aiter(store.stream(PATH)))


# A bucket


def signed(request: web.Request) -> bool:
    """Whether a request is signed with the secret, in its headers or its query, and in time.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    query = dict(request.query)
    if "X-Amz-Signature" in query:
        signature = query.pop("X-Amz-Signature")
        algorithm, credential = query["X-Amz-Algorithm"], query["X-Amz-Credential"]
        names, payload = query["X-Amz-SignedHeaders"], "UNSIGNED-PAYLOAD"
        moment, seconds = query["X-Amz-Date"], int(query["X-Amz-Expires"])
    else:
        algorithm, _, rest = request.headers.get("Authorization", "").partition(" ")
        said = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        signature, credential, names = (
            said.get(name, "") for name in ("Signature", "Credential", "SignedHeaders")
        )
        payload = request.headers.get("x-amz-content-sha256", "")
        moment, seconds = request.headers.get("x-amz-date", "19700101T000000Z"), 15 * 60
    began = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    late = not -60 < (datetime.now(UTC) - began).total_seconds() < seconds <= 7 * 24 * 3600
    key, _, scope = credential.partition("/")
    if late or algorithm != "AWS4-HMAC-SHA256" or key != "key":
        return False
    pairs = sorted((quote(name, safe="-_.~"), quote(query[name], safe="-_.~")) for name in query)
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            names,
            payload,
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    mac = b"AWS4secret"
    for part in (*scope.split("/"), "\n".join((algorithm, moment, scope, digest))):
        mac = hmac.digest(mac, part.encode(), "sha256")
    return hmac.compare_digest(mac.hex(), signature)


class Bucket:
    """The part of S3 that the store uses (https://docs.aws.amazon.com/AmazonS3/latest/API/)."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.down = False

    async def handle(self, request: web.Request) -> web.Response:
        if self.down or not signed(request):
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        if request.method == "PUT":
            kind = request.headers["Content-Type"]
            self.objects[request.path] = (await request.read(), kind)
            return web.Response(headers={"ETag": '"1"'})
        if request.method == "POST" and "delete" in request.query:
            key = (await request.text()).split("<Key>")[1].split("</Key>")[0]
            self.objects.pop(f"/bucket/{key}", None)
            deleted = f"<DeleteResult><Deleted><Key>{key}</Key></Deleted></DeleteResult>"
            return web.Response(text=deleted)
        if request.path not in self.objects:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        headers = {"ETag": '"1"', "Last-Modified": "Sat, 21 Nov 2026 12:00:00 GMT"}
        return web.Response(body=self.objects[request.path][0], headers=headers)


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    bucket = Bucket()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", bucket.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield bucket
    await runner.cleanup()


async def test_a_bucket_needs_only_the_url(bucket: Bucket) -> None:
    store = ImageStore("s3://bucket/some/prefix")
    await store.check()
    assert not bucket.objects
    assert await store.read(PATH) is None
    data = picture() + bytes(3 * CHUNK)
    await save(store, data)
    base = f"/bucket/some/prefix/generated/2026-11-21/{ID}"
    assert {path: kind for path, (_, kind) in bucket.objects.items()} == {
        f"{base}.png": "image/png",
        f"{base}.json": "application/json",
    }
    assert await store.read(PATH) == data
    assert b"".join([piece async for piece in store.stream(PATH)]) == data
    assert (await store.sidecar(PATH) or {})["id"] == ID
    await store.delete(PATH)
    await store.delete(PATH)
    assert not bucket.objects


async def test_a_bucket_that_refuses_is_reported_in_one_line(bucket: Bucket) -> None:
    store = ImageStore("s3://bucket")
    bucket.down = True
    with pytest.raises(OSError, match=r"403|[Ff]orbidden|permission") as caught:
        await store.check()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(OSError, match=r"403|[Ff]orbidden|permission"):
        await store.delete(PATH)


async def test_a_signed_link_shows_a_picture_until_it_expires(bucket: Bucket) -> None:
    store = ImageStore("s3://bucket/some/prefix")
    data = picture()
    await save(store, data)
    link = store.signed_link(PATH)
    assert link is not None
    async with ClientSession() as session, session.get(link) as response:
        assert response.status == 200
        assert await response.read() == data
    assert store.signed_link(PATH) == link  # a message that holds it stays as it is
    async with ClientSession() as session:  # nobody can make another one of it
        for forged in (
            link[:-1],
            link.replace("604800", "604799"),
            link.replace(ID, f"{ID[:-1]}c"),
        ):
            async with session.get(forged) as response:
                assert response.status == 403
    said = parse_qs(urlsplit(link).query)
    assert said["X-Amz-Expires"] == [str(LINK_DAYS * 24 * 3600)]
    assert "secret" not in link
    with pytest.raises(ValueError, match="path of a kept picture"):
        store.signed_link("generated/../../etc/passwd")


def test_a_folder_has_no_links(tmp_path: Path) -> None:
    assert ImageStore(tmp_path.as_uri()).signed_link(PATH) is None
