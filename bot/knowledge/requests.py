"""Requests for a live action: which command with which arguments a text asks for.

A request names a target and says what to do with it ("watch", "is ... reachable", "every Monday").
Words decide, not weights: doing the wrong thing is worse than asking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.knowledge.entities import KNOWN_PORTS, Entities, Named
from bot.knowledge.words import fold

Argument = str | int | list[int]

_WATCH = (
    r"\b(?:watch|monitor(?:ing|iza|ea|izar|ear|ices)?|keep (?:an |your )?(?:eyes?|tabs|watch)|vigil\w+|supervis\w+|observa"
    r"|echal?e? un ojo|no pierdas de vista|estate atento|seguimiento)\b"
    r"|\b(?:tell|alert|notify|warn|ping|inform|message|let|page) (?:me|us|this channel|the channel|the team|everyone|here)?\b.{0,40}\b(?:when|if|as soon as|once|know)\b"
    r"|\b(?:avis\w+|notif\w+|alert\w+|dime|decidme)\b.{0,60}\b(?:cuando|si|en cuanto|antes de que)\b|\balert (?:me|us)\b|\bavis(?:a|ad|e)(?:me|nos|d)?\b"
)
_REPORT = r"\b(?:reports?|informes?|reportes?|resumen(?:es)?|summar(?:y|ies)|digest|status (?:update|post)|parte (?:diario|semanal)|recap)\b"
_HISTORY = (
    r"\b(?:histor(?:y|ial|ico|ia)|uptime|disponibilidad|availability|outages?|downtime|caidas?|incidents?|incidencias?|(?:past|last|previous|this) (?:\d+ )?(?:hours?|days?|weeks?|months?|week|month|night)"
    r"|(?:ultim[oa]s?|pasad[oa]s?) (?:\d+ )?(?:horas?|dias?|semanas?|mes(?:es)?)|(?:semana|mes|noche|dias?) pasad[oa]s?|anoche|yesterday|ayer|este mes|esta semana|recorded|registrado"
    r"|trend|how (?:has|was|were|did|have)|como (?:ha estado|estuvo|ha ido|fue)|has been (?:up|down)|been (?:up|down)|went down|se cayo|estuvo caid\w+|was .{1,40} down|over time|so far|hasta ahora)\b"
)
_KEYS = r"\b(?:keys?|claves?|llaves?|openpgp|pgp|gpg|s/?mime|smime|encrypt(?:ed|ion)?|cifra\w+|wkd|end-to-end|extremo a extremo|public key)\b"
# Questions about the looking-up itself.
_ABOUT_KEYS = (
    r"\b(?:why|which url|what url|where does|how (?:does|do|is|are|can)|under which|at which|no data|error|fail\w*|por que|en que (?:url|direccion)|como"
    r"|no (?:encuentra|funciona)|auto-key-locate|locate-keys|ran gpg|gpg --)"
)
# What programs say when it went wrong; whoever pastes it asks for the reason, not for a look.
_WENT_WRONG = (
    r"timed out|refused|econn|etimedout|enotfound|exception|traceback|status=|\bsaid:|error:|errno|lost connection|unreachable"
    r"|wrong version|handshake fail|verify failed|getaddrinfo|se agoto|rechazad"
)
_ORDERS_FIRST = r"\W*(?:(?:please|can you|could you|por favor|puedes|hey|hi)\W+){0,3}(?:check|test|probe|verify|try|scan|comprueb|prueb|revis|mira|verific)"
_LOOKS_FIRST = r"\W*(?:(?:please|can you|could you|por favor|puedes)\W+){0,2}(?:analy[sz]e|analiza\w*|examin\w+|inspect|audit|diagnos\w+|probe)\b"
_WEBSITE = r"\b(?:web ?sites?|web ?page|web ?server|web ?shop|pagina web|sitio web|tienda online|la web de|https? site)\b"
_PROBE = (
    r"\b(?:check|test|probe|verify|try|scan|ping|diagnose|inspect|examine|analy[sz]e|look at|audit|validate|connect(?:ing)? to"
    r"|comprueb\w+|comprob\w+|revis\w+|prueb\w+|probar|mira|mirar|examin\w+|analiz\w+|verific\w+|escane\w+|diagnostic\w+|chequea\w*|testea\w*|conecta(?:te)?|haz (?:una?|otra?) (?:prueba|chequeo|comprobacion|test|analisis|revision)|echa\w* un vistazo|dale un vistazo|see (?:whether|if)|find out (?:whether|if)|mira a ver si|a ver si)\b"
)
_STATE = (
    r"\b(?:reachable|open|up|down|alive|listening|listen|responding|respond|responds?|answering|answers?|online|offline|working|works?|accept\w*|expired?|expires?|expiring|valid|support\w*|offers?|speaks?|have|has|blocked|secure|healthy|ok|okay|misconfigured|broken|running|available|use|uses|require\w*|present\w*|get through"
    r"|abiert[oa]s?|cerrad[oa]s?|accesible|alcanzable|responde\w*|contesta|funciona\w*|escucha\w*|vivo|viva|acepta\w*|caducad[oa]|caduca|vence|vencid[oa]|valid[oa]|admite\w*|ofrece\w*|soporta\w*|tiene|bien|caid[oa]|operativ[oa]|disponible|usa)\b"
)
_ASKS = (
    r"^\W*(?:(?:hey|hi|hello|hola|ok|so|and|please|por favor|oye|quick question|@?mailport)\W+){0,3}"
    r"(?:is|are|does|do|has|have|can|could|will|would|did|when|what|which|how|why is|why does|why can|esta|estan|tiene|responde|admite|ofrece|soporta|funciona|acepta|ha|han|puede|puedes|sabes|cuando|que|se puede|hay|sigue|va|usa|escucha|contesta|caduco|vencio|caduca|vence|expira|acepta|admite|funcionan|estan)\b"
)
_SETTINGS = (
    r"\b(?:settings?|ajustes|configur\w*|set ?up|datos|(?:which|what) (?:\w+ ){0,4}(?:server|servers|port|ports|host|smtp|imap|pop3?)|que (?:\w+ ){0,4}(?:servidor|servidores|puerto|puertos|host|smtp|imap)|(?:find|look up|discover|get|busca\w*|encuentra|averigua|descubre|dame)\b.{0,40}\b(?:servers?|servidor(?:es)?|ports?|puertos?|imap|smtp)|(?:smtp|imap|mail|outgoing|incoming) servers? (?:for|of)"
    r"|servidor(?:es)? (?:de|smtp|imap)|what do i (?:enter|type|put)|que pongo|que tengo que poner|host and port|server and port|servidor y puerto|ports? and servers?|servers? and ports?|puertos? y servidor(?:es)?|servidor(?:es)? y puertos?|add my (?:account|mail)|thunderbird)\b"
)

# Said of a target, but nothing that Mailport does.
_NEVER = r"\b(?:nmap|port ?scan|all (?:65535 )?ports|every port|escaneo completo|todos los puertos|who owns|whois|a quien pertenece|de quien es|password (?:of|for)|contrasena (?:de|para)|hack|crack|brute|spoof|suplant\w+|ddos|exploit|vulnerabilit\w+|open relays?|buy|register|how many (?:e-?mails?|mails?|messages)|cuantos (?:correos|mensajes)|next (?:week|month|year|friday|monday)|tomorrow|manana recibira|will .{1,40} receive)\b"

_DAYS = {
    "monday": ("monday", "mondays", "lunes", "mon"),
    "tuesday": ("tuesday", "tuesdays", "martes", "tue"),
    "wednesday": ("wednesday", "wednesdays", "miercoles", "wed"),
    "thursday": ("thursday", "thursdays", "jueves", "thu"),
    "friday": ("friday", "fridays", "viernes", "fri"),
    "saturday": ("saturday", "saturdays", "sabado", "sabados", "sat"),
    "sunday": ("sunday", "sundays", "domingo", "domingos", "sun"),
}
_EVERY_DAY = r"\b(?:every ?day|each day|daily|day|cada dia|todos los dias|diari\w+|a diario|every (?:single )?(?:morning|evening|night|afternoon)|each (?:morning|evening)|cada (?:manana|noche|tarde)|todas las (?:mananas|noches|tardes)|mornings?|nightly)\b"
_WEEKDAYS = r"\b(?:weekdays?|working days?|workdays?|business days?|dias (?:laborables|habiles|de trabajo)|de lunes a viernes|monday (?:to|through) friday|mon-fri|entre semana)\b"
_WEEKLY = r"\b(?:weekly|every week|each week|once a week|semanal\w*|cada semana|todas las semanas|una vez (?:a la|por) semana)\b"
_HOURLY = r"\b(?:hourly|every hour|each hour|cada hora)\b"
_MONTHLY = r"\b(?:monthly|every month|each month|mensual\w*|cada mes|todos los meses|first (?:day )?of (?:the|every|each) month)\b"
_CLOCK = (
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-4])(?:[:.h](?P<minute>[0-5]\d))\s*h?\s*(?P<half>[ap]\.?\s?m\b\.?)?"
    r"|(?<![\d:.])(?P<hour2>\d{1,2})\s*(?P<half2>[ap]\.?\s?m\b\.?)"
    r"|\b(?:at|a las|a la|sobre las|hacia las|around)\s+(?P<hour3>\d{1,2})\b(?!\s*[:.]\d)(?:\s*(?:o'?clock|en punto|h\b|hrs?\b|horas\b))?(?P<half3>\s*(?:in the (?:morning|evening|afternoon)|de la (?:manana|tarde|noche)))?"
)
_WORD_HOURS = {
    "noon": 12,
    "midday": 12,
    "mediodia": 12,
    "midnight": 0,
    "medianoche": 0,
}
_SPOKEN = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "una": 1,
    "dos": 2,
    "tres": 3,
    "cuatro": 4,
    "cinco": 5,
    "seis": 6,
    "siete": 7,
    "ocho": 8,
    "nueve": 9,
    "diez": 10,
    "once": 11,
    "doce": 12,
}
_SPOKEN_HOUR = (
    r"\b(?:at|a las|a la)\s+("
    + "|".join(_SPOKEN)
    + r")\b(?P<half>\s*(?:[ap]\.?m\b|in the (?:morning|evening|afternoon)|de la (?:manana|tarde|noche)))?"
)
_EVERY = r"\b(?:every|each|cada)\s+(?:(\d{1,4})\s*)?(s|sec|seconds?|segundos?|m|mins?|minutes?|minutos?|h|hrs?|hours?|horas?|d|days?|dias?)\b"
_SPAN = r"\b(\d{1,4})\s*(days?|dias?|weeks?|semanas?|months?|mes(?:es)?|hours?|horas?|years?|anos?)\b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A command that would do what was asked.

    Attributes:
        command: "check", "port", "watch-add", "report-add", "keys", "explain" or "history".
        arguments: By the names of `mailport.answer/1`: target, ports, schedule, every, days, text.
    """

    command: str
    arguments: Mapping[str, Argument]

    @property
    def words(self) -> str:
        """The command as somebody would type it."""
        arguments = self.arguments
        target = str(arguments.get("target", ""))
        match self.command:
            case "watch-add":
                every = arguments.get("every")
                return f"watch add {target}" + (f" every {every}" if every else "")
            case "report-add":
                return f"report add {arguments.get('schedule', 'every day at 08:00')} for {target}"
            case "history":
                days = arguments.get("days")
                return f"history {target}" + (f" days {days}" if days else "")
            case "check":
                ports = arguments.get("ports")
                return f"check {target}" + (
                    " " + ",".join(map(str, ports)) if isinstance(ports, list) else ""
                )
            case "explain":
                return f"explain {arguments.get('text', '')}"
            case _:
                return f"{self.command} {target}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that was understood; `action` is None when the target is missing."""

    topic: str
    action: Action | None


