"""What every surface says: problems, notes and notices.

Placeholders are filled from the facts. :func:`N_` marks a text for the catalogues; the translation
happens in :mod:`messages.rendering`.
"""

from collections.abc import Mapping


def N_(text: str) -> str:
    """Mark a text for the catalogues."""
    return text


SEPARATOR = N_(", ")
"""What stands between the entries of a list in a sentence."""

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "empty_prompt": (
        N_("There is nothing to draw yet."),
        N_("Say what the picture should show, for example: a lighthouse at dusk."),
    ),
    "prompt_too_long": (
        N_("The description is too long: {length} characters, and at most {limit} are possible."),
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
        N_("I can make 1 to {limit} pictures at a time."),
        N_("Ask for fewer, or ask several times."),
    ),
    "confirm_cost": (
        N_("It costs about {cost}."),
        N_("Confirm it, or ask for fewer or smaller pictures."),
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
        N_("Open it in an image editor, save it as a new PNG or JPEG, and send that."),
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
    "no_picture": (
        N_("Which picture? I see none here."),
        N_("Attach one, reply to one, or describe a new one."),
    ),
    "attachment_unusable": (
        N_("I can only work from pictures, and you sent or quoted {unusable}."),
        N_("Send a picture (PNG, JPEG, WebP or GIF) together with what should change."),
    ),
    "not_ready": (
        N_("That picture is not finished yet."),
        N_("Send it again when you see the picture."),
    ),
    "nothing_to_change": (
        N_("The picture that this was to change was not made."),
        N_("Ask for the picture again, with the change in the same message."),
    ),
    "not_yours": (
        N_("Only the person who asked for this picture can delete or cancel it."),
        N_("Press 🔁 Again or ✏️ Edit to make your own."),
    ),
    "not_here": (
        N_("That cannot be done here."),
        N_("Reply to the picture that you mean, or use the buttons under it."),
    ),
    "not_allowed": (
        N_("I am not enabled here."),
        N_("Ask the person who runs me to allow this place, or you."),
    ),
    "age_restricted_only": (
        N_("I only work in age-restricted channels."),
        N_("Ask again in a channel that is marked as age-restricted."),
    ),
    "missing_permission": (
        N_("I am not allowed to answer there: I lack “{permission}”."),
        N_("Ask an administrator to grant it, then try again."),
    ),
    "queue_full": (
        N_("You already have {waiting} waiting in your queue."),
        N_("Wait until one is done, or cancel one."),
    ),
    "too_much_sent": (
        N_("You have sent more than {limit_mb} MB of pictures to work from in 24 hours."),
        N_("Send smaller ones, reuse a picture that is here already, or come back later."),
    ),
    "nothing_to_repeat": (
        N_("You have no picture here yet."),
        N_("Say what the picture should show."),
    ),
    "nothing_before": (
        N_("This picture was not made from another one."),
        N_("Say what should change, or describe a new picture."),
    ),
    "nothing_to_cancel": (
        N_("Nothing is running."),
        N_("Finished pictures can be deleted instead."),
    ),
    "not_found": (
        N_("I can't find that picture; it may have been deleted."),
        N_("Your history shows the ones there are."),
    ),
    "unknown_picture": (
        N_("I didn't make that picture, so I know nothing about it."),
        N_("Use it on one of mine; your history has them."),
    ),
    "outdated": (
        N_("That button no longer works."),
        N_("Send the command again for a new one."),
    ),
    "not_your_card": (
        N_("This card is somebody else's."),
        N_("Say “settings” or “history” for your own."),
    ),
    "unauthorized": (
        N_("I'm not set up correctly: the image service refuses my key."),
        N_("Only the person who runs me can fix it."),
    ),
    "out_of_credit": (
        N_("The picture budget is used up."),
        N_("Ask the person who runs me to top it up; a cheaper model may still work."),
    ),
    "quota_exhausted": (
        N_("Today's quota at the image service is used up."),
        N_(
            "Choose another model, or ask again tomorrow; the person who runs me can raise "
            "the quota."
        ),
    ),
    "region_unsupported": (
        N_("The image service does not serve the country I run in."),
        N_("The person who runs me has to choose another service, or another route to it."),
    ),
    "account_settings": (
        N_("My account at the image service does not allow this model."),
        N_("Choose another model; the person who runs me can change that."),
    ),
    "subscription_required": (
        N_("This model needs a subscription, or billing, at the image service."),
        N_("Choose another model; the person who runs me can enable it there."),
    ),
    "bad_parameters": (
        N_("The image service does not accept this combination of model, size and ratio."),
        N_("Try another size or ratio."),
    ),
    "price_mismatch": (
        N_("The price has just changed."),
        N_("Try again."),
    ),
    "below_minimum_pixels": (
        N_("The size is below what this model can make."),
        N_("Choose a larger size."),
    ),
    "refused": (
        N_("The safety check said no."),
        N_("Try other words: real people, violence and famous characters are the usual reasons."),
    ),
    "text_instead": (
        N_("The model answered in words instead of a picture."),
        N_("Say clearly that you want a picture, and what it shows."),
    ),
    "rate_limited": (
        N_("The image service is busy."),
        N_("Try again in half a minute."),
    ),
    "provider_down": (
        N_("The image service has a problem right now."),
        N_("Try again in a few minutes, or choose another model."),
    ),
    "network": (
        N_("The connection to the image service broke off."),
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
        N_("Done, but it could not be shown here."),
        N_("It is kept: open it with the link, where there is one, or describe it differently."),
    ),
    "cancelled": (
        N_("You cancelled it."),
        N_("Send it again whenever you like."),
    ),
    "interrupted": (
        N_("I was interrupted too often while working on it."),
        N_("Try again; if it happens again, tell the person who runs me."),
    ),
    "cut_off": (
        N_(
            "I was stopped while the image service made the picture. It may have been "
            "charged for, but it cannot be fetched any more."
        ),
        N_("Trying again makes it once more, and may be charged a second time."),
    ),
    "unanswerable": (
        N_("I could not answer you in time, so you would not have seen the picture."),
        N_("It has not been made. Ask once more."),
    ),
    "unknown": (
        N_("Something went wrong while making the picture."),
        N_("Try again, or choose another model."),
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
    "Try again only if it may cost the price once more; the person who runs me can "
    "see at the image service what was paid."
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
    "not_used": N_("I can only work from pictures; not used: {unusable}."),
    "read_as_change": N_(
        "I took this for a change to your last picture. If not, say: make a new picture instead."
    ),
    "read_as_new": N_(
        "I took this for a new picture. If not, say: change the last picture instead."
    ),
    "from_words": N_("From {person}'s words."),
    "from_quote": N_("From the words you replied to."),
    "reduced": N_(
        "The picture is {size_mb} MB, more than this chat takes: this is a smaller copy."
    ),
    "original_follows": N_("The original follows as a file."),
    "pictures_left_out": N_("Only the first {shown} pictures fit into one message."),
    "demo": N_(
        "No image service is set up yet, so this is a demo drawing. For real pictures the person "
        "who runs me sets a key, such as OPENROUTER_API_KEY."
    ),
    "answered_here": N_("It could not be shown where you asked for it, so it comes here."),
    "answered_anew": N_("It could not be shown here: see the next message."),
    "answered_elsewhere": N_("It could not be shown here, so it came to your direct messages."),
    "answered_in_private": N_(
        "This takes longer than I can answer here: it will come to your direct messages."
    ),
    "answered_late": N_(
        "This takes longer than I can answer here: look for it in your history later."
    ),
    "made_from": N_("“{words}”"),
    "made_from_one": N_("picture {number} of {count} from “{words}”"),
    "purpose_ratio": N_("{ratio}, because it is for: {purpose}."),
    "status_running": N_("“{words}”: {percent}%, at most {left} s more"),
    "status_late": N_("“{words}”: almost there, it takes longer than usual"),
    "status_waiting": N_("“{words}”: number {position} in your queue"),
    "status_following": N_("“{words}”: starts when the picture that it changes is ready"),
}

UNUSABLE: Mapping[str, str] = {
    "video": N_("a video"),
    "audio": N_("a sound recording"),
    "sticker": N_("a sticker that is not a picture"),
    "file": N_("a file that is not a picture"),
    "poll": N_("a poll"),
    "card": N_("a card without a picture"),
    "record": N_("a forwarded record that cannot be opened"),
    "message": N_("a message that cannot be opened"),
}
"""What can be sent or quoted, and cannot be worked from; the fact ``unusable`` lists the keys."""

NOTICES: Mapping[str, str] = {
    "help": N_(
        "Say what you want to see: “a lighthouse at dusk, 16:9, 2K”.\n"
        "Then change it: “make it warmer”. Attach pictures, or reply to one, to work from them.\n"
        "• again – the same once more\n"
        "• variations, upscale, details, delete – about the newest picture\n"
        "• cancel – stop what is running\n"
        "• always use pro / use the default – your model\n"
        "• settings, models, history – what there is\n"
        "• /forget-me – delete what is stored about you"
    ),
    "settings": N_("Your settings\n• Model: {model}\n• Size: {size}\n• Ratio: {aspect_ratio}"),
    "preferred": N_("Done: {choices} from now on."),
    "forgotten": N_("Back to the defaults: {choices}."),
    "cancelled": N_("Cancelled."),
    "deleted": N_("Deleted."),
    "notified": N_("I'll ping you here when it's done."),
    "done": N_("It's ready 👆"),
    "which_picture": N_("Which of the {count} pictures do you mean?"),
    "ask_picture": N_("Which picture shall I change?"),
    "before": N_("The picture before:"),
    "original": N_("The original file:"),
    "resent": N_("Sending it again."),
    "picture_kept": N_("Got it ({kept}). Say what to change within {minutes} minutes."),
    "details": N_(
        "Details\n"
        "• Description: {text}\n"
        "• Model: {model} ({provider})\n"
        "• Size: {size}\n"
        "• Ratio: {aspect_ratio}\n"
        "• Pictures: {count}\n"
        "• Made from: {references}\n"
        "• Time: {took}\n"
        "• Cost: {cost}\n"
        "• Asked for: {when}\n"
        "• ID: {job_id}"
    ),
    "forget_me": N_(
        "This deletes your pictures, descriptions and settings for good. Messages that "
        "were posted already stay where they are."
    ),
    "forgot_you": N_("Everything that was stored about you is deleted (pictures: {pictures})."),
    "models": N_("These models are available:"),
    "history": N_("Your latest pictures:"),
    "history_page": N_("Your pictures, page {page}:"),
    "history_end": N_("There are no older pictures."),
    "history_empty": N_("You have not made a picture yet."),
    "smalltalk": N_("👍"),
    "greeting": N_(
        "Hi! Tell me what to draw, for example “a lighthouse at dusk”, or reply to a "
        "picture with what should change."
    ),
    "offer": N_("I draw and change pictures. Shall I draw this sentence?"),
    "offer_either": N_("I draw and change pictures. Does this sentence ask for that?"),
    "offer_kept": N_("I have kept your picture. Shall I change it as this sentence says?"),
    "ask_delete": N_("Delete {what}? That cannot be undone."),
    "ask_delete_one": N_("Delete picture {number} of {count} from {what}? That cannot be undone."),
    "ask_delete_all": N_("Delete everything you have made here ({count})? That cannot be undone."),
    "deleted_all": N_("Deleted: {count}."),
    "cancelled_all": N_("Cancelled: {count}."),
    "other_model": N_("With which model?"),
    "other_ratio": N_("In which aspect ratio?"),
    "status": N_("On their way:"),
    "status_none": N_("Nothing is running."),
    "status_ready": N_("It is done: “{words}”."),
    "status_ended": N_("Nothing is running. The last one was not made: “{words}”."),
    "usage": N_(
        "Your usage\n"
        "• Last 24 hours: {today}\n"
        "• Last 30 days: {month}\n"
        "• Being made now: {running} (at most {most_running})\n"
        "• Waiting: {waiting} (at most {most_waiting})\n"
        "• Sent to work from, last 24 hours: {sent_mb} MB (at most {limit_mb} MB)"
    ),
}

SWITCHES: Mapping[str, Mapping[object, str]] = {
    "notify": {
        True: N_("Done: I'll ping you when a picture is ready."),
        False: N_("Done: no more pings when a picture is ready."),
        "auto": N_("Done: I'll ping you after a long wait."),
    },
    "spoiler": {
        True: N_("Done: your pictures stay covered until they are clicked."),
        False: N_("Done: your pictures are no longer covered."),
    },
    "private": {
        True: N_("Done: from now on only you see my answers, wherever you ask."),
        False: N_("Done: from now on I answer where you ask, and everybody there sees it."),
    },
}
"""What is said of a preference that was switched, by how it is now."""

WORDS: Mapping[str, str] = {
    "settings": N_("Say “always use …” to change them, “use the default” to go back."),
    "forget_me": N_("To confirm, say: /forget-me yes"),
    "offer": N_("Or say “yes”."),
    "offer_kept": N_("Or say “yes”, or what should change."),
    "ask_delete": N_("Or say “yes”."),
    "ask_delete_one": N_("Or say “yes”."),
    "ask_delete_all": N_("Or say “yes”."),
}
"""What to say after a notice, where there are no buttons for it."""

PICTURE = N_("picture {number} of {count}")
"""Which of several pictures a picture was made from."""

MADE_FROM: Mapping[str, tuple[str, str]] = {
    "draw": (N_("from {what}"), N_("{which} from {what}")),
    "larger": (N_("{size} of {what}"), N_("{size} of {which} from {what}")),
    "vary": (N_("variations of {what}"), N_("variations of {which} from {what}")),
    "extend": (N_("{ratio} of {what}"), N_("{ratio} of {which} from {what}")),
    "pro": (N_("{what} with {model}"), N_("{what} with {model}")),
}
"""What a picture was made from, by what was asked for: of a single one, and of one of several."""

NEW_WORDS = "draw"
"""The key there of a picture that was made from another one by words of its own."""

THE_PICTURE = N_("the picture before")
"""What is said of that picture where its words are not to be told."""

CHANGED = N_("{words}; changed: {change}")
"""What a picture shows that was changed, for those who cannot see it."""

AI_GENERATED = N_("AI-generated")

OFFERS: Mapping[str, str] = {
    "larger": N_("Upscale to {size}"),
    "vary": N_("{count} variations"),
    "delete": N_("Delete all {count}"),
    "retry": N_("Make it"),
}
"""What is written on buttons of which it is known what they would make."""

STRENGTHS: Mapping[str, str] = {
    "default": N_("fast, for everyday use"),
    "premium": N_("best at details and text"),
}
"""What a model is good for, by its role."""

RATIOS: Mapping[str, str] = {
    "1:1": N_("Square · avatar"),
    "3:4": N_("Portrait · poster"),
    "9:16": N_("Phone · story"),
    "16:9": N_("Wide · slides"),
    "21:9": N_("Ultrawide · banner"),
}
"""What the ratios that most people look for are used for."""

REFUSALS: Mapping[str, str] = {
    "already_final": N_("It is already finished; it can be deleted instead."),
    "busy": N_("Too much is being sent at the moment; try again in a few seconds."),
    "cross_site": N_("Requests from other sites are not accepted; open this page itself."),
    "internal": N_("Something went wrong here; it has been logged."),
    "login_needed": N_("Log in first: this page has a password."),
    "too_large": N_("That is too large: at most {size} are accepted."),
    "too_many_guesses": N_("Too many wrong passwords; wait a minute."),
    "too_many_pictures": N_("At most {count} pictures can be sent at once."),
    "too_many_saved": N_("At most {count} pictures fit into one ZIP file."),
    "too_many_streams": N_("This page is open in too many tabs; close some."),
    "too_many_uploads": N_("Your pictures are still being received; wait until they are here."),
    "too_many_visitors": N_(
        "Too many new visitors come from your address; wait a moment, and let the "
        "browser keep its cookie."
    ),
    "too_slow": N_("It took too long to arrive; send less at once, or try a faster connection."),
    "unknown_host": N_(
        "This server does not answer under that host name. Whoever runs it can name it in "
        "WEB_PUBLIC_URL."
    ),
    "which_picture": N_("There are several pictures: say which one you mean."),
}
"""What the web page says when it does not even look at a request; by the error's code, or why."""

ANSWERS: Mapping[str, str] = {
    "question": N_("Draw it"),
    "change": N_("Change the picture"),
    "delete_all": N_("Delete everything"),
    "picture": N_("Got the picture"),
    "no": N_("No"),
}
"""How a question is answered: what is written on the button that agrees to it, by what it agrees
to, and what is said of an answer that has no button."""
