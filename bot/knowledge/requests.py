"""Requests for a live action: which command with which arguments a text asks for.

A request names a target and says what to do with it ("watch", "is ... reachable", "every Monday").
Words decide, not weights: doing the wrong thing is worse than asking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.knowledge.entities import KNOWN_PORTS, Entities, Named
from bot.knowledge.when import days_of, interval_of, schedule_of
from bot.knowledge.words import fold
from bot.model.value import frozen

Argument = str | int | list[int]

_WATCH = (
    r"\b(?:watch|babysit|monitor(?:ing|iza|ea|izar|ear|ices)?|keep (?:on )?(?:checking|testing|probing|looking at)|sigue (?:mirando|comprobando|probando)|keep (?:an |your )?(?:eyes?|tabs|watch)|vigil\w+|supervis\w+|observa"
    r"|echal?e? un ojo|no pierdas de vista|estate atento|seguimiento)\b"
    r"|\b(?:tell|alert|notify|warn|ping|inform|message|let|page|shout|yell|scream)(?: at| to)? (?:me|us|this channel|the channel|the team|everyone|here)?\b.{0,40}\b(?:when|whenever|if|as soon as|once|know)\b"
    r"|\b(?:lmk|let me know|let us know|shout|yell|scream|gimme a shout)\b.{0,40}\b(?:when|whenever|if|as soon as|once)\b"
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
_LOOKS_ONCE = r"\W*(?:(?:please|pls|can you|could you|por favor|puedes|hey)\W+){0,3}(?:check|test|probe|verify|try|look|inspect|have a look|take a look|comprueb|prueb|revis|mira(?!me)|verific|echa)"
# What a watch waits for.
_TURNS = (
    r"\b(?:goes|went|gets?|stops?|breaks?|fails?|drops?|changes?|vanish\w*|disappears?|expires?|down|dies|becomes?|starts?|whenever|as soon as|once|before|less than"
    r"|cae|caiga|deja|deje|falla|falle|cambi[ae]|caduca|caduque|expir[ae]|venz[ac]|vence|en cuanto|antes de|menos de|cuando)\b"
)
_WEBSITE = r"\b(?:web ?sites?|web ?page|web ?server|web ?shop|pagina web|sitio web|tienda online|la web de|https? site)\b"
_PROBE = (
    r"\b(?:check|test|probe|verify|try|scan|ping|diagnose|inspect|examine|analy[sz]e|look(?! (?:for|like|into how))|have a look|take a look|peek|audit|validate|connect(?:ing)? to"
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
    r"\b(?:settings?|ajustes|config(?:s|ur\w*)?|set ?up|datos|(?:which|what) (?:\w+ ){0,4}(?:server|servers|port|ports|host|smtp|imap|pop3?)|que (?:\w+ ){0,4}(?:servidor|servidores|puerto|puertos|host|smtp|imap)|(?:find|look up|discover|get|busca\w*|encuentra|averigua|descubre|dame)\b.{0,40}\b(?:servers?|servidor(?:es)?|ports?|puertos?|imap|smtp)|(?:smtp|imap|mail|outgoing|incoming) servers? (?:for|of)"
    r"|servidor(?:es)? (?:de|smtp|imap)|what do i (?:enter|type|put)|que pongo|que tengo que poner|host and port|server and port|servidor y puerto|ports? and servers?|servers? and ports?|puertos? y servidor(?:es)?|servidor(?:es)? y puertos?|add my (?:account|mail)|thunderbird)\b"
)

# Said of a target, but nothing that Mailport does.
_NEVER = r"\b(?:nmap|port ?scan|all (?:65535 )?ports|every port|escaneo completo|todos los puertos|who owns|whois|a quien pertenece|de quien es|password (?:of|for)|contrasena (?:de|para)|hack|crack|brute|spoof|suplant\w+|ddos|exploit|vulnerabilit\w+|open relays?|buy|register|how many (?:e-?mails?|mails?|messages)|cuantos (?:correos|mensajes)|next (?:week|month|year|friday|monday)|tomorrow|manana recibira|will .{1,40} receive)\b"


@frozen(kw_only=True)
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


@frozen
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
    if not (entities.targets or entities.provider_hosts):
        return None
    when = schedule_of(folded)
    every = interval_of(folded)
    # "Check x every Monday" is no single look either; "look at x and tell me if it is fine" is one.
    once = not when and not every and _ordered(folded) and not re.search(_TURNS, folded)
    if not re.search(_WATCH, folded) and not ((when or every) and _ordered(folded)):
        return None
    if once and re.match(_LOOKS_ONCE, folded):
        return None
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
    return _wanted("history-request", "history", target, days=days_of(folded))


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
    ordered = _ordered(folded)
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


def _ordered(folded: str) -> bool:
    """Whether a text tells us to look ("check ...", "can you test ..."), and does not ask how to."""
    tells = re.search(
        r"(?:^|[.,;:!?]\s*|\b(?:please|pls|plz|(?:can|could|would|will) (?:you|u|ya|somebody|someone)|por favor|porfa|puedes|podrias|and|y|to|quiero que|want you to|let's)\s+(?:me\s+|quickly\s+|run an?\s+)?|^\W*(?:run|do|perform|start|lanza|ejecuta|haz) (?:an?|una?) (?:\w+ )?"
        # "Every Monday at 9 check ...", but not "every day I test ...".
        r"|^\W*(?:every|each|on|daily|weekly|cada|tod[oa]s|los)\b(?:(?!\b(?:i|we|my|our|it|mi|yo)\b)[^?]){0,40}?\b)"
        + _PROBE.replace(r"\b(?:", "(?:", 1),
        folded,
    )
    how = r"\bhow (?:do|can|to|would|should)\b|\bcomo (?:puedo|se|hago|compruebo|pruebo)\b"
    return tells is not None and not re.search(how, folded)


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