_TELLS = (
    r"\W*(?:please |por favor )?(?:send|post|give|make|schedule|create|set up|add|publish|i want|i'd like|we want|i need"
    r"|quiero|manda\w*|envia\w*|publica|programa|crea|dame|danos|daily|weekly|every|cada|informe|necesito)\b"
)
# Beginnings of words without which nothing is asked for when no target is named.
_WITHOUT_TARGET = (
    "watch",
    "monitor",
    "vigil",
    "keep an eye",
    "report",
    "inform",
    "resum",
    "summar",
    "digest",
    "recap",
)


def find_request(text: str, entities: Entities) -> Wanted | None:
    """The live action a text asks for, None when it asks for none."""
    folded = fold(text)
    target = _target(entities)
    if target is None and not any(word in folded for word in _WITHOUT_TARGET):
        return None
    if entities.ranges or (entities.ports and not any(port in KNOWN_PORTS for port in entities.ports)):
        return None
    if re.search(_NEVER, folded) or (
        re.search(_WEBSITE, folded) and not re.search(r"mail|correo|smtp|imap|mx\b", folded)
    ):
        return None
    if (
        (target or re.match(_TELLS, folded))
        and re.search(_REPORT, folded)
        and (when := schedule_of(folded)) is not None
    ):
        return _wanted("report-request", "report-add", target, schedule=when)
    if target is None:
        return _without_target(folded)
    for find in (_as_watch, _as_keys, _as_history, _as_settings, _as_probe):
        found = find(folded, target, entities)
        if found is not None:
            return found
    return None


