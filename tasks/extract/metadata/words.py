"""Words around names and dates: what introduces them, what is a role, what is no person.

Tables only, in lower case; words are parted by "|". A word goes in when a page printed it.
"""

from typing import Final


def _table(text: str) -> tuple[str, ...]:
    """Return the words of a table in order, each once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split("|") if word.strip()))


BYLINE_WORDS: Final = _table(
    " | ".join(
        {
            "English": """
                by | written by | words by | story by | text by | posted by | published by |
                author | authors | reported by | reporting by | article by | submitted by |
                report by | opinion by | analysis by | review by | post author |
                contributed by | written and edited by | updated by | created by | a post by |
                guest post by | interview by | credit
            """,
            "German": """
                von | ein artikel von | ein kommentar von | eine analyse von | ein beitrag von |
                text von | text | autor | autoren | autorin | verfasser | geschrieben von |
                verfasst von | veröffentlicht von | interview von | eine kolumne von |
                ein gastbeitrag von | kommentar von | erstellt von | beitrag von |
                ein interview von | eine reportage von | aus | gastautor
            """,
            "Spanish, Portuguese, Catalan, Galician": """
                por | escrito por | texto | autora | autores | redactado por | publicado por |
                per | publicada por | texto de | texto por
            """,
            "French": """
                par | écrit par | publié par | auteur | auteurs | auteure | texte | rédigé par |
                posté par | propos recueillis par
            """,
            "Italian": """
                di | a cura di | scritto da | pubblicato da | testo di | autore | articolo di
            """,
            "Dutch, Afrikaans": """
                door | deur | geschreven door | tekst
            """,
            "Danish, Norwegian, Swedish, Icelandic": """
                af | av | skrevet av | skrevet af | skriven av | forfatter | journalist |
                publisert av | eftir | publicerad av
            """,
            "Finnish, Estonian, Hungarian": """
                kirjoittaja | teksti | kirjoittanut | szerző | írta | szöveg
            """,
            "Polish, Czech, Slovak, Slovenian, Croatian, Serbian": """
                opracował | opracowała | opr | napsal | napsala | autorka | piše | avtor |
                autori | od | oprac | opublikował | opublikowane przez | przez | napisal |
                napísal | redaktor
            """,
            "Romanian, Albanian, Turkish, Azerbaijani, Greek": """
                de | scris de | nga | shkruar nga | yazan | yazar | haber | müəllif | από |
                του | της | γράφει | γράφει ο | γράφει η | συντάκτης
            """,
            "Russian, Ukrainian, Bulgarian": """
                автор | автор текста | текст | авторы | от | опубликовал | автори
            """,
            "Arabic, Persian, Hebrew, Urdu": """
                بقلم | كتب | كتبت | الكاتب | نویسنده | نوشته | مאת | מאת | تحریر | از | إعداد
            """,
            "Indonesian, Malay, Vietnamese, Thai, Filipino, Swahili": """
                oleh | penulis | ditulis oleh | reporter | editor teks | tác giả | theo | โดย |
                ni | na | ngu
            """,
            "Hindi, Bengali, Japanese, Chinese, Korean": """
                द्वारा | लेखक | লেখক | 文 | 著者 | 執筆 | 筆者 | 記者 | 作者 | 记者 | 撰文 |
                글 | 작성자
            """,
        }.values()
    )
)
"""What stands before a name: cut when a space, a colon or the script parts it from the name."""

GLUED_WORDS: Final = _table(
    """
    文 | 作者 | 记者 | 記者 | 撰文 | 文字 | 執筆 | 取材・文 | 著者 | 本报记者 | 本報記者 |
    通讯员 | 글 | 作者名 | 筆者 | 来源作者 | 編集
    """
)
"""The same in scripts that put a sign, and no space, before the name: "文・", "作者："."""

PREPOSITIONS: Final = frozenset(
    _table(
        """
        af | aus | av | da | de | del | deur | di | door | eftir | from | na | nga | ni | od |
        par | per | por | przez | text | theo | von | από | της | του | от | از
        """
    )
)
"""Byline words that also begin names ("De Jong") or sentences: cut only before two words, the
first with a capital."""

ENDING_WORDS: Final = (
    " 기자",
    "기자",
    "특파원",
    "記者",
    "记者",
    "さん",
    "氏",
    " द्वारा",
    " schreibt",
    " wrote",
    " writes",
)
"""What stands after a name."""

AND_WORDS: Final = _table(
    """
    and | und | y | et | e | en | og | och | ja | i | a | oraz | и | й | та | και | ve | və |
    dan | și | si | és | ir | un | eta | agus | và | na | و | ו | और | এবং | with | mit | avec |
    con | com | u. | sowie
    """
)
"""Words between two names. Short ones also stand inside names ("Ortega y Gasset"): see `names`."""

STRONG_AND_WORDS: Final = frozenset(
    _table(
        """
        and | avec | dan | et | mit | och | og | oraz | sowie | und | ve | with | és | și |
        και
        """
    )
)
"""Those that part two names whatever stands beside them; the rest want two words on both sides."""

ROLES: Final = frozenset(
    _table(
        """
        about the author | assistant editor | associate editor | author | author profile |
        autor | autorin | bio | ceo | chefredakteur | chief correspondent | columnist |
        contributing author | contributing editor | contributing writer | contributor |
        correspondant | correspondante | correspondent | corresponsal | deputy editor |
        dziennikarka | dziennikarz | editor | editor-in-chief | email | et al | follow |
        founder | freelance writer | giornalista | guest author | guest contributor | host |
        journalist | journaliste | journalistin | jr | korrespondent | korrespondentin | m.d |
        managing editor | md | more from this author | nachrichtenredakteur | news editor |
        online-redakteur | onlineredakteur | onlineredakteurin | opinion columnist |
        opinion contributor | periodista | ph.d | phd | photographer | political correspondent |
        political reporter | politik | politikredakteur | producer | profile | redacteur |
        redactor | redactora | redakteur | redakteurin | reporter | reporterin | rédacteur |
        rédactrice | see all posts | senior editor | senior reporter | senior writer |
        special correspondent | sport | sportredakteur | sr | staff reporter | staff writer |
        verslaggever | view profile | volontär | volontärin | wirtschaft |
        wirtschaftsredakteur | writer | журналист | корреспондент
        """
    )
)
"""Parts of a byline that say what a person does."""

NO_PEOPLE: Final = frozenset(
    _table(
        """
        admin | administrator | advertorial | agences | agencias | agencies | agenturen |
        agenzie | anonym | anonymous | anzeige | author | autor | bureau | comments |
        content team | contributor | contributors | de redactie | default | desk |
        die redaktion | digital desk | editor | editorial | editorial board | editorial desk |
        editorial staff | editorial team | editors | facebook | gastautor | guest |
        guest author | guest contributor | guest post | home | instagram | la redaction |
        la redazione | la rédaction | leserbrief | linkedin | marketing | mitarbeiter |
        moderator | n/a | news agencies | news agency | news desk | news staff | news team |
        newsdesk | newsroom | newswire | none | null | online desk | online-redaktion |
        onlineredaktion | our correspondent | our reporter | our staff | pinterest |
        press office | press release | pressemitteilung | print | redacao | redaccion |
        redacción | redactie | redakce | redakcia | redakcja | redaksi | redaksjonen |
        redaktion | redaktionen | redaktionsnetzwerk | redaktionsteam | redaktor | redazione |
        redação | root | rss | rédaction | share | siteadmin | sponsored | staff |
        staff report | staff reporter | staff reports | staff writer | staff writers |
        superadmin | system | szerkesztőség | team | test | the editors | toimitus | twitter |
        undefined | unknown | user | web desk | web staff | webmaster | website | whatsapp |
        wire reports | wire services | wpadmin | youtube | пресс-служба | редакция | редакція |
        تحریریه | هيئة التحرير | 佚名 | 小编 | 本报讯 | 本站 | 編輯部 | 編集部 | 编辑部 | 网络 |
        디지털뉴스팀 | 본지 | 온라인뉴스팀
        """
    )
)
"""Whole values that stand where a name should, but name nobody."""

NO_PERSON_WORDS: Final = frozenset(
    _table(
        """
        abonnieren | about | advertisement | agence | agencia | agency | agentur | agenturen |
        agenzia | ago | all | alle | anzeige | app | archive | archives | articles | artikel |
        authors | bio | biography | bureau | click | close | com | comments | contact | copié |
        copyright | correspondents | credit | css | desk | developer | download | drupal |
        e-mail | editorial | editors | email | facebook | feed | folgen | follow | following |
        foto | fotos | gefolgt | gmbh | google | here | home | http | https | image | inc |
        information | kommentare | kontakt | last | latest | like | link | linkedin | llc |
        login | ltd | magazine | media | mehr | menu | min | minutes | modified | more |
        nachrichten | nachrichtenagentur | news | newsletter | newspaper | newsroom | no |
        notes | noticias | notizie | nyheter | online | permalink | photo | photos | pm |
        posted | posts | press | print | profil | profile | publications | publicité |
        published | radio | rating | read | redaccion | redacción | redactie | redakcja |
        redaksi | redaktion | redaktionsteam | redazione | redação | reviewed | rss |
        rédaction | save | search | seguir | share | show | sign | size | skip | sponsored |
        staff | stories | story | subscribe | suivre | suscríbete | team | themen | today |
        toggle | trending | tv | tweet | twitter | uhr | university | updated | using | verlag |
        view | website | www | yesterday | zeitung
        """
    )
)
"""A value with one of these among its words is not a person's name."""

