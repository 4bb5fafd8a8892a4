"""IMA Open API, as its documents and its published client describe it.

Every request is checked: its headers, each of its fields, and that ids, size, price and pictures
agree. Settings (``POST /_ctl/set``):

* ``key``, ``app_key``: what is accepted.
* ``style``: errors come as ``"code"`` (HTTP 200 and a code, the default) or as ``"status"``.
* ``fail``: ``{"list" | "create" | "detail" | "token": {"code", "message", "times"}}``; without
  ``times`` always.
* ``refuse``: ``{"4K": 500}``: sizes for which ``create`` answers with a code.
* ``drift``: once the list has been asked for, its attribute ids change.
* ``eet``: the expected time of every model, such as ``"0~1s"``.
* ``accept_types``: ``files.acceptType`` of the list. ``hide_files``: there is none.
* ``duration``, ``durations``: seconds that the next tasks take on the emulator's clock.
* ``looks``: tasks are finished with so many looks at each, however long those take.
* ``outcomes``: what becomes of the pictures of a task: ``ok``, ``watermark`` (only that URL),
  ``failed`` (``error_msg``), ``remark`` (only that), ``deleted``, ``status`` (``failed`` although
  available), ``never``, ``gone`` (its URL is dead).
* ``words``: of failures. ``stagger``: seconds between the pictures of a task. ``short``: how many
  of them are missing. ``numeric``: task ids are numbers. ``extra``: further parameters allowed.
* ``dead_upload``: what ``ful`` is instead. ``virtual``: there is a further model, Nano Banana V,
  whose size is virtual: made from the aspect ratio.

Which of Google's models there are, and how they are retired, is in :mod:`.offered`. IMA was not
seen to have 2.1, so ``today`` is Nano Banana 2 and Pro; what 2.1, Lite and a later one cost here is
invented. A retired one is in no list, and its attribute is no valid one any more. A task that was
created is paid for (``GET /_ctl/paid``; what each costs is in ``/_ctl/tasks``).

``GET /_ctl/tasks`` tells of every task when it was created, finished, and fetched.
"""

import hashlib
import re
import time
import uuid
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.emulators.emulator import serve
from tests.emulators.offered import FLASH, LITE, NAMES, NEW, NEXT, PRO, Offering, released
from tests.emulators.offered import MODELS as KNOWN

COMMON = ("1:1", "3:2", "2:3", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
FOURTEEN = (
    *("1:1", "1:4", "1:8", "2:3", "3:2", "3:4", "4:1"),
    *("4:3", "4:5", "5:4", "8:1", "9:16", "16:9", "21:9"),
)
DIMENSIONS = {
    "1:1": (1024, 1024),
    "2:3": (832, 1248),
    "3:2": (1248, 832),
    "3:4": (864, 1184),
    "4:3": (1184, 864),
    "4:5": (896, 1152),
    "5:4": (1152, 896),
    "9:16": (768, 1344),
    "16:9": (1344, 768),
    "21:9": (1536, 672),
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (384, 3072),
    "8:1": (3072, 384),
}
SCALES = {"512px": 0.5, "1K": 1, "2K": 2, "4K": 4}
VIRTUAL = {"id": "nano-banana-v", "name": "Nano Banana V", "model_id": "gemini-nano-banana-v"}
MAPPING: dict[str, Any] = {"mapping_rules": []}
CATEGORIES = (
    *("text_to_image", "image_to_image", "text_to_video", "image_to_video"),
    *("first_last_frame_to_video", "reference_image_to_video", "text_to_music", "text_to_speech"),
)
TOKEN_FIELDS = {
    *("appUid", "cmimToken", "appId", "appKey", "timestamp", "nonce", "sign"),
    *("fService", "fType", "fSuffix", "fContentType"),
}
TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}
PRICES = {
    (FLASH, "text_to_image"): [(4400, 4), (4401, 6), (4402, 10), (4403, 13)],
    (FLASH, "image_to_image"): [(4404, 4), (4405, 6), (4406, 10), (4407, 13)],
    (PRO, "text_to_image"): [(2399, 10), (2400, 10), (2401, 18)],
    (PRO, "image_to_image"): [(2402, 10), (2403, 10), (2404, 18)],
    (NEW, "text_to_image"): [(5101, 3), (5102, 5), (5103, 9)],
    (NEW, "image_to_image"): [(5104, 3), (5105, 5), (5106, 9)],
    (LITE, "text_to_image"): [(5110, 3)],
    (LITE, "image_to_image"): [(5111, 3)],
    (NEXT, "text_to_image"): [(5201, 3), (5202, 5), (5203, 9)],
    (NEXT, "image_to_image"): [(5204, 3), (5205, 5), (5206, 9)],
}
TIMES = {FLASH: "20~35s", PRO: "25~45s", NEW: "15~40s", LITE: "5~15s", NEXT: "15~40s"}
"""Expected times, as the list writes them."""