def _wanted(topic: str, command: str, target: str | None, **more: Argument | None) -> Wanted:
    if target is None:
        return Wanted(topic, None)
    kept = {name: value for name, value in more.items() if value is not None}
    return Wanted(topic, Action(command=command, arguments={"target": target, **kept}))


def _without_target(folded: str) -> Wanted | None:
    opens = re.match(
        r"^\W*(?:please |por favor )?(?:watch|monitor|vigila|monitoriza|keep an eye on)\b", folded
    )
    return (
        Wanted("watch-request", None)
        if opens
        and re.search(r"\b(?:my|our|mi|nuestr\w+|the|el) .*(?:server|mx|servidor|domain|dominio)", folded)
        else None
    )


def _as_watch(folded: str, target: str, entities: Entities) -> Wanted | None:
    if not re.search(_WATCH, folded) or not (entities.targets or entities.provider_hosts):
        return None
    when = schedule_of(folded)
    every = _interval(folded)
    if when is not None and every is None:
        return _wanted("watch-request", "report-add", target, schedule=when)
    return _wanted("watch-request", "watch-add", target, every=every)


def _as_keys(folded: str, target: str, entities: Entities) -> Wanted | None:
    if not entities.addresses or not re.search(_KEYS, folded) or re.search(_ABOUT_KEYS, folded):
        return None
    return _wanted("keys-request", "keys", entities.addresses[0])