DESK_WORDS: Final = frozenset(
    _table(
        """
        agencias | agencies | agenturen | bureau | desk | editorial | editors | newsdesk |
        newsroom | redaccion | redacción | redactie | redakcja | redaksi | redaktion |
        redaktionen | redaktionsteam | redazione | redação | rédaction | staff | toimitus |
        агентство | редакция | 編集部 | 编辑部
        """
    )
)
"""Words that make a name that of a desk: an organisation is credited, not a person."""

AGENCIES: Final = frozenset(
    _table(
        """
        aa | aap | accesswire | adnkronos | afp | afp news | afp=時事 | afp通信 | afx |
        agence france presse | agence france-presse | agencia afp | agencia ap | agencia efe |
        agerpres | agi | agência lusa | anadolu agency | anadolu ajansı | ani | anp | ansa |
        ansa.it | antara | ap | ap news | apa | app | askanews | associated press | ats |
        australian associated press | belga | bernama | beta | bloomberg | bloomberg news |
        bss | bta | business wire | canadian press | cnn newsource | cnn wire | condé nast |
        cp | ctk | dapd | ddp | deutsche presse-agentur | deutsche welle | dha | dow jones |
        dow jones newswires | dpa | dpa-afx | dpa-infocom | dts | dts nachrichtenagentur | efe |
        epd | europa press | fars | fena | getty images | globe newswire | globenewswire |
        hina | ians | iha | imago | interfax | irna | isna | istock | jiji | jiji press |
        kathpress | keystone-sda | kna | kyodo | kyodo news | la presse | lapresse | lusa |
        mehr | mti | news aktuell | notimex | ntb | ots | pa | pa media | pap | petra |
        picture alliance | pr newswire | press association | press trust of india |
        presseportal | pti | reuters | ria | ria novosti | ritzau | ritzau bureau | sda |
        shutterstock | sid | sky news australia | sn | spa | spot on news | srna | sta | stt |
        tanjug | tasr | tass | telam | the associated press | the canadian press |
        thomson reuters | tribune news service | tt | télam | ukrinform | unb | uni | unian |
        united press international | upi | wam | xinhua | yonhap | yonhap news agency |
        zuma press | čtk | интерфакс | риа новости | тасс | укринформ | ロイター | 中国新闻网 |
        中新社 | 共同 | 共同通信 | 央视新闻 | 新华社 | 新华网 | 新華社 | 時事 | 時事通信 |
        뉴스1 | 뉴시스 | 연합뉴스
        """
    )
)
"""Agencies and picture services: what stands in a byline for a text bought in, as `text.key`
writes it."""