class Refused(Exception):
    """A business error."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message


def check(condition: object, message: str, code: int = 400) -> None:
    if not condition:
        raise Refused(code, message)


class Ima(Offering):
    """The service, its uploads, and the place where both keep pictures."""

    today = (FLASH, PRO)

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, dict[str, str]] = {}
        self.uploads: dict[str, bytes] = {}
        self.listed = 0

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/_ctl/tasks", self._tasks)
        router.add_get("/open/v1/product/list", self.api("list", self.offer))
        router.add_post("/open/v1/tasks/create", self.api("create", self.create))
        router.add_post("/open/v1/tasks/detail", self.api("detail", self.detail))
        for method in ("GET", "POST"):
            path = "/api/rest/oss/getuploadtoken"
            router.add_route(method, path, self.envelope("token", self.token))
        router.add_put("/oss/{name:.+}", self.put)
        router.add_get("/cdn/{name:.+}", self.uploaded)
        router.add_get("/results/{task}/{number}.png", self.result)

    async def _forget(self, request: web.Request) -> web.Response:
        for kept in (self.tasks, self.tokens, self.uploads):
            kept.clear()
        self.listed = 0
        return await super()._forget(request)

    async def _tasks(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.tasks.values()))

    # The envelope

    def envelope(self, name: str, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            try:
                self._scripted(name)
                data = await handler(request)
                return web.json_response({"code": 200, "message": "success", "data": data})
            except Refused as refused:
                body = {"code": refused.code, "message": refused.message, "data": None}
                status = 200
                if self.settings.get("style") == "status":
                    status = refused.code if 400 <= refused.code < 600 else 400
                return web.json_response(body, status=status)

        return answer

    def api(self, name: str, handler: Any) -> Any:
        async def checked(request: web.Request) -> Any:
            headers = request.headers
            key = self.settings.get("key", "ima_emulator")
            check(headers.get("Authorization") == f"Bearer {key}", "Unauthorized", 401)
            check(headers.get("Content-Type") == "application/json", "Content-Type")
            check(headers.get("x-app-source") == "ima_skills", "x-app-source")
            check(headers.get("x_app_language", "en") in ("en", "zh"), "x_app_language")
            return await handler(request)

        return self.envelope(name, checked)

    def _scripted(self, name: str) -> None:
        fault = self.settings.get("fail", {}).get(name)
        if fault and fault.get("times", 1) > 0:
            fault["times"] = fault.get("times", 1000) - 1
            raise Refused(fault["code"], fault.get("message", ""))

    # The product list

    async def offer(self, request: web.Request) -> list[dict[str, Any]]:
        check(set(request.query) == {"app", "platform", "category"}, "query")
        check(request.query["app"] in ("ima", "webAgent"), "app")
        check(request.query["platform"] == "web", "platform")
        check(request.query["category"] in CATEGORIES, "category")
        tree = self.tree(request.query["category"])
        self.listed += 1
        return tree

    @property
    def drift(self) -> int:
        return 1000 if self.settings.get("drift") and self.listed else 0

    def tree(self, task: str) -> list[dict[str, Any]]:
        """Groups with leaves; the one of Pro is a level deeper."""
        if task not in ("text_to_image", "image_to_image"):
            return []
        offered = [model for model in map(released, self.offered) if (model, task) in PRICES]
        plain = [leaf(task, model) for model in offered if model not in (FLASH, PRO)]
        pro = [leaf(task, PRO)] if PRO in offered else []
        flash = []
        if FLASH in offered:
            old = leaf(task, FLASH, "90~99s", ("1:1",))
            old["id"] = "gemini-3.1-flash-image-old"
            for rule in old["credit_rules"]:
                rule |= {"attribute_id": rule["attribute_id"] - 4000, "points": 99}
            flash = [old, leaf(task, FLASH)]
        leaves = [*flash, *plain, *pro]
        for each in leaves:
            for rule in each["credit_rules"]:
                rule["attribute_id"] += self.drift
            if eet := self.settings.get("eet"):
                each["tags"] = [{"tag_type": "EET", "tag_value": eet}]
            if "files" in each and (types := self.settings.get("accept_types")):
                each["files"]["acceptType"] = types
            if self.settings.get("hide_files"):
                each.pop("files", None)
        if self.settings.get("virtual"):
            plain.append(seedream(task) | VIRTUAL)
        return [
            group("SeeDream", [seedream(task)]),
            group("Nano Banana", [*flash, *plain, group("Premium", pro)]),
        ]

    def leaves(self, task: str) -> list[dict[str, Any]]:
        found, nodes = [], self.tree(task)
        while nodes:
            node = nodes.pop()
            nodes += node.get("children", [])
            found += [node] if node["type"] == "3" else []
        return found

    # Tasks

    async def create(self, request: web.Request) -> dict[str, Any]:
        body = await json_object(request)
        keys = {"task_type", "enable_multi_model", "src_img_url", "parameters"}
        check(keys <= set(body) <= keys | {"upload_img_src"}, f"fields: {sorted(body)}")
        check(body["enable_multi_model"] is False, "enable_multi_model")
        check(body["task_type"] in ("text_to_image", "image_to_image"), "task_type")
        check(isinstance(body["parameters"], list) and len(body["parameters"]) == 1, "parameters")
        order = body["parameters"][0]
        check(
            set(order)
            == {
                *("attribute_id", "model_id", "model_name", "model_version", "app"),
                *("platform", "category", "credit", "parameters"),
            },
            f"parameters[0]: {sorted(order)}",
        )
        check((order["app"], order["platform"]) == ("ima", "web"), "app or platform")
        check(order["category"] == body["task_type"], "category is not task_type")
        late = self.gone(str(order["model_id"]))
        check(not late, "Invalid product attribute")
        self._check_pictures(body, order)
        self._check_order(order)
        self.bill(request, order["model_id"], order["parameters"]["size"], order["parameters"]["n"])
        inner = order["parameters"]
        number = len(self.tasks) + 1
        id = str(1659300 + number) if self.settings.get("numeric") else f"task_{number:06}"
        durations = self.settings.get("durations") or [self.settings.get("duration", 0.1)]
        duration = durations.pop(0) if len(durations) > 1 else durations[0]
        self.tasks[id] = {
            "id": id,
            "task_type": body["task_type"],
            "prompt": inner["prompt"],
            "created": self.now,
            "finished": self.now + duration,
            "duration": duration,
            "count": inner["n"],
            "size": inner["size"],
            "aspect_ratio": inner.get("aspect_ratio", "1:1"),
            "points": order["credit"] * inner["n"],
            "fetched": None,
            "looks": 0,
        }
        milliseconds = int(time.time() * 1000)
        return {
            "id": int(id) if self.settings.get("numeric") else id,
            "biz_id": f"biz_{uuid.uuid4().hex[:6]}",
            "task_type": body["task_type"],
            "medias": [],
            "generate_count": inner["n"],
            "created_at": milliseconds,
            "timeout_at": milliseconds + 300_000,
        }

    def _check_pictures(self, body: dict[str, Any], order: dict[str, Any]) -> None:
        sources = body["src_img_url"]
        inner = order["parameters"]
        check(isinstance(inner, dict), "parameters")
        check(isinstance(sources, list), "src_img_url")
        check(inner.get("input_images") == sources, "input_images is not src_img_url")
        if body["task_type"] == "text_to_image":
            check(sources == [], "text_to_image takes no pictures")
            return
        check(1 <= len(sources) <= 14, "image_to_image takes 1 to 14 pictures")
        for url in sources:
            check(isinstance(url, str), "input_images")
            name = url.removeprefix(f"{self.base}/cdn/")
            check(name in self.uploads, f"cannot download {url[:60]}")

    def _check_order(self, order: dict[str, Any]) -> None:
        leaves = self.leaves(order["category"])
        [leaf] = [x for x in leaves if x["id"] == order["model_version"]] or [None]
        check(leaf, "model_version")
        check(leaf["model_id"] == order["model_id"], "model_id")
        check(leaf["name"] == order["model_name"], "model_name")
        inner = order["parameters"]
        options = {
            field["field"]: [option["value"] for option in field["options"]]
            + [
                rule["target_value"]
                for rule in field.get("value_mapping", MAPPING)["mapping_rules"]
            ]
            for field in leaf["form_config"]
        }
        known = {*options, "prompt", "n", "input_images", "cast"}
        known |= set(self.settings.get("extra", ()))
        check(set(inner) <= known, f"unknown parameters: {sorted(set(inner) - known)}")
        check(isinstance(inner.get("prompt"), str) and inner["prompt"], "prompt")
        check(type(inner.get("n")) is int and 1 <= inner["n"] <= 8, "n")
        for field, values in options.items():
            if field == "size" and order["model_id"] in self.settings.get("sizes", {}):
                values = [value for value in values if value in self.sizes(order["model_id"])]
            check(inner.get(field) in values, f"{field} is not one of {values}")
        self._check_price(order, inner, leaf["credit_rules"])

    def _check_price(
        self, order: dict[str, Any], inner: dict[str, Any], rules: list[dict[str, Any]]
    ) -> None:
        size = inner["size"]
        if code := self.settings.get("refuse", {}).get(size):
            raise Refused(code, f"no luck with {size}")
        fitting = [
            rule
            for rule in rules
            if all(inner.get(k) == v for k, v in rule["attributes"].items() if k != "default")
        ]
        check(fitting, "no matching credit rule", 6009)
        known = [rule["attribute_id"] for rule in rules]
        cast = inner.get("cast")
        check(type(order["attribute_id"]) is int, "attribute_id")
        check(order["attribute_id"], "Invalid product attribute")
        if not self.settings.get("drift"):
            check(order["attribute_id"] in known, "Invalid product attribute")
        words = "Attribute ID does not match the calculated rule"
        check(order["attribute_id"] == fitting[0]["attribute_id"], words, 6010)
        check(order["credit"] == fitting[0]["points"], "credit is not the rule's points", 6006)
        expected = {"points": order["credit"], "attribute_id": order["attribute_id"]}
        check(cast == expected, "cast", 6006)

    async def detail(self, request: web.Request) -> dict[str, Any]:
        body = await json_object(request)
        check(set(body) == {"task_id"}, "fields")
        check(isinstance(body["task_id"], str), "task_id is not a string")
        task = self.tasks.get(body["task_id"])
        check(task, "task not found")
        assert task is not None
        task["looks"] += 1
        looks = self.settings.get("looks")
        share = task["looks"] / looks if looks else None
        elapsed = self.now - task["created"] if share is None else share * task["duration"]
        if elapsed < 0.1 * task["duration"]:
            medias = []
        else:
            count = task["count"] - self.settings.get("short", 0)
            medias = [self.media(task, n, elapsed) for n in range(count)]
        return {
            "id": task["id"],
            "task_type": task["task_type"],
            "prompt": task["prompt"],
            "medias": medias,
        }

    def media(self, task: dict[str, Any], number: int, elapsed: float) -> dict[str, Any]:
        """A picture, which goes through the documented states."""
        outcomes = self.settings.get("outcomes", ["ok"])
        outcome = outcomes[number % len(outcomes)]
        words = self.settings.get("words", "the model gave up")
        url = f"{self.base}/results/{task['id']}/{number}.png"
        done = elapsed - number * self.settings.get("stagger", 0.0)
        part = done / task["duration"] if task["duration"] else 1.0
        media: dict[str, Any] = {"resource_status": None, "status": "pending", "format": "png"}
        if part < 0.2:
            return media | {"resource_status": None if number % 2 == 0 else ""}
        if part < 0.85 or outcome == "never":
            return media | {"resource_status": 0, "status": "processing"}
        if outcome == "failed":
            return media | {"resource_status": 2, "status": "failed", "error_msg": words}
        if outcome == "remark":
            return media | {"resource_status": 2, "status": "failed", "remark": words}
        if outcome == "deleted":
            return media | {"resource_status": 3, "status": "success"}
        if outcome == "status":
            return media | {"resource_status": 1, "status": "failed", "error_msg": words}
        media |= {"resource_status": 1, "status": "success", "url": "", "watermark_url": ""}
        if part < 1:
            return media
        if outcome == "gone":
            url = url.replace("/results/", "/results/gone")
        width, height = dimensions(task)
        media |= {"width": width, "height": height, "cover_url": ""}
        return media | {"watermark_url" if outcome == "watermark" else "url": url}

    async def result(self, request: web.Request) -> web.Response:
        task = self.tasks.get(request.match_info["task"])
        if task is None:
            raise web.HTTPNotFound
        task["fetched"] = self.now
        number = int(request.match_info["number"])
        color = (40 + 60 * number % 200, 120, 200)
        return web.Response(body=picture(dimensions(task), color), content_type="image/png")

    # Uploads

    async def token(self, request: web.Request) -> dict[str, Any]:
        if request.method == "POST":
            kind = request.headers.get("Content-Type")
            check(kind == "application/x-www-form-urlencoded", "Content-Type")
            check(not request.query, "query")
            form = {k: str(v) for k, v in (await request.post()).items()}
        else:
            form = dict(request.query)
        check("Authorization" not in request.headers, "Authorization is not for this host")
        check(set(form) == TOKEN_FIELDS, f"fields: {sorted(form)}")
        key = self.settings.get("key", "ima_emulator")
        check(form["appUid"] == form["cmimToken"] == key, "Unauthorized", 401)
        app_key = self.settings.get("app_key", "EMULATOR-TEST-KEY")
        check((form["appId"], form["appKey"]) == ("webAgent", app_key), "invalid app", 401)
        check(re.fullmatch(r"\d{10}", form["timestamp"]), "timestamp")
        check(abs(time.time() - int(form["timestamp"])) < 300, "timestamp is too old")
        check(re.fullmatch(r"[0-9a-f]{21}", form["nonce"]), "nonce")
        signed = "|".join((form["appId"], app_key, form["timestamp"], form["nonce"]))
        sign = hashlib.sha1(signed.encode()).hexdigest().upper()
        check(form["sign"] == sign, "sign", 401)
        check((form["fService"], form["fType"]) == ("privite", "picture"), "fService or fType")
        check(TYPES.get(form["fSuffix"]) == form["fContentType"], "fSuffix or fContentType")
        day = time.strftime("%Y/%m/%d")
        unique = f"{form['timestamp']}_{uuid.uuid4().hex}.{form['fSuffix']}"
        name = f"webAgent/privite/{day}/{unique}"
        signature = uuid.uuid4().hex + "%2F%2B%3D"
        self.tokens[name] = {"type": form["fContentType"], "signature": signature}
        query = f"Expires={int(time.time()) + 604800}&OSSAccessKeyId=emulated&Signature={signature}"
        return {
            "ful": self.settings.get("dead_upload") or f"{self.base}/oss/{name}?{query}",
            "fdl": f"{self.base}/cdn/{name}",
            "ful_expire": 604800,
            "fdl_expire": 604800,
            "fdl_key": name,
        }

    async def put(self, request: web.Request) -> web.Response:
        """The bytes; the signature covers the path and the Content-Type."""
        name = request.match_info["name"]
        token = self.tokens.get(name)
        if token is None or f"Signature={token['signature']}" not in request.raw_path:
            raise web.HTTPForbidden(text="<Code>SignatureDoesNotMatch</Code>")
        headers = request.headers
        if headers.get("Content-Type") != token["type"] or "Authorization" in headers:
            raise web.HTTPForbidden(text="<Code>SignatureDoesNotMatch</Code>")
        if {"x-app-source", "x_app_language", "Cookie"} & set(headers):
            raise web.HTTPBadRequest
        data = await request.read()
        if Image.open(BytesIO(data)).get_format_mimetype() != token["type"]:
            raise web.HTTPBadRequest(text="<Code>not what was announced</Code>")
        self.uploads[name] = data
        return web.Response()

    async def uploaded(self, request: web.Request) -> web.Response:
        data = self.uploads.get(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data)


async def json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    check(isinstance(body, dict), "not a JSON object")
    return body  # type: ignore[no-any-return]


def group(name: str, children: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": name, "type": "2", "name": name, "model_id": "", "children": children}


def leaf(task: str, model: str, eet: str = "", ratios: tuple[str, ...] = ()) -> dict[str, Any]:
    prices = PRICES[model, task]
    ratios = ratios or (FOURTEEN if len(KNOWN[model]["ratios"]) == 14 else COMMON)
    sizes = ["1K"] if len(prices) == 1 else list(SCALES)[-len(prices) :]
    points = f"{prices[0][1]}~{prices[-1][1]}"
    made = {
        "id": f"{model}-preview" if model in (FLASH, PRO) else model,
        "parent_id": "Nano Banana",
        "type": "3",
        "name": NAMES[model],
        "icon": "https://example.invalid/icon.png",
        "model_id": model,
        "tags": [
            {"tag_type": "feature", "tag_value": "NEW🔥"},
            {"tag_type": "EET", "tag_value": eet or TIMES[model]},
            {"tag_type": "point", "tag_value": points},
        ],
        "model_types": ["text_to_image", "image_to_image"],
        "description": "…",
        "category_code": task,
        "category_name": "文生图" if task == "text_to_image" else "图生图",
        "form_config": [
            form("aspect_ratio", "Aspect Ratio", "1:1", list(ratios)),
            form("size", "Quality", "1K", sizes),
        ],
        "credit_rules": [
            {
                "origin_point": price,
                "points": price,
                "attribute_id": attribute,
                "attributes": {"size": size},
            }
            for size, (attribute, price) in zip(sizes, prices, strict=True)
        ],
    }
    if task == "image_to_image":
        made["files"] = {
            "component": "card",
            "acceptType": ["image/jpg,png"],
            "category": "image_to_image",
            "minLimit": 1,
            "maxLimit": 14,
        }
    return made


def form(field: str, label: str, default: str, values: list[str]) -> dict[str, Any]:
    return {
        "type": "tags",
        "field": field,
        "label": label,
        "description": "…",
        "value": default,
        "options": [{"label": value, "value": value} for value in values],
        "level": 1,
    }


def seedream(task: str) -> dict[str, Any]:
    """Of another family: its size is virtual, made from the aspect ratio."""
    attribute = 2341 if task == "text_to_image" else 1611
    size = form("size", "Size", "2k", [])
    size |= {
        "is_ui_virtual": True,
        "ui_params": [form("aspect_ratio", "Aspect Ratio", "16:9", ["1:1", "16:9"])],
        "value_mapping": {
            "type": "simple",
            "source_params": ["aspect_ratio"],
            "target_param": "size",
            "mapping_rules": [
                {"source_values": {"aspect_ratio": "16:9"}, "target_value": "2560x1440"},
                {"source_values": {"aspect_ratio": "1:1"}, "target_value": "2048x2048"},
            ],
        },
    }
    return {
        "id": "doubao-seedream-4-5-251128",
        "type": "3",
        "name": "SeeDream 4.5",
        "model_id": "doubao-seedream-4.5",
        "form_config": [size],
        "credit_rules": [
            {"points": 5, "attribute_id": attribute, "attributes": {"default": "enabled"}}
        ],
    }


def dimensions(task: dict[str, Any]) -> tuple[int, int]:
    if pixels := re.fullmatch(r"(\d+)x(\d+)", task["size"]):
        return int(pixels[1]), int(pixels[2])
    width, height = DIMENSIONS[task["aspect_ratio"]]
    scale = SCALES[task["size"]]
    return int(width * scale), int(height * scale)


def picture(size: tuple[int, int], color: tuple[int, int, int]) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, color).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


if __name__ == "__main__":
    serve(Ima())