def _as_history(folded: str, target: str, entities: Entities) -> Wanted | None:
    if not re.search(_HISTORY, folded) or (entities.addresses and not entities.targets):
        return None
    return _wanted("history-request", "history", target, days=_days(folded))


def _as_settings(folded: str, target: str, entities: Entities) -> Wanted | None:
    if not re.search(_SETTINGS, folded) or not (entities.targets or entities.addresses):
        return None
    if not entities.addresses and re.match(_LOOKS_FIRST, folded):
        return None
    if (
        _only_shows(entities)
        or (entities.ports and not entities.addresses)
        or re.search(r"\b(?:certificat\w+|mta-sts|dane|dmarc|spf|dkim|starttls)\b", folded)
    ):
        return None
    plain = entities.targets[0].name if entities.targets and not entities.addresses else target
    return _wanted("settings-request", "port", plain)


def _as_probe(folded: str, target: str, entities: Entities) -> Wanted | None:
    asks = bool(re.match(_ASKS, folded)) and bool(re.search(_STATE, folded)) and not _general(folded)
    tells = bool(
        re.search(
            r"(?:^|[.,;:!?]\s*|\b(?:please|can you|could you|would you|por favor|puedes|podrias|and|y|to|quiero que|want you to|let's)\s+(?:me\s+|quickly\s+|run an?\s+)?|^\W*(?:run|do|perform|start|lanza|ejecuta|haz) (?:an?|una?) (?:\w+ )?)"
            + _PROBE.replace(r"\b(?:", "(?:", 1),
            folded,
        )
    )
    ordered = tells and not re.search(
        r"\bhow (?:do|can|to|would|should)\b|\bcomo (?:puedo|se|hago|compruebo|pruebo)\b", folded
    )
    bare = len(re.sub(r"\s+", " ", entities.marked).split()) <= 3
    if _only_shows(entities) or not (asks or ordered or bare):
        return None
    if re.search(_WENT_WRONG, folded) and not (ordered and re.match(_ORDERS_FIRST, folded)):
        return None
    if not entities.targets and not entities.provider_hosts:
        return None
    ports = list(entities.ports)
    host = _host(entities)
    if len(ports) == 1:
        return _wanted("probe-request", "check", str(Named(host.name, ports[0])))
    return _wanted("probe-request", "check", str(host), ports=ports or None)


