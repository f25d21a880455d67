"""Words around names: what introduces a byline, what is a role, what is no person.

Tables only, grouped by language, in lower case and NFKC. Each list says why it exists; a word goes
in when a real page printed it.
"""

from typing import Final

BYLINE_WORDS: Final = (
    # English
    "by", "written by", "words by", "story by", "text by", "posted by", "published by", "author",
    "authors", "reported by", "reporting by", "article by", "submitted by", "report by", "opinion by",
    "analysis by", "review by", "post author", "contributed by", "written and edited by",
    "updated by", "created by", "a post by", "guest post by", "interview by", "credit",
    # German
    "von", "ein artikel von", "ein kommentar von", "eine analyse von", "ein beitrag von", "text von",
    "text", "autor", "autoren", "autorin", "verfasser", "geschrieben von", "verfasst von",
    "veröffentlicht von", "interview von", "eine kolumne von", "ein gastbeitrag von", "kommentar von",
    "erstellt von", "beitrag von", "ein interview von", "eine reportage von", "aus", "gastautor",
    # Spanish, Portuguese, Catalan, Galician
    "por", "escrito por", "texto", "autora", "autores", "redactado por", "publicado por", "per",
    "publicada por", "texto de", "texto por",
    # French
    "par", "écrit par", "publié par", "auteur", "auteurs", "auteure", "texte", "rédigé par",
    "posté par", "propos recueillis par",
    # Italian
    "di", "a cura di", "scritto da", "pubblicato da", "testo di", "autore", "articolo di",
    # Dutch, Afrikaans
    "door", "deur", "geschreven door", "auteur", "tekst",
    # Danish, Norwegian, Swedish, Icelandic
    "af", "av", "skrevet av", "skrevet af", "skriven av", "tekst", "text", "forfatter", "journalist",
    "publisert av", "eftir", "publicerad av",
    # Finnish, Estonian, Hungarian
    "kirjoittaja", "teksti", "kirjoittanut", "autor", "szerző", "írta", "szöveg",
    # Polish, Czech, Slovak, Slovenian, Croatian, Serbian
    "autor", "opracował", "opracowała", "opr", "napsal", "napsala", "autorka", "piše", "avtor", "tekst",
    "autori", "od", "oprac", "opublikował", "opublikowane przez", "przez", "napisal", "napísal", "redaktor",
    # Romanian, Albanian, Turkish, Azerbaijani, Greek
    "de", "scris de", "nga", "shkruar nga", "yazan", "yazar", "haber", "müəllif", "από", "του", "της",
    "γράφει", "γράφει ο", "γράφει η", "συντάκτης",
    # Russian, Ukrainian, Bulgarian
    "автор", "автор текста", "текст", "авторы", "от", "опубликовал", "автори",
    # Arabic, Persian, Hebrew, Urdu
    "بقلم", "كتب", "كتبت", "الكاتب", "نویسنده", "نوشته", "مאת", "מאת", "تحریر", "از", "إعداد",
    # Indonesian, Malay, Vietnamese, Thai, Filipino, Swahili
    "oleh", "penulis", "ditulis oleh", "reporter", "editor teks", "tác giả", "theo", "โดย", "ni", "na", "ngu",
    # Hindi, Bengali, Japanese, Chinese, Korean
    "द्वारा", "लेखक", "লেখক", "文", "著者", "執筆", "筆者", "記者", "作者", "记者", "撰文", "글", "작성자",
)  # fmt: skip
"""What stands before a name: cut when a space, a colon or the script parts it from the name."""

GLUED_WORDS: Final = (
    "文", "作者", "记者", "記者", "撰文", "文字", "執筆", "取材・文", "著者", "本报记者", "本報記者", "通讯员",
    "글", "作者名", "筆者", "来源作者", "編集",
)  # fmt: skip
"""The same in scripts that put a sign and no space between the word and the name: "文・", "作者："."""

