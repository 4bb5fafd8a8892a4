"""What every surface says: problems, notes and notices.

Placeholders are filled from the facts. :func:`N_` marks a text for the catalogues; the translation
happens in :mod:`messages.rendering`.
"""

from collections.abc import Mapping


def N_(text: str) -> str:
    """Mark a text for the catalogues."""
    return text


PROBLEMS: Mapping[str, tuple[str, str]] = {
    "empty_prompt": (
        N_("There is nothing to draw yet."),
        N_("Say what the picture should show, for example: a lighthouse at dusk."),
    ),
    "prompt_too_long": (
        N_("The description is too long: {length} characters, and {limit} are possible."),
        N_("Shorten it to what matters most and send it again."),
    ),
    "unknown_model": (
        N_("There is no model called “{model}” here."),
        N_("Choose one of these: {models}."),
    ),
    "unsupported_size": (
        N_("{model} cannot make pictures of size {size}."),
        N_("Choose one of these sizes: {sizes}."),
    ),
    "no_further_size": (
        N_("{model} goes no further than {size}."),
        N_("Choose another model."),
    ),
    "unsupported_ratio": (
        N_("{model} cannot make pictures in the ratio {ratio}."),
        N_("Choose one of these ratios: {ratios}."),
    ),
    "bad_count": (
        N_("The number of pictures has to be between 1 and {limit}."),
        N_("Ask for fewer pictures, or send the request several times."),
    ),
    "too_many_references": (
        N_("{count} pictures are too many to work from; {model} takes {limit}."),
        N_("Send fewer pictures."),
    ),
    "reference_unusable": (
        N_("The picture to work from cannot be read."),
        N_("Send it as PNG, JPEG, WebP or GIF."),
    ),
    "reference_too_large": (
        N_("The picture to work from is too large."),
        N_("Make it smaller (at most {limit_mb} MB and {limit_megapixels} megapixels)."),
    ),
    "reference_too_small": (
        N_("The picture to work from is too small ({width}×{height} pixels)."),
        N_("Send one with at least {limit} pixels on each side."),
    ),
    "reference_too_narrow": (
        N_("The picture to work from is too long and narrow ({width}×{height} pixels)."),
        N_("Cut it into parts: the long side may be at most {limit} times the short one."),
    ),
    "reference_too_costly": (
        N_("Opening the picture to work from would take too much time or memory."),
        N_("Open it in a picture program, save it as a new PNG or JPEG, and send that."),
    ),
    "reference_damaged": (
        N_("The picture to work from is damaged or incomplete."),
        N_("Send it again. If that does not help, save it as a new PNG or JPEG first."),
    ),
    "reference_heic": (
        N_("This photo is a HEIC file, which cannot be opened here."),
        N_(
            "Send it as JPEG: a screenshot of the photo will do. For the next ones, choose "
            "Settings › Camera › Formats › Most Compatible on the iPhone."
        ),
    ),
    "reference_format": (
        N_("This is a {format} file, which cannot be used here."),
        N_("Send the picture as PNG, JPEG, WebP or GIF."),
    ),
    "reference_not_https": (
        N_("For safety, pictures are only fetched from https:// addresses."),
        N_("Use an https:// link, or attach the picture as a file."),
    ),
    "reference_private": (
        N_("The link leads into a private network, and is not followed."),
        N_("Attach the picture as a file instead."),
    ),
    "reference_unreachable": (
        N_("The linked picture could not be downloaded."),
        N_("Check that the link opens in a browser, or attach the picture as a file."),
    ),
    "reference_missing": (
        N_("The picture to work from is no longer there."),
        N_("Send the picture again."),
    ),
    "attachment_unusable": (
        N_("I can only work from pictures, and you sent or quoted {unusable}."),
        N_("Send a picture (PNG, JPEG, WebP or GIF) together with what should change."),
    ),
    "not_ready": (
        N_("That picture is not finished yet."),
        N_("Send it again when you see the picture."),
    ),
    "not_yours": (
        N_("Only the person who asked for this picture can do that."),
        N_("Ask for one of your own."),
    ),
    "not_here": (
        N_("That cannot be done here."),
        N_("Use the buttons under the picture that you mean, or a command such as /again."),
    ),
    "not_allowed": (
        N_("This bot may not be used here."),
        N_("Ask the person who runs the bot to allow this place, or you."),
    ),
    "age_restricted_only": (
        N_("This bot only works in age-restricted channels."),
        N_("Ask again in a channel that is marked as age-restricted."),
    ),
    "missing_permission": (
        N_("The bot is not allowed to answer there: it lacks “{permission}”."),
        N_("Ask an administrator to grant it, then try again."),
    ),
    "queue_full": (
        N_("You have {waiting} requests waiting already."),
        N_("Wait until one is done, or cancel one."),
    ),
    "too_much_sent": (
        N_("Your pictures to work from come to more than {limit_mb} MB in 24 hours."),
        N_("Send smaller ones, reuse a picture that is here already, or come back later."),
    ),
    "nothing_to_repeat": (
        N_("There is no earlier request to repeat here."),
        N_("Say what the picture should show."),
    ),
    "nothing_to_cancel": (
        N_("None of your requests is running."),
        N_("Finished pictures can be deleted instead."),
    ),
    "not_found": (
        N_("It is not there any more, or was never yours."),
        N_("Look into your history for what is."),
    ),
    "unauthorized": (
        N_("The image service refuses the key of this bot."),
        N_("The person who runs the bot has to check the API key."),
    ),
    "out_of_credit": (
        N_("The account at the image service has no credit left."),
        N_("The person who runs the bot has to recharge it; a cheaper model may still work."),
    ),
    "quota_exhausted": (
        N_("This bot has used up its quota for today at the image service."),
        N_(
            "Choose another model, or ask again tomorrow; the person who runs the bot can raise "
            "the quota."
        ),
    ),
    "region_unsupported": (
        N_("The image service does not serve the country that this bot runs in."),
        N_("The person who runs the bot has to choose another service, or another way to it."),
    ),
    "account_settings": (
        N_("The settings of this bot's account at the image service rule this model out."),
        N_("Choose another model; the person who runs the bot can change those settings."),
    ),
    "subscription_required": (
        N_("This model needs a subscription, or billing, at the image service."),
        N_("Choose another model; the person who runs the bot can enable it there."),
    ),
    "bad_parameters": (
        N_("The image service does not accept this combination of model, size and ratio."),
        N_("Try another size or ratio."),
    ),
    "price_mismatch": (
        N_("The image service and this bot disagree about the price."),
        N_("Try again in a minute, or choose another model."),
    ),
    "below_minimum_pixels": (
        N_("The size is below what this model can make."),
        N_("Choose a larger size."),
    ),
    "refused": (
        N_("The image service refused the request for safety reasons."),
        N_("Describe it differently, without real people, violence or protected characters."),
    ),
    "text_instead": (
        N_("The model answered with text instead of a picture."),
        N_("Say clearly that you want a picture, and what it shows."),
    ),
    "rate_limited": (
        N_("Too many requests reach the image service at the moment."),
        N_("Wait a moment, then try again."),
    ),
    "provider_down": (
        N_("The image service has a problem at the moment."),
        N_("Try again in a few minutes, or choose another model."),
    ),
    "network": (
        N_("The connection to the image service broke."),
        N_("Try again in a moment."),
    ),
    "timeout": (
        N_("The picture took too long."),
        N_("Try again with a faster model or a smaller size."),
    ),
    "unusable_answer": (
        N_("The image service sent something that is not a picture."),
        N_("Try again, or choose another model."),
    ),
    "too_large_for_chat": (
        N_("The picture is too large for this chat."),
        N_("Ask for a smaller size."),
    ),
    "picture_not_shown": (
        N_("{platform} did not take the picture."),
        N_(
            "It was made and is kept: open it with the link, where there is one, or describe it "
            "differently."
        ),
    ),
    "cancelled": (
        N_("You cancelled it."),
        N_("Send it again whenever you like."),
    ),
    "interrupted": (
        N_("The bot was interrupted too often while working on it."),
        N_("Try again; if it happens again, tell the person who runs the bot."),
    ),
    "cut_off": (
        N_(
            "The bot was stopped while the image service made the picture. It may have been "
            "charged for, but it cannot be fetched any more."
        ),
        N_("Try again to have it made once more; that may be charged a second time."),
    ),
    "unanswerable": (
        N_("The bot could not answer you in time, so that you would not have seen the picture."),
        N_("It has not been made. Ask once more."),
    ),
    "unknown": (
        N_("Image generation encountered an issue."),
        N_("Please retry or switch model."),
    ),
}

