"""What is none of Mailport's business however much the words are of mail: orders, other ports, other trades."""

from __future__ import annotations

import re

from bot.knowledge.entities import KNOWN_PORTS, Entities

# Requests that only a person, another machine or nobody should carry out, by how they begin.
_ORDERS = (
    r"\W*(?:(?:please|can you|could you|would you|por favor|puedes|podrias|hey|hi|mailport)\W+){0,3}"
    r"(?:write|draft|compose|translate|summari[sz]e|reply to|read my|(?:send|mail|email) (?:an? |the |this )?(?:e-?mail|mail|message|letter|newsletter|invoice|note) to"
    r"|e-?mail (?:my|the|bob|him|her|them)|port (?:a|an|my|this|the) \w+|sing|tell me a (?:joke|story)|recommend|book|buy|order|hack|crack|brute|spoof|delete|unsubscribe|forward"
    r"|escrib[ea]\w*|redacta\w*|traduc[ea]\w*|resume|(?:envia|manda|enviale|mandale|escribele)\w* (?:un |este |el )?(?:correo|mensaje|email|mail|carta)? ?a\b|lee mis?|compra|reserva|hackea|suplanta|borra|canta|cuenta\w* un|porta (?:un|una|mi|este)|pasa (?:un|una|mi|este))\b"
)


_POLITE = frozenset(
    (
        "please",
        "can",
        "could",
        "would",
        "you",
        "por",
        "favor",
        "puedes",
        "podrias",
        "hey",
        "hi",
        "mailport",
        "",
    )
)
_MARKS = "¿¡?!.,;:()\"'"
_ORDER_VERBS = tuple(
    """
    write draft compose translate summari reply read send mail email e-mail port sing tell recommend book buy order
    hack crack brute spoof delete unsubscribe forward escrib redact traduc resume envia manda lee compra reserva suplanta
    borra canta cuenta porta pasa
    """.split()  # noqa: SIM905  # reads better as text
)

# What no mail server, port or setting has to do with, however much the words are of mail.
_NOT_OURS = (
    r"\b(?:phone number|telephone number|customer (?:service|support|care)|support hotline|contact (?:\w+ ){0,3}support|telefono de|atencion al cliente"
    r"|profile (?:picture|photo)|dark mode|modo oscuro|foto de perfil|pretend (?:to|you)|act as (?:a|an|if)|you are now|ahora eres|from now on you|system prompt"
    r"|(?:ignore|forget|disregard) (?:all|any|your|the|previous)|(?:ignora|olvida) (?:todas|las|tus|todo)|haz como si|jailbreak|no rules|sin reglas"
    r"|brute ?-?forc\w+|fuerza bruta|(?:list|lists|lista|find|finding|give|get|search|busca\w*|dame|encuentra) (?:\w+ ){0,4}open (?:mail |smtp )?relays|relays abiertos|open proxies"
    r"|harvest|scrap(?:e|es|ing)\b|saque correos|sacar correos|extraer correos|without (?:being|getting) (?:traced|flagged|caught|blocked as spam)|sin que me (?:rastreen|detecten|pillen|bloqueen)"
    r"|(?:inbox|bandeja de entrada|buzon) (?:of|de) @address|@address'?s? (?:inbox|mailbox|mails|emails|messages)|(?:buzon|correos|mensajes|bandeja) de @address|(?:did|has) \w+ (?:answer|repl|read|open|respond)\w*"
    r"|square root|raiz cuadrada|(?:plus|minus|times|divided by|multiplied by|multiply|mas|menos|multiplica\w*|dividido entre|cuanto es) @p\d+ (?:by|plus|times|minus|por|mas|entre)|@p\d+ (?:plus|minus|times|divided by|multiplied by|mas|menos|dividido entre) (?:@p\d+|@num))\b"
    r"|phishing (?:page|site|kit|campaign)|@prov (?:\w+ ){0,2}(?:better|cheaper|nicer|faster) than|(?:mejor|mas barato) (?:\w+ )?que @prov"
    r"|(?:is|does|existe) (?:la direccion )?@address (?:a real|exist|valid)|existe (?:la direccion|el correo) @address|who is behind @address|track the"
    r"|^\W*(?:please |por favor )?(?:restart|reboot|shut down|reinicia\w*|apaga\w*) (?:\w+ ){0,4}(?:server|servidor|postfix|dovecot|exim|machine|service)"
    r"|^\W*(?:please |por favor )?(?:create|crea\w*|delete|borra\w*|reset|restablece\w*|disable|remove|elimina\w*) (?:\w+ ){0,3}(?:mailbox|buzon|user|usuario|account|cuenta|alias|password|contrasena|@address)"
    r"|^\W*(?:please )?(?:add|change|set|install|update|upgrade|renew|register|buy|configure) .{1,60} for me\W*$"
    r"|^\W*(?:say|di|repeat|repite) (?:that|que|after|after me|something|algo)\b"
)