PREPOSITIONS: Final = frozenset({
    "de", "di", "da", "na", "ni", "per", "od", "av", "af", "von", "aus", "nga", "από", "del", "door", "par",
    "por", "di", "from", "text", "theo", "eftir", "του", "της", "از", "od", "przez", "от", "deur",
})  # fmt: skip
"""Byline words that also begin names ("De Jong") or sentences: cut only before two words, the first
with a capital."""

ENDING_WORDS: Final = (
    " 기자", "기자", "특파원", "記者", "记者", "さん", "氏", " द्वारा", " schreibt", " wrote", " writes",
)  # fmt: skip
"""What stands after a name."""

AND_WORDS: Final = (
    "and", "und", "y", "et", "e", "en", "og", "och", "ja", "i", "a", "oraz", "и", "й", "та", "και",
    "ve", "və", "dan", "și", "si", "és", "ir", "un", "eta", "agus", "và", "na", "و", "ו", "और", "और", "এবং", "with",
    "mit", "avec", "con", "com", "u.", "sowie",
)  # fmt: skip
"""Words between two names. Short ones also stand inside names ("Ortega y Gasset"): see `names`."""

STRONG_AND_WORDS: Final = frozenset(
    {"and", "und", "et", "og", "och", "oraz", "και", "ve", "dan", "și", "és", "with", "sowie", "mit", "avec"}
)
"""Those that part two names whatever stands beside them; the rest want two words on both sides."""

ROLES: Final = frozenset({
    "staff writer", "staff reporter", "senior reporter", "reporter", "correspondent", "editor",
    "senior editor", "senior writer", "contributor", "columnist", "editor-in-chief", "journalist",
    "political reporter", "managing editor", "news editor", "opinion columnist", "guest author",
    "contributing writer", "contributing editor", "opinion contributor", "producer", "writer",
    "assistant editor", "deputy editor", "associate editor", "chief correspondent", "author",
    "photographer", "redakteur", "redakteurin", "reporterin", "korrespondent", "korrespondentin",
    "chefredakteur", "autor", "autorin", "journaliste", "redactor", "redactora", "periodista",
    "corresponsal", "correspondant", "correspondante", "rédacteur", "rédactrice", "giornalista",
    "verslaggever", "redacteur", "journalistin", "dziennikarz", "dziennikarka", "журналист",
    "корреспондент", "volontär", "volontärin", "political correspondent", "freelance writer",
    "guest contributor", "special correspondent", "follow", "about the author", "profile",
    "contributing author", "jr", "phd", "ph.d", "md", "m.d", "ceo", "view profile", "see all posts",
    "more from this author", "bio", "founder", "author profile", "email", "sr", "et al", "host",
    "nachrichtenredakteur", "politikredakteur", "wirtschaftsredakteur", "sportredakteur",
    "online-redakteur", "onlineredakteur", "onlineredakteurin", "wirtschaft", "politik", "sport",
})  # fmt: skip
"""Parts of a byline that say what a person does."""

NO_PEOPLE: Final = frozenset({
    # accounts of publishing systems
    "admin", "administrator", "editor", "editors", "webmaster", "root", "user", "guest", "anonymous",
    "anonym", "test", "default", "system", "author", "autor", "none", "null", "undefined", "n/a", "unknown",
    "redaktion", "die redaktion", "redaktor", "redakcja", "redakce", "redakcia", "redacción", "redaccion",
    "redacao", "redação", "la redaction", "rédaction", "la rédaction", "redazione", "la redazione",
    "redactie", "de redactie", "redaktionen", "redaksi", "redaksjonen", "toimitus", "szerkesztőség",
    "redaktionsnetzwerk", "online-redaktion", "onlineredaktion", "newsroom", "news desk", "newsdesk",
    "web desk", "staff", "staff writer", "staff writers", "staff reporter", "staff report", "our staff",
    "staff reports", "news staff", "web staff", "editorial staff", "editorial team", "editorial board",
    "editorial", "editorial desk", "the editors", "our correspondent", "our reporter", "press release",
    "pressemitteilung", "press office", "news team", "team", "wire reports", "wire services", "agencies",
    "agencias", "agences", "agenturen", "agenzie", "news agencies", "news agency", "newswire", "contributor",
    "contributors", "guest author", "guest contributor", "guest post", "gastautor", "leserbrief", "sponsored",
    "advertorial", "anzeige", "редакция", "редакція", "пресс-служба", "본지", "온라인뉴스팀", "디지털뉴스팀",
    "本报讯", "編集部", "编辑部", "編輯部", "本站", "小编", "网络", "佚名", "هيئة التحرير", "تحریریه",
    "digital desk", "online desk", "desk", "bureau", "mitarbeiter", "redaktionsteam", "moderator",
    "superadmin", "siteadmin", "wpadmin", "content team", "marketing", "website", "home", "share", "print",
    "facebook", "twitter", "instagram", "linkedin", "youtube", "whatsapp", "pinterest", "rss", "comments",
})  # fmt: skip
"""Whole values that stand where a name should, but name nobody."""