WITHOUT_FACTS: Mapping[str, tuple[str, str]] = {
    "prompt_too_long": (
        N_("The description is too long for the image service."),
        N_("Shorten it to what matters most and send it again."),
    ),
    "reference_too_large": (
        N_("The picture to work from is too large."),
        N_("Make it smaller and send it again."),
    ),
}
"""The same where a service refuses without saying how much it would take."""

MAYBE_PAID = N_("It may have been made, and paid for, all the same.")
"""Said after a reason where nobody can know what became of a call that costs money."""

MAYBE_TWICE = N_(
    "Ask again only if it may cost the price once more; the person who runs the bot can see at the "
    "image service what was paid."
)
"""The advice then."""

NOTES: Mapping[str, str] = {
    "size_downgraded": N_("Sizes above {size} are not possible, so it becomes {size}."),
    "size_adjusted": N_("{model} does not make {asked}, so it becomes {size}."),
    "ratio_changed": N_("No model makes that ratio, so it becomes the nearest: {ratio}."),
    "ratio_adjusted": N_("{model} does not make {asked}, so the ratio becomes {ratio}."),
    "model_replaced": N_("{asked} is no longer offered: made with {model}."),
    "model_not_offered": N_("{asked} is not offered here: made with {model}."),
    "preference_replaced": N_("{asked} is no longer offered: {model} takes its place."),
    "preference_not_offered": N_("{asked} is not offered here: {model} is used instead."),
    "count_limited": N_("At most {limit} pictures are made at once."),
    "made_elsewhere": N_("Made by {provider} because {wanted} was unavailable."),
    "partly_done": N_("{done} of {count} pictures could be made."),
    "not_used": N_("Only pictures can be worked from; not used: {unusable}."),
    "reduced": N_(
        "The picture has {size_mb} MB, more than this chat takes: this is a smaller copy."
    ),
    "original_follows": N_("The original follows as a file."),
    "pictures_left_out": N_("Only the first {shown} pictures fit into one message."),
    "answered_here": N_("It could not be shown where you asked for it, so it comes here."),
    "answered_anew": N_("It could not be shown here: look at the next message."),
    "answered_elsewhere": N_("It could not be shown here, so it came to your direct messages."),
    "answered_in_private": N_(
        "This takes longer than an answer is possible here: it will come to your direct messages."
    ),
    "answered_late": N_(
        "This takes longer than an answer is possible here: look into your history for it later."
    ),
}

