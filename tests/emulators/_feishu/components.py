"""The components of Card JSON 2.0: their attributes and what each may be.

Everything that https://open.feishu.cn/document/feishu-cards/card-json-v2-components describes and
a picture bot may use; charts and tables are left out and therefore refused. An attribute is a
domain, or the name of a shape (``text``, ``icon``, …) that :mod:`.cards` knows how to walk.
"""

from typing import Any

from tests.emulators._feishu.domains import (
    across,
    boolean,
    direction,
    down,
    edges,
    image_size,
    integer,
    margin,
    one_of,
    padding,
    pixels,
    radius,
    spacing,
    text,
)

Attributes = dict[str, Any]

WIDTH = pixels(100, 10**6, "default", "fill")
COMMON: Attributes = {"element_id": "element_id", "margin": margin}
LAYOUT: Attributes = {
    "direction": direction,
    "horizontal_spacing": spacing,
    "vertical_spacing": spacing,
    "horizontal_align": across,
    "vertical_align": down,
}
INTERACTIVE: Attributes = {
    **COMMON,
    "name": "name",
    "required": boolean,
    "disabled": boolean,
    "width": WIDTH,
    "behaviors": "behaviors",
    "confirm": "confirm",
}
SELECT: Attributes = {
    **INTERACTIVE,
    "type": one_of("default", "text"),
    "placeholder": "plain",
    "options": "options",
}
PERSON: Attributes = {
    **COMMON,
    "size": one_of("extra_small", "small", "medium", "large"),
    "show_avatar": boolean,
    "show_name": boolean,
}
PICKER: Attributes = {**INTERACTIVE, "placeholder": "plain"}