PICTURE_SERVICES: Final = frozenset(
    _table("getty images | shutterstock | istock | imago | picture alliance | zuma press | epa")
)
"""Those among the agencies whose name at the foot of a text credits a picture."""

DATE_WORDS: Final = frozenset(
    _table(
        """
        aktualisiert | am | at | date | den | di | dienstag | dimanche | do | domingo |
        donnerstag | el | fr | freitag | fri | friday | jeudi | jueves | le | lundi | lunes |
        mardi | martes | mercredi | mi | mittwoch | miércoles | mo | mon | monday | montag |
        on | posted | publicado | published | publié | sa | samedi | samstag | sat | saturday |
        so | sonntag | stand | sun | sunday | sábado | thu | thursday | tue | tuesday | um |
        updated | vendredi | veröffentlicht | viernes | vom | wed | wednesday
        """
    )
)
"""Words between a name and a date in one line: weekdays and what introduces a date."""

MODIFIED_WORDS: Final = _table(
    """
    updated | update: | last modified | modified | aktualisiert | zuletzt | letzte änderung |
    stand: | geändert | mis à jour | mise à jour | modifié | actualizado | actualizada |
    última actualización | modificado | atualizado | atualizada | aggiornato | ultima modifica |
    bijgewerkt | laatst gewijzigd | uppdaterad | oppdatert | opdateret | päivitetty |
    aktualizacja | aktualizováno | aktualizované | frissítve | actualizat | обновлено |
    оновлено | güncelleme | güncellenme | ενημερώθηκε | 更新 | 수정 | diperbarui | cập nhật |
    تحديث | به‌روزرسانی | עודכן | copyright | ©
    """
)
"""What stands before the date of a change, or of a copyright; such a date is not the
publication's."""

PUBLISHED_WORDS: Final = _table(
    """
    published | posted | date | first published | issued | released | created | datum |
    veröffentlicht | erschienen | erstellt | publié | date de publication | paru |
    mis en ligne | publicado | publicada | fecha | data | pubblicato | pubblicata |
    gepubliceerd | geplaatst | publicerad | publisert | publiceret | udgivet | julkaistu |
    opublikowano | data publikacji | publikováno | vydáno | publikované | megjelent | publicat |
    опубликовано | дата | опубліковано | yayınlanma | yayın tarihi | δημοσιεύτηκε | ημερομηνία |
    发布时间 | 发布日期 | 發布 | 发表于 | 公開 | 公開日 | 掲載 | 입력 | 등록 | 게시 | 승인 |
    diterbitkan | ngày đăng | تاريخ النشر | نشر | تاریخ انتشار | פורסם | प्रकाशित | প্রকাশ |
    เผยแพร่
    """
)
"""How a line begins that gives the date of publication."""