UNUSABLE: Mapping[str, str] = {
    "video": N_("a video"),
    "audio": N_("a sound recording"),
    "sticker": N_("a sticker that is no picture"),
    "file": N_("a file that is no picture"),
    "poll": N_("a poll"),
    "card": N_("a card without a picture"),
    "record": N_("a forwarded record that cannot be opened"),
    "message": N_("a message that cannot be opened"),
}
"""What can be sent or quoted, and cannot be worked from; the fact ``unusable`` lists the keys."""

NOTICES: Mapping[str, str] = {
    "help": N_(
        "Tell me what the picture should show: “a lighthouse at dusk, 16:9, 2K”.\n"
        "Then change it: “make it warmer”, “as an oil painting”.\n"
        "• again – the same once more\n"
        "• variations, larger, details, delete – about the newest picture\n"
        "• cancel – stop what is running\n"
        "• always use pro / use the default – your model\n"
        "• settings, models, history – what there is\n"
        "• /forget-me – delete what is stored about you\n"
        "Attach pictures, or reply to one, to work from them."
    ),
    "settings": N_(
        "Your settings\n• Model: {model}\n• Size: {size}\n• Aspect ratio: {aspect_ratio}"
    ),
    "preferred": N_("Noted. From now on: {choices}."),
    "forgotten": N_("Your preferences are cleared; the defaults apply again."),
    "cancelled": N_("Cancelled."),
    "deleted": N_("Deleted."),
    "notified": N_("You will be called when it is done."),
    "done": N_("Your picture is ready."),
    "picture_kept": N_("Got the picture. Now say what to do with it."),
    "details": N_(
        "Details\n• Request: {text}\n• Model: {model} ({provider})\n• Size: {size}\n"
        "• Aspect ratio: {aspect_ratio}\n• Pictures: {count}, worked from: {references}\n"
        "• Time: {took} s\n• Cost: {cost}\n• Asked for: {when}\n• Number: {job_id}"
    ),
    "forget_me": N_(
        "This deletes your pictures, requests and settings from this bot for good. Messages that "
        "were posted already stay where they are."
    ),
    "forgot_you": N_("Everything that was stored about you is deleted (pictures: {pictures})."),
    "models": N_("These models are available:"),
    "history": N_("Your latest pictures:"),
    "history_empty": N_("You have not made a picture yet."),
}

SWITCHES: Mapping[str, tuple[str, str]] = {
    "notify": (
        N_("Noted. You will be called when a picture is done."),
        N_("Noted. You will not be called when a picture is done."),
    ),
    "spoiler": (
        N_("Noted. Your pictures will be covered until they are clicked."),
        N_("Noted. Your pictures will not be covered."),
    ),
}
"""What is said of a preference that was switched on, or off."""

WORDS: Mapping[str, str] = {
    "settings": N_("Say “always use …” to change them, “use the default” to clear them."),
    "forget_me": N_("To confirm, say: /forget-me yes"),
}
"""What to say after a notice, where there are no buttons for it."""

REFUSALS: Mapping[str, str] = {
    "already_final": N_("It is already finished; it can be deleted instead."),
    "busy": N_("Too much is being sent at the moment; try again in a few seconds."),
    "internal": N_("Something went wrong here; it has been logged."),
    "login_needed": N_("Log in first: this page has a password."),
    "too_many_guesses": N_("Too many wrong passwords; wait a minute."),
    "too_many_streams": N_("Too many event streams are open; close some tabs."),
    "too_many_uploads": N_("Pictures of yours are being received already; wait until they are."),
    "too_many_visitors": N_(
        "Too many new visitors come from your address; wait a moment, and let the "
        "browser keep its cookie."
    ),
    "too_slow": N_("It took too long to arrive; send less at once, or try a faster connection."),
}
"""What the web page says when it does not even look at a request; by the error's code."""