NO_PERSON_WORDS: Final = frozenset({
    # desks and offices
    "staff", "redaktion", "redacción", "redaccion", "rédaction", "redazione", "redactie", "redação", "redaksi",
    "newsroom", "editors", "desk", "agency", "agencia", "agence", "agentur", "agenzia", "agenturen", "editorial",
    "redakcja", "redaktionsteam", "nachrichtenagentur", "news", "nachrichten", "noticias", "notizie", "nyheter",
    "online", "magazine", "newspaper", "bureau", "correspondents", "developer", "sponsored", "team",
    # buttons and labels that stand beside a byline
    "copyright", "subscribe", "newsletter", "updated", "published", "posted", "read", "comments", "minutes",
    "share", "http", "https", "www", "com", "pm", "uhr", "follow", "following", "folgen", "gefolgt", "view", "archive",
    "archives", "feed", "rss", "email", "e-mail", "bio", "show", "authors", "google", "information", "copié",
    "publicité", "download", "app", "photo", "photos", "foto", "fotos", "image", "credit", "posts", "articles",
    "about", "click", "here", "sign", "login", "profile", "profil", "using", "themen", "kommentare", "search",
    "more", "mehr", "artikel", "alle", "all", "close", "print", "advertisement", "anzeige", "contact", "kontakt",
    "biography", "reviewed", "rating", "ago", "min", "last", "modified", "save", "tweet", "facebook", "twitter",
    "linkedin", "like", "link", "menu", "home", "today", "yesterday", "notes", "publications", "website",
    "permalink", "abonnieren", "size", "css", "toggle", "skip", "drupal", "suscríbete", "seguir", "suivre", "latest", "stories", "story", "trending",
    "gmbh", "inc", "ltd", "llc", "verlag", "zeitung", "no", "press", "media", "radio", "tv", "university",
})  # fmt: skip
"""A value with one of these among its words is not a person's name."""

DESK_WORDS: Final = frozenset({
    "staff", "redaktion", "redacción", "redaccion", "rédaction", "redazione", "redactie", "redação", "redaksi",
    "newsroom", "newsdesk", "desk", "editors", "editorial", "redakcja", "bureau", "toimitus", "редакция",
    "redaktionen", "redaktionsteam", "agenturen", "agencies", "agencias", "агентство", "编辑部", "編集部",
})  # fmt: skip
"""Words that make a name that of a desk: an organisation is credited, not a person."""

DATE_WORDS: Final = frozenset(
    "am on vom le el den at um mo di mi do fr sa so mon tue wed thu fri sat sun monday tuesday wednesday"
    " thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi"
    " mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo published"
    " updated posted stand publié veröffentlicht aktualisiert publicado date".split()
)
"""Words between a name and a date in one line: weekdays and what introduces a date."""