def _only_shows(entities: Entities) -> bool:
    """Several different names, or an error with them, tell a story; they are no target."""
    return len({named.name for named in entities.targets}) > 1 or bool(entities.codes)


def _general(folded: str) -> bool:
    return bool(
        re.match(r"^\W*(?:how|como|why|por que|what is|what's|que es|what does .{0,20} mean)\b", folded)
    ) and not re.search(r"\bhow is\b|\bhow('s| are)\b|\bcomo (?:va|esta)\b|\bwhat is wrong\b", folded)


def _host(entities: Entities) -> Named:
    return (entities.targets or entities.provider_hosts)[0]


def _target(entities: Entities) -> str | None:
    if entities.addresses and not entities.targets:
        return entities.addresses[0]
    if not (entities.targets or entities.provider_hosts):
        return None
    host = _host(entities)
    if host.port is None and len(entities.ports) == 1:
        return str(Named(host.name, entities.ports[0]))
    return str(host)


def schedule_of(folded: str) -> str | None:
    """A schedule in the words that `report add` takes: "every Monday at 09:00"; None without one."""
    days = [day for day, names in _DAYS.items() if re.search(rf"\b(?:{'|'.join(names)})\b", folded)]
    clock = _clock(folded)
    at = f" at {clock or '08:00'}"
    if re.search(_HOURLY, folded):
        return "every hour"
    if re.search(_WEEKDAYS, folded):
        return f"every weekday{at}"
    if days:
        return f"every {' and '.join(days)}{at}" if len(days) < 7 else f"every day{at}"
    if re.search(_MONTHLY, folded):
        return f"every month{at}"
    if re.search(_WEEKLY, folded):
        return f"every monday{at}"
    return f"every day{at}" if re.search(_EVERY_DAY, folded) else None


def _clock(folded: str) -> str | None:
    for word, named in _WORD_HOURS.items():
        if re.search(rf"\b{word}\b", folded):
            return f"{named:02d}:00"
    spoken = re.search(_SPOKEN_HOUR, folded)
    if spoken:
        return _time(_SPOKEN[spoken[1]], _minutes_after(folded[spoken.end(1) :]), spoken["half"] or "")
    for match in re.finditer(_CLOCK, folded):
        told = match["hour"] or match["hour2"] or match["hour3"]
        half = match["half"] or match["half2"] or match["half3"] or ""
        if int(told) > 24:
            continue
        after = folded[match.end() : match.end() + 14]
        return _time(int(told), int(match["minute"] or 0), half or after)
    return None


def _minutes_after(words: str) -> int:
    """The minutes of "a las ocho y media"."""
    found = re.match(r"\s+(?:y (media|cuarto)|thirty|fifteen)\b", words)
    return 0 if found is None else 15 if "cuarto" in found[0] or "fifteen" in found[0] else 30


def _time(hour: int, minute: int, half: str) -> str:
    half = half.strip().replace(".", "").replace(" ", "")
    later = half.startswith(("pm", "delatarde", "delanoche", "intheevening", "intheafternoon"))
    if later and hour < 12:
        hour += 12
    if (half.startswith(("am", "delamanana", "inthemorning"))) and hour == 12:
        hour = 0
    return f"{hour % 24:02d}:{minute:02d}"


def _interval(folded: str) -> str | None:
    found = re.search(_EVERY, folded)
    if found is None:
        if re.search(r"\b(?:hourly|every hour|cada hora)\b", folded):
            return "1h"
        return None
    unit = found[2][0]
    if unit == "d" and found[1] is None:
        return None
    return f"{found[1] or 1}{unit}"


def _days(folded: str) -> int | None:
    found = re.search(_SPAN, folded)
    number = int(found[1]) if found else 1
    words = {
        "day": 1,
        "dia": 1,
        "wee": 7,
        "sem": 7,
        "mon": 30,
        "mes": 30,
        "hou": 0,
        "hor": 0,
        "yea": 365,
        "ano": 365,
    }
    if found:
        return max(1, number * words[found[2][:3]] or -(-number // 24))
    if re.search(r"\b(?:week|semana)\b", folded):
        return 7
    if re.search(r"\b(?:month|mes)\b", folded):
        return 30
    return 1 if re.search(r"\b(?:yesterday|ayer|last night|anoche)\b", folded) else None