COMPONENTS: dict[str, Attributes] = {
    "markdown": {
        **COMMON,
        "content": "markdown",
        "i18n_content": "i18n",
        "text_size": "text_size",
        "text_align": across,
        "icon": "icon",
    },
    "div": {
        **COMMON,
        "text": "text",
        "fields": "fields",
        "icon": "icon",
        "width": pixels(16, 999, "fill", "auto"),
    },
    "hr": COMMON,
    "img": {
        **COMMON,
        "img_key": "image",
        "i18n_img_key": "i18n_image",
        "alt": "plain",
        "title": "plain_or_md",
        "scale_type": one_of("crop_center", "crop_top", "fit_horizontal"),
        "size": image_size,
        "corner_radius": radius,
        "transparent": boolean,
        "preview": boolean,
    },
    "img_combination": {
        **COMMON,
        "combination_mode": one_of("double", "triple", "bisect", "trisect"),
        "combination_transparent": boolean,
        "corner_radius": radius,
        "img_list": "images",
    },
    "person": {
        **PERSON,
        "user_id": "user",
        "style": one_of("normal", "capsule"),
    },
    "person_list": {
        **PERSON,
        "persons": "persons",
        "lines": integer(1, 999),
        "drop_invalid_user_id": boolean,
        "icon": "icon",
        "ud_icon": "icon",
    },
    "column_set": {
        **COMMON,
        "columns": "columns",
        "flex_mode": one_of("none", "stretch", "flow", "bisect", "trisect"),
        "horizontal_spacing": spacing,
        "horizontal_align": across,
        "background_style": "color",
        "action": "jump",
    },
    "column": {
        **COMMON,
        **LAYOUT,
        "width": pixels(16, 600, "auto", "weighted"),
        "weight": integer(1, 5),
        "padding": padding,
        "background_style": "color",
        "action": "jump",
        "elements": "elements",
    },
    "form": {
        **COMMON,
        **LAYOUT,
        "name": "name",
        "padding": margin,
        "confirm": "confirm",
        "elements": "elements",
    },
    "interactive_container": {
        **COMMON,
        **LAYOUT,
        "width": pixels(16, 999, "fill", "auto"),
        "height": pixels(10, 999, "auto"),
        "background_style": "color",
        "has_border": boolean,
        "border_color": "color",
        "corner_radius": radius,
        "padding": padding,
        "behaviors": "behaviors",
        "hover_tips": "plain",
        "disabled": boolean,
        "disabled_tips": "plain",
        "confirm": "confirm",
        "elements": "elements",
    },
    "collapsible_panel": {
        **COMMON,
        **LAYOUT,
        "expanded": boolean,
        "background_color": "color",
        "border": "border",
        "padding": padding,
        "header": "panel_header",
        "elements": "elements",
    },
    "button": {
        **COMMON,
        "type": one_of(
            *("default", "primary", "danger", "text", "primary_text", "danger_text"),
            *("primary_filled", "danger_filled", "laser"),
        ),
        "size": one_of("tiny", "small", "medium", "large"),
        "width": WIDTH,
        "text": "plain",
        "icon": "icon",
        "hover_tips": "plain",
        "disabled": boolean,
        "disabled_tips": "plain",
        "confirm": "confirm",
        "behaviors": "behaviors",
        "name": "name",
        "required": boolean,
        "form_action_type": one_of("submit", "reset"),
    },
    "input": {
        **INTERACTIVE,
        "disabled_tips": "plain",
        "placeholder": "plain",
        "default_value": text(1000),
        "label": "plain",
        "label_position": one_of("top", "left"),
        "input_type": one_of("text", "multiline_text", "password"),
        "rows": integer(1, 10**6),
        "auto_resize": boolean,
        "max_rows": integer(1, 10**6),
        "max_length": integer(1, 1000),
        "show_icon": boolean,
    },
    "select_static": {
        **SELECT,
        "initial_option": text(),
        "initial_index": integer(0, 10**6),
    },
    "multi_select_static": {**SELECT, "selected_values": "strings"},
    "select_person": {**SELECT, "options": "candidates", "initial_option": text()},
    "multi_select_person": {**SELECT, "options": "candidates", "selected_values": "strings"},
    "overflow": {
        **COMMON,
        "width": WIDTH,
        "options": "menu",
        "behaviors": "behaviors",
        "confirm": "confirm",
    },
    "date_picker": {**PICKER, "initial_date": text()},
    "picker_time": {**PICKER, "initial_time": text()},
    "picker_datetime": {**PICKER, "initial_datetime": text()},
    "select_img": {
        **INTERACTIVE,
        "multi_select": boolean,
        "layout": one_of("stretch", "bisect", "trisect"),
        "aspect_ratio": one_of("1:1", "16:9", "4:3"),
        "can_preview": boolean,
        "options": "pictures",
    },
    "checker": {
        **COMMON,
        "name": "name",
        "checked": boolean,
        "text": "text",
        "overall_checkable": boolean,
        "checked_style": "checked_style",
        "disabled": boolean,
        "disabled_tips": "plain",
        "hover_tips": "plain",
        "behaviors": "behaviors",
        "confirm": "confirm",
        "padding": padding,
    },
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "markdown": ("content",),
    "img": ("img_key", "alt"),
    "img_combination": ("combination_mode", "img_list"),
    "person": ("user_id",),
    "person_list": ("persons",),
    "column_set": ("columns",),
    "form": ("name", "elements"),
    "interactive_container": ("behaviors", "elements"),
    "collapsible_panel": ("header",),
    "overflow": ("options",),
    "select_img": ("options",),
}
INPUTS = (  # what a form collects
    *("input", "select_static", "multi_select_static", "select_person", "multi_select_person"),
    *("date_picker", "picker_time", "picker_datetime", "select_img", "checker"),
)
ONLY_IN_FORMS = ("multi_select_static", "multi_select_person")
CONTAINERS = ("column_set", "column", "form", "interactive_container", "collapsible_panel")
DEPTH = 5  # of containers in one another

CONFIG: Attributes = {
    "streaming_mode": boolean,
    "streaming_config": "streaming",
    "summary": "summary",
    "locales": "locales",
    "enable_forward": boolean,
    "update_multi": one_of(True),
    "width_mode": one_of("default", "compact", "fill"),
    "use_custom_translation": boolean,
    "enable_forward_interaction": boolean,
    "style": "style",
}
HEADER: Attributes = {
    "title": "plain_or_md",
    "subtitle": "plain_or_md",
    "text_tag_list": "tags",
    "i18n_text_tag_list": "i18n_tags",
    "template": one_of(
        *("blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine"),
        *("violet", "purple", "indigo", "grey", "default"),
    ),
    "icon": "icon",
    "padding": padding,
}
BODY: Attributes = {**LAYOUT, "padding": padding, "elements": "elements"}
PANEL_HEADER: Attributes = {
    "title": "panel_title",
    "background_color": "color",
    "vertical_align": down,
    "padding": edges(0, 99, 1, 4),
    "position": one_of("top", "bottom"),
    "width": one_of("fill", "auto", "auto_when_fold"),
    "icon": "sized_icon",
    "icon_position": one_of("left", "right", "follow_text"),
    "icon_expanded_angle": one_of(-180, -90, 90, 180),
}