AGENCIES: Final = frozenset({
    "reuters", "thomson reuters", "ap", "associated press", "the associated press", "afp", "dpa", "apa", "sid",
    "agence france-presse", "agence france presse", "deutsche presse-agentur", "epd", "kna", "ansa", "efe",
    "agencia efe", "europa press", "lusa", "agência lusa", "belga", "anp", "tt", "ntb", "ritzau", "stt", "pap",
    "čtk", "ctk", "tasr", "mti", "agerpres", "hina", "sta", "tanjug", "beta", "fena", "srna", "bta", "tass",
    "тасс", "риа новости", "ria novosti", "interfax", "интерфакс", "ukrinform", "укринформ", "unian", "aa",
    "anadolu ajansı", "anadolu agency", "dha", "iha", "irna", "isna", "mehr", "fars", "wam", "spa", "petra",
    "pti", "press trust of india", "ani", "ians", "uni", "app", "bss", "unb", "xinhua", "新华社", "新華社",
    "新华网", "中新社", "中国新闻网", "央视新闻", "kyodo", "kyodo news", "jiji", "jiji press", "共同通信", "共同",
    "時事通信", "時事", "ロイター", "afp通信", "afp=時事", "yonhap", "yonhap news agency", "연합뉴스", "뉴시스", "뉴스1",
    "bernama", "antara", "upi", "united press international", "cp", "the canadian press", "canadian press",
    "aap", "australian associated press", "pa", "pa media", "press association", "bloomberg", "bloomberg news",
    "keystone-sda", "sda", "ats", "sn", "ots", "news aktuell", "presseportal", "pr newswire", "business wire",
    "globenewswire", "accesswire", "dts", "dts nachrichtenagentur", "dpa-infocom", "dpa-afx", "afx", "dapd",
    "ddp", "ap news", "afp news", "dow jones", "dow jones newswires", "notimex", "télam", "telam", "ansa.it",
    "adnkronos", "agi", "askanews", "la presse", "lapresse", "getty images", "shutterstock", "istock",
    "agencia afp", "agencia ap", "tribune news service", "zuma press", "imago", "picture alliance", "ria",
    "globe newswire", "spot on news", "condé nast", "deutsche welle", "jiji", "kathpress", "ritzau bureau", "sky news australia", "cnn wire", "cnn newsource",
})  # fmt: skip
"""Agencies and picture services: what stands in a byline for a text bought in, as `text.key` writes it."""

MODIFIED_WORDS: Final = (
    "updated", "update:", "last modified", "modified", "aktualisiert", "zuletzt", "letzte änderung", "stand:",
    "geändert", "mis à jour", "mise à jour", "modifié", "actualizado", "actualizada", "última actualización",
    "modificado", "atualizado", "atualizada", "aggiornato", "ultima modifica", "bijgewerkt", "laatst gewijzigd",
    "uppdaterad", "oppdatert", "opdateret", "päivitetty", "aktualizacja", "aktualizováno", "aktualizované",
    "frissítve", "actualizat", "обновлено", "оновлено", "güncelleme", "güncellenme", "ενημερώθηκε", "更新",
    "수정", "diperbarui", "cập nhật", "تحديث", "به‌روزرسانی", "עודכן", "copyright", "©",
)  # fmt: skip
"""What stands before the date of a change, or of a copyright; such a date is not the publication's."""

PUBLISHED_WORDS: Final = (
    "published", "posted", "date", "first published", "issued", "released", "created", "datum", "veröffentlicht",
    "erschienen", "erstellt", "publié", "date de publication", "paru", "mis en ligne", "publicado", "publicada",
    "fecha", "data", "pubblicato", "pubblicata", "gepubliceerd", "geplaatst", "publicerad", "publisert",
    "publiceret", "udgivet", "julkaistu", "opublikowano", "data publikacji", "publikováno", "vydáno", "publikované",
    "megjelent", "publicat", "опубликовано", "дата", "опубліковано", "yayınlanma", "yayın tarihi", "δημοσιεύτηκε",
    "ημερομηνία", "发布时间", "发布日期", "發布", "发表于", "公開", "公開日", "掲載", "입력", "등록", "게시", "승인",
    "diterbitkan", "ngày đăng", "تاريخ النشر", "نشر", "تاریخ انتشار", "פורסם", "प्रकाशित", "প্রকাশ", "เผยแพร่",
)  # fmt: skip
"""How a line begins that gives the date of publication."""
