"""Make ``config/phrases/*.yaml`` again from a table of interface strings.

    python tests/phrases/import_phrases.py ui_strings.json config/phrases

The table is JSON, kind -> language -> strings, as CMSs and their themes print them; `RULES` says
which kinds feed which rule. What is noise for matching whole lines is left out here, so that the
files hold nothing that is not used:

- a phrase of one word (or four signs of a script without spaces) goes to the rule for labels,
  which counts only beside other furniture;
- a placeholder that stands for a number becomes ``{n}``;
- phrases that are hardly more than a placeholder, or hold markup, are dropped.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

from tasks.phrasebook import phrase_key, split
from tasks.text import NO_SPACE_SCRIPTS, count_words

# rule for phrases of several words, rule for labels ("" drops them), kinds, placeholder is a number
RULES: list[tuple[str, str, list[str], bool]] = [
    ("comments.form.notice", "", [
        "comment.email_not_published", "comment.required_fields", "comment.save_my_name",
        "comment.must_log_in", "comment.notify_posts", "comment.notify_comments",
        "comment.honeypot", "comment.awaiting_moderation", "comment.become_member",
        "comment.mail_not_published", "comment.log_in_to_reply", "comment.closed",
        "comment.write",
    ], False),
    ("comments.form.title", "comments.form.label", [
        "comment.leave_reply", "comment.leave_comment", "comment.leave_reply_to",
        "comment.cancel_reply", "comment.post_comment", "comment.join",
    ], False),
    ("comments.form.label", "comments.form.label", [
        "comment.name_label", "comment.email_label", "comment.website_label", "comment.label",
        "comment.reply", "comment.preview", "comment.sort", "comment.sort_best",
        "comment.sort_newest", "comment.sort_oldest", "comment.thanks",
    ], False),
    ("comments.thread.control", "comments.form.label", [
        "comment.older", "comment.newer", "comment.recent_comments", "comment.none",
        "comment.in_reply_to", "comment.report", "nav.comments_navigation", "comment.loading",
    ], False),
    ("comments.thread.control", "comments.form.label", ["comment.more_replies"], True),
    ("comments.thread.heading", "comments.thread.heading", ["comment.count"], True),
    ("comments.thread.heading", "comments.thread.heading", [
        "comment.one", "comment.comments", "comment.heading",
    ], False),
    ("nav.back_to_top", "nav.label", ["nav.back_to_top"], False),
    ("nav.skip_link", "nav.label", ["nav.skip_to_content"], False),
    ("nav.chrome", "nav.label", [
        "nav.search_for", "nav.select_language", "nav.menu", "nav.search", "nav.home",
        "nav.archives", "nav.page", "nav.pages", "ui.close", "ui.sign_in", "ui.edit", "ui.dismiss",
        "ui.loading", "ui.load_more", "ui.show_more", "nav.other_languages",
    ], False),
    ("nav.prev_next", "nav.label", [
        "nav.previous_post", "nav.next_post", "nav.previous", "nav.next", "nav.post_navigation",
        "nav.older_posts", "nav.newer_posts", "nav.next_page", "nav.previous_page",
    ], False),
    ("share.bar", "share.label", [
        "share.share_this", "share.click_email", "share.click_facebook", "share.click_linkedin",
        "share.click_other", "share.click_pinterest", "share.click_print", "share.click_reddit",
        "share.click_telegram", "share.click_twitter", "share.click_whatsapp",
        "share.opens_new_window", "share.like_this", "share.email",
    ], False),
    ("share.bar", "share.label", ["share.bloggers_like"], True),
    ("share.label", "share.label", ["share.share", "share.print"], False),
    ("related.list", "related.list", [
        "related.related", "related.recent_posts", "related.check_also", "related.more_about",
        "related.more_like_this",
    ], False),
    ("newsletter.box", "newsletter.label", [
        "subscribe.enter_email", "subscribe.blog_via_email", "subscribe.check_email",
        "subscribe.view_in_browser", "subscribe.already_member",
    ], False),
    ("newsletter.box", "newsletter.label", ["subscribe.join_others"], True),
    ("newsletter.label", "newsletter.label", [
        "subscribe.subscribe", "subscribe.sign_up", "subscribe.unsubscribe",
        "subscribe.email_label",
    ], False),
    ("paywall.notice", "", ["paywall.password", "paywall.upgrade", "paywall.become_member"], False),
    ("consent.notice", "consent.label", [
        "cookie.changed", "cookie.title", "cookie.powered_by",
    ], False),
    ("consent.label", "consent.label", [
        "cookie.accept", "cookie.reject", "cookie.manage", "cookie.save", "cookie.policy",
    ], False),
    ("author.box.link", "", ["author.view_all", "author.send_email"], False),
    ("player.notice", "", ["player.error", "player.modal", "player.help"], False),
    ("player.label", "player.label", [
        "player.play", "player.pause", "player.mute", "player.unmute", "player.fullscreen",
        "player.exit_fullscreen", "player.current_time", "player.duration", "player.remaining",
        "player.loaded", "player.progress", "player.stream_type", "player.live", "player.rate",
        "player.chapters", "player.descriptions", "player.captions", "player.captions_off",
        "player.subtitles", "player.subtitles_off", "player.audio_track", "player.pip",
        "player.play_video", "player.replay", "player.volume", "player.slider", "player.name",
        "player.close_modal",
    ], False),
    ("ads.marker", "ads.marker", ["ads.advertisement", "ads.adblock"], False),
    ("tags.heading", "tags.heading", ["meta.tags"], False),
    ("byline.label", "byline.label", ["meta.posted_on", "meta.author", "meta.categories"], False),
    ("footer.powered_by", "", ["footer.powered_by"], False),
    ("time.relative", "", ["time.ago"], True),
    ("reading_time", "", ["time.reading"], True),
    ("teaser.more", "teaser.more", [
        "teaser.continue_reading", "teaser.read_more", "teaser.more",
    ], False),
    ("source.label", "source.label", ["source.source", "source.via", "source.original"], False),
    ("follow", "", ["follow.follow_us", "follow.follow_twitter"], False),
]  # fmt: skip

SITE_AND_SYSTEM = 2
"""Placeholders of "{} is proudly powered by {}"."""
_MARKUP = re.compile(r"^-\{|[<%$\x00-\x1f\x7f-\x9f]|\{[^}n*]|\\")
_NO_SPACE = re.compile(f"[{NO_SPACE_SCRIPTS}]")
_LETTERS = re.compile(r"[^\W\d_]")


def main(table: Path, folder: Path) -> None:
    """Write one file a rule; the same table gives the same files."""
    strings: dict[str, dict[str, list[str]]] = json.loads(table.read_text("utf-8"))
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for several, label, kinds, is_number in RULES:
        for kind in kinds:
            for language, texts in strings[kind].items():
                for text in texts:
                    phrase = clean(named(kind, text), is_number=is_number)
                    rule = label if phrase and is_label(phrase) else several
                    if phrase and rule:
                        found[rule][language].setdefault(phrase_key(phrase), phrase)
    folder.mkdir(parents=True, exist_ok=True)
    for rule, languages in sorted(found.items()):
        lines = [f"# Phrases of the rule {rule}; made by tests/phrases/import_phrases.py."]
        for language, phrases in sorted(languages.items()):
            texts = sorted(phrases.values())
            lines.append(f"{language}: {json.dumps(texts, ensure_ascii=False)}")
        (folder / f"{rule}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def named(kind: str, text: str) -> str:
    """Return the string with WordPress in its place: "{} uses {}" alone may be any headline."""
    if kind != "footer.powered_by" or text.count("{}") < SITE_AND_SYSTEM:
        return text
    before, _, after = text.rpartition("{}")
    return f"{before}WordPress{after}"


def clean(text: str, *, is_number: bool) -> str:
    """Return the phrase to write, "" if it is noise."""
    text = " ".join(text.split())
    if _MARKUP.search(text) or (is_number and "{}" not in text and not re.search(r"\d", text)):
        return ""
    if is_number:
        text = re.sub(r"\b1\b", "{n}", text).replace("{}", "{n}")
    try:
        literals = "".join(split(text)[::2])
    except ValueError:
        return ""
    few = 2 if is_number or _NO_SPACE.search(literals) or "{" not in text else 6
    return text if len(_LETTERS.findall(literals)) >= few else ""


def is_label(phrase: str) -> bool:
    """Return whether the phrase is so short that only its neighbours can tell what it is."""
    if "{" in phrase:
        return False
    return count_words(phrase) < (4 if _NO_SPACE.search(phrase) else 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
