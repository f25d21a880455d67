"""Month names: the words for the twelve months in some sixty languages, full and abbreviated.

Collected from the Unicode CLDR (formatting and stand-alone forms). Croatian is left out: its
names for three months are Czech and Polish names for others. Lower case, no full stop at the end.
"""

from typing import Final

_WORDS: Final = (
    # January
    """
    ean eanáir ene enero gen gener gennaio ian ianuarie ion ionawr jaan jaanuar jan janar
    janeiro januar januari januarie january januwari január januára janv janvier janvāris
    janúar jänner led leden ledna oca ocak saus sausio sausis sty styczeń stycznia tammi
    tammikuu tammikuuta urt urtarrila xan xaneiro yan yanvar ιαν ιανουάριος ιανουαρίου сту
    студзень студзеня січ січень січня янв январь января яну януари јан јануар јануари қаң
    қаңтар հնվ հունվար հունվարի ינואר ינו׳ جنوری يناير ژانویه ژانویهٔ जनवरी जन॰ जाने
    जानेवारी জানু জানুয়ারী ਜਨ ਜਨਵਰੀ જાન્યુ જાન્યુઆરી ஜன ஜனவரி జన జనవరి ಜನ ಜನವರಿ ജനു
    ജനുവരി ජන ජනවාරි มกราคม ဇန် ဇန်နဝါရီ იან იანვარი ጃን ጃንዋሪ មករា
    """,
    # February
    """
    chw chwef chwefror feabh feabhra feb febbraio feber febr febreiro febrer febrero
    februar februari februarie february februwari február februára februāris febrúar fev
    fevereiro fevral fevrier févr février helmi helmikuu helmikuuta lut lutego luty ots
    otsaila peb pebrero shk shkurt vas vasario vasaris veebr veebruar úno únor února şub
    şubat φεβ φεβρουάριος φεβρουαρίου ақп ақпан лют лютага лютий лютого люты феб фебруар
    фев февр февраль февраля февруари փետրվար փետրվարի փտվ פברואר פבר׳ فبراير فروری فوریه
    فوریهٔ फ़रवरी फ़र॰ फेब्रु फेब्रुअरी फेब्रुवारी ফেব ফেব্রুয়ারী ਫ਼ਰ ਫ਼ਰਵਰੀ ફેબ્રુ
    ફેબ્રુઆરી பிப் பிப்ரவரி ఫిబ్ర ఫిబ్రవరి ಫೆಬ್ರ ಫೆಬ್ರವರಿ ഫെബ്രു ഫെബ്രുവരി පෙබ පෙබරවාරි
    กุมภาพันธ์ ဖေ ဖေဖော်ဝါရီ თებ თებერვალი ፌብ ፌብሩዋሪ កុម្ភៈ
    """,
    # March
    """
    bře březen března kov kovas kovo maalis maaliskuu maaliskuuta maart mac machi maerz
    mar marca march marec maret mars marso mart martie marts martxoa marzec marzo març
    março mas mashi maw mawrth mrt mrz márc március márta mär märts märz μάρ μάρτιος μαρ
    μαρτίου бер березень березня мар март марта нау наурыз сак сакавік сакавіка մարտ մարտի
    մրտ מרץ مارس مارچ मार्च মার্চ ਮਾਰਚ માર્ચ மார் மார்ச் మార్చి ಮಾರ್ಚ್ മാർ മാർച്ച് මාර්
    මාර්තු มีนาคม မတ် მარ მარტი ማርች មីនា
    """,
    # April
    """
    abr abril aib aibreán api apirila apr aprel april aprile aprili aprilie aprill apríl
    apríla aprīlis avr avril bal balandis balandžio dub duben dubna d’abr d’abril ebr
    ebrill eph ephreli huhti huhtikuu huhtikuuta kwi kwiecień kwietnia nis nisan pri prill
    ápr április απρ απρίλιος απριλίου апр апрель апреля април квіт квітень квітня кра
    красавік красавіка сәу сәуір ապր ապրիլ ապրիլի אפריל אפר׳ آوریل أبريل اپریل अप्रिल
    अप्रैल एप्रि एप्रिल এপ্রি এপ্রিল ਅਪ੍ਰੈ ਅਪ੍ਰੈਲ એપ્રિલ ஏப் ஏப்ரல் ఏప్రి ఏప్రిల్ ಏಪ್ರಿ
    ಏಪ್ರಿಲ್ ഏപ്രി ഏപ്രിൽ අප්‍රේල් เมษายน ဧပြီ აპრ აპრილი ኤፕሪ ኤፕሪል មេសា
    """,
    # May
    """
    beal bealtaine geg gegužė gegužės kvě květen května mag maggio mai maiatza maig maijs
    maio maj maja may mayo mayıs maí mei mey meyi máj mája május touko toukokuu toukokuuta
    μάι μάιος μαΐ μαΐου май мам мамыр мая мај трав травень травня մայիս մայիսի մյս מאי مئی
    مايو مه مهٔ मई मे মে ਮਈ મે மே మే ಮೇ മേയ് මැයි พฤษภาคม မေ მაი მაისი ሜይ ឧសភា
    """,
    # June
    """
    birž birželio birželis cze czerwca czerwiec eka ekaina giu giugno haz haziran hun
    hunyo iun iunie iyn iyun juin jun june junho juni junie junij junio juny juuni jún
    júna június júní jūn jūnijs kesä kesäkuu kesäkuuta meh mehefin meith meitheamh qer
    qershor xuño červen června čvn ιουν ιουνίου ιούν ιούνιος июн июнь июня мау маусым черв
    червень червня чэр чэрвень чэрвеня юни јун јуни հնս հունիս հունիսի יוני جون يونيو ژوئن
    जुन जून জুন ਜੂਨ જૂન ஜூன் జూన్ ಜೂನ್ ജൂൺ ජූනි มิถุนายน ဇွန် ივნ ივნისი ጁን មិថុនា
    """,
    # July
    """
    gor gorff gorffennaf heinä heinäkuu heinäkuuta hul hulyo iul iulie iyl iyul iúil juil
    juillet jul julai julayi julho juli julie julij julio juliol july juuli júl júla
    július júlí jūl jūlijs korr korrik liep liepa liepos lip lipca lipiec lug luglio tem
    temmuz uzt uztaila xul xullo července červenec čvc ιουλ ιουλίου ιούλ ιούλιος июл июль
    июля лип липень липня ліп ліпень ліпеня шіл шілде юли јул јули հլս հուլիս հուլիսի יולי
    جولائی يوليو ژوئیه ژوئیهٔ जुलाई जुलै जुल॰ জুল জুলাই ਜੁਲਾ ਜੁਲਾਈ જુલાઈ ஜூலை జులై ಜುಲೈ
    ജൂലൈ ජූලි กรกฎาคม ဇူ ဇူလိုင် ივლ ივლისი ጁላይ កក្កដា
    """,
    # August
    """
    abu abuztua ag aga agasti ago agost agosti agosto agu agustus aout août aug august
    augusta augusti augusts augustus augusztus avg avgust avq avqust awst ağu ağustos d’ag
    d’agost elo elokuu elokuuta gush gusht lún lúnasa ogo ogos rugp rugpjūtis rugpjūčio
    sie sierpień sierpnia srp srpen srpna ágú ágúst αυγ αυγούστου αύγ αύγουστος авг август
    августа жні жнівень жніўня серп серпень серпня там тамыз օգոստոս օգոստոսի օգս אוגוסט
    אוג׳ أغسطس اوت اگست अगस्ट अगस्त अग॰ ऑग ऑगस्ट আগ আগস্ট ਅਗ ਅਗਸਤ ઑગસ્ટ ஆக ஆகஸ்ட் ఆగ
    ఆగస్టు ಆಗ ಆಗಸ್ಟ್ ഓഗ ഓഗസ്റ്റ് අගෝ අගෝස්තු สิงหาคม ဩဂုတ် აგვ აგვისტო ኦገስ ኦገስት សីហា
    """,
    # September
    """
    eyl eylül ira iraila medi mfómh rugs rugsėjis rugsėjo sen sentabr sentyabr sep sept
    septemba septembar september septembra septembre septembrie septembris septhemba
    septiembre set setembre setembro setiembre settembre setyembre sht shtator syys
    syyskuu syyskuuta szept szeptember wrz wrzesień września zář září σεπ σεπτέμβριος
    σεπτεμβρίου вер верасень верасня вересень вересня сент сентябрь сентября сеп септембар
    септември қыр қыркүйек սեպ սեպտեմբեր սեպտեմբերի ספטמבר ספט׳ سبتمبر ستمبر سپتامبر
    सप्टें सप्टेंबर सितंबर सित॰ सेप्टेम्बर সেপ সেপ্টেম্বর ਸਤੰ ਸਤੰਬਰ સપ્ટે સપ્ટેમ્બર செப்
    செப்டம்பர் సెప్టెం సెప్టెంబర్ ಸೆಪ್ಟೆಂ ಸೆಪ್ಟೆಂಬರ್ സെപ്റ്റം സെപ്റ്റംബർ සැප් සැප්තැම්බර්
    กันยายน စက် စက်တင်ဘာ სექ სექტემბერი ሴፕቴ ሴፕቴምበር កញ្ញា
    """,
    # October
    """
    dfómh d’oct d’octubre eki ekim hyd hydref loka lokakuu lokakuuta oct october octobre
    octombrie octubre okt oktabr okthoba oktoba oktobar oktober oktobris oktoober oktubre
    oktyabr október októbra ott ottobre out outubro paź październik października spal
    spalio spalis tet tetor urr urria říj říjen října οκτ οκτωβρίου οκτώβριος жовт жовтень
    жовтня кас кастрычнік кастрычніка окт октобар октомври октябрь октября қаз қазан հոկ
    հոկտեմբեր հոկտեմբերի אוקטובר אוק׳ أكتوبر اکتبر اکتوبر अक्टूबर अक्टू॰ अक्टोबर ऑक्टो
    ऑक्टोबर অক্টো অক্টোবর ਅਕਤੂ ਅਕਤੂਬਰ ઑક્ટો ઑક્ટોબર அக் அக்டோபர் అక్టో అక్టోబర్ ಅಕ್ಟೋ
    ಅಕ್ಟೋಬರ್ ഒക്ടോ ഒക്‌ടോബർ ඔක් ඔක්තෝබර් ตุลาคม အောက် အောက်တိုဘာ ოქტ ოქტომბერი ኦክቶ ኦክቶበር
    តុលា
    """,
    # November
    """
    aza azaroa kas kasım lapkr lapkritis lapkričio lis listopad listopada listopadu marras
    marraskuu marraskuuta nob nobyembre noiembrie nov novemba novembar november novembra
    novembre novembris novembro noviembre noy noyabr nën nëntor nóv nóvember samh samhain
    tach tachwedd νοέ νοέμβριος νοε νοεμβρίου лист листопад листопада ліс лістапад
    лістапада нов новембар ное ноември нояб ноябрь ноября қар қараша նոյ նոյեմբեր
    նոյեմբերի נובמבר נוב׳ نوامبر نوفمبر نومبر नवंबर नव॰ नोभेम्बर नोव्हें नोव्हेंबर নভে
    নভেম্বর ਨਵੰ ਨਵੰਬਰ નવે નવેમ્બર நவ நவம்பர் నవం నవంబర్ ನವೆಂ ನವೆಂಬರ್ നവം നവംബർ නොවැ
    නොවැම්බර් พฤศจิกายน နို နိုဝင်ဘာ ნოე ნოემბერი ኖቬም ኖቬምበር វិច្ឆិកា
    """,
    # December
    """
    abe abendua ara aralık dec decembar december decembra decembre decembrie decembris
    decembro dek dekabr des desemba desember desembre dets detsember dez dezember dezembro
    dhj dhjetor dic dicembre diciembre dis disemba disember disyembre déc décembre gru
    grudnia grudzień gruod gruodis gruodžio joulu joulukuu joulukuuta noll nollaig pro
    prosince prosinec rhag rhagfyr δεκ δεκέμβριος δεκεμβρίου груд грудень грудня дек
    декабрь декабря декември дец децембар жел желтоқсан сне снежань снежня դեկ դեկտեմբեր
    դեկտեմբերի דצמבר דצמ׳ دسامبر دسمبر ديسمبر डिसें डिसेंबर डिसेम्बर दिसंबर दिस॰ ডিসে
    ডিসেম্বর ਦਸੰ ਦਸੰਬਰ ડિસે ડિસેમ્બર டிச டிசம்பர் డిసెం డిసెంబర్ ಡಿಸೆಂ ಡಿಸೆಂಬರ್ ഡിസം
    ഡിസംബർ දෙසැ දෙසැම්බර් ธันวาคม ဒီ ဒီဇင်ဘာ დეკ დეკემბერი ዲሴም ዲሴምበር ធ្នូ
    """,
)

MONTHS: Final = {word: n for n, words in enumerate(_WORDS, 1) for word in words.split()}
"""Word -> number of the month, 1 to 12."""