# Without one of these, the long pattern above need not be compiled: most questions are spared it.
_SIGNS = tuple(
    """
    phone customer support contact telefono cliente profile dark oscuro perfil pretend act you ahora from prompt ignor
    olvid forget disregard haz jailbreak rules reglas brute fuerza relay proxies harvest scrap saque sacar extraer
    without sin inbox bandeja buzon @address answer repl read respond root raiz plus minus times divid multipl menos
    cuanto phishing better cheaper nicer faster mejor barato exist behind track restart reboot shut reinici apaga
    create crea delete borra reset restab disable remove elimina me say di repeat repite did has
    """.split()  # noqa: SIM905  # reads better as text
)


def _is_not_ours(flat: str) -> bool:
    words = flat.split(" ")
    return any(word.startswith(_SIGNS) for word in words) and re.search(_NOT_OURS, flat) is not None


# Help with abuse is refused even in the words of mail.
_ABUSE = (
    r"\b(?:keyloggers?|bulletproof|combo ?lists?|(?:leaked|stolen|hacked|robad[oa]s|filtrad[oa]s) (?:\w+ )?(?:accounts?|logins?|credentials?|passwords?|cuentas?|credenciales|contrasenas)"
    r"|(?:credenciales|contrasenas|cuentas) (?:robadas|filtradas|hackeadas)|rotat\w+ (?:\w+ ){0,3}(?:ips?|proxies|domains|addresses)|rota\w* (?:\w+ ){0,2}(?:ips?|dominios)"
    r"|(?:evade|evading|bypass\w*|fool|trick|outsmart|sneak past|slip past|get (?:around|past)|evadir|evita\w* que me|esquivar|burlar|saltar\w*|enganar) (?:\w+ ){0,3}(?:spam ?filters?|spam detection|filtros?|antispam|@blocklist|blacklists?|blocklists?)"
    r"|falsifico|suplanto|how (?:do|can|to) (?:i )?(?:spoof|forge|fake) (?:the |a |an )?(?:sender|from|e-?mail)|@blocklist (?:can'?t|cannot|can not|doesn'?t|does not|won'?t|never|no (?:me |nos )?(?:pueda|puede)?) ?(?:catch\w*|detect\w*|list\w*|see|notice|find|pill\w*)"
    r"|ignor\w+ (?:\w+ )?(?:spam complaints?|abuse (?:reports?|complaints?)|complaints)|(?:bought|purchased|scraped|comprad[oa]s?) (?:\w+ )?(?:lists?|listas?|addresses)|listas? comprad[oa]s?"
    r"|without (?:getting|being) (?:blacklisted|blocklisted|banned|traced|caught|detected)|(?:nobody|no one|noone|cannot|can'?t|can not) (?:can |be |to )?trac(?:e|ed)\b|sin (?:que me )?(?:permiso|banee\w*|bloquee\w*|rastree\w*)|no me (?:banee|rastree)\w*"
    r"|(?:entrar|acceder|meterme|get into|log ?in ?to|break into|hack\w*) (?:al?|en el|the|my)? ?(?:@prov|correo|gmail|buzon|e-?mails?|mailbox|account|cuenta)(?: account| cuenta)? (?:de|of) (?:mi|my|un|una|otra|someone|somebody|her|his)"
    r"|(?:base de datos|list|lista|database) (?:de|of) (?:\w+ )?(?:correos|emails?|e-mails?|addresses|direcciones) (?:de|of|for|from) (?:empresas|companies|clientes|customers|usuarios|people|business\w*))\b"
)
_ABUSE_SIGNS = tuple(
    """
    falsifico suplanto spoof forge fake keylog bulletproof combo leaked stolen hacked robad filtrad credencial contrasen cuenta rotat rota evad bypass fool
    trick outsmart sneak slip get evita esquiva burla salta engan @blocklist ignor bought purchased scraped comprad
    without nobody no noone cannot can't sin entrar acceder meterme log break hack base list database
    """.split()  # noqa: SIM905  # reads better as text
)


def _is_abuse(flat: str) -> bool:
    return any(word.startswith(_ABUSE_SIGNS) for word in flat.split(" ")) and bool(re.search(_ABUSE, flat))


def flat(entities: Entities) -> str:
    """The marked text with single spaces, as patterns read it."""
    return " ".join(entities.marked.split())


def _is_order(marked: str) -> bool:
    words = [word.strip(_MARKS) for word in marked.split(None, 5)[:5]]
    first = next((word for word in words if word not in _POLITE), "")
    # The pattern is a long one to compile; a question mostly begins with a word that is no order.
    if first.isalpha() and not first.startswith(_ORDER_VERBS):
        return False
    return any(word.startswith(_ORDER_VERBS) for word in words) and bool(re.match(_ORDERS, marked))


def _other_port(entities: Entities) -> bool:
    """Whether the only ports named are no mail ports."""
    return bool(entities.ports) and not any(port in KNOWN_PORTS for port in entities.ports)


def is_outside(entities: Entities) -> bool:
    """Whether a text asks for what only a person should do, for another port, or for another trade."""
    text = flat(entities)
    return _is_order(text) or _other_port(entities) or _is_not_ours(text) or _is_abuse(text)
