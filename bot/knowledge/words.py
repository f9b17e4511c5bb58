"""Words of questions: folding, splitting, stemming and the language they are in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.typed import Literal

_FOLD = str.maketrans(
    "áàâäãåéèêëíìîïóòôöõúùûüñçÁÀÂÄÃÅÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇ‘’“”´`–—\u00a0",
    "aaaaaaeeeeiiiiooooouuuuncaaaaaaeeeeiiiiooooouuuunc''\"\"''-- ",
)
WORD = re.compile(r"@[a-z0-9]+|[a-z]+[0-9]+[a-z0-9]*|[a-z]+(?:'[a-z]+)?|[0-9]+")
MAX_STEM = 7

# Longest first; what is left must keep at least four letters. English and Spanish together:
# a question may mix them, and a stem only has to be the same for the same word, not pretty.
_SUFFIXES = tuple(
    """
    aciones iciones uciones amiento imiento ations ation ating ition acion icion ando iendo adas idas
    ados idos ada ida ado ido aban aron ieron amos emos ings ing ied ies edly ed ers er or ores es os
    as ar ir en an al ly o a e s
    """.split()  # noqa: SIM905  # hundreds of words read better as text
)

_ES = frozenset(
    """
    el la los las un una unos unas de del al que y o en con por para es son esta estan como cual
    cuales cuando donde quien cuanto cuantos debo puedo puede uso usa usar usan mi mis tu su sus se me
    te lo le no si hay pero mas muy desde hasta sin sobre entre ya porque qe pa q k cada servidor
    puerto puertos correo correos correro enviar mando mandar envio envia recibir contrasena
    contrasenas cifrado cifra cifrar seguro segura bloquea bloqueado proveedor hola gracias buenos
    buenas dias este esto esa ese eso cuesta necesito necesita quiero quiere tengo tiene diferencia
    funciona configuro configurar configuracion sirve significa siempre hoy ahora mejor clave claves
    dominio registro mensaje cuenta usuario salida entrada abrir abierto abro cerrar revisa comprueba
    prueba vigila avisame informe historial muestra dame busca dime haz datos sale da salen llega
    llegan llegar fallo falla error rebota nube empresa red casa gratis ayuda ayudame
    """.split()  # noqa: SIM905  # hundreds of words read better as text
)
_EN = frozenset(
    """
    the a an of to in on for with and or is are was does do did can could should would will which what
    why how when where who my our your their its it i we you they this that these those not if but
    from by at as be been have has had need use using used between about me us any there please port
    ports server mail email emails send sending receive check watch tell show find every get make
    why's what's isn't doesn't can't don't i'm it's over after before than then still only all one two
    through settings password encrypted blocked works work working difference explain thanks hello hi
    hey good morning
    """.split()  # noqa: SIM905  # hundreds of words read better as text
)
# Words of both, or of neither: ports, protocols, names.
_SHARED = frozenset(
    """
    a no me es as el port mail email server error se so on an do son has he al u hotmail smtp imap pop
    pop3 tls ssl starttls test host
    """.split()  # noqa: SIM905  # hundreds of words read better as text
)


def fold(text: str) -> str:
    """Lower case without accents; as long as what it was made from."""
    text = text.translate(_FOLD)
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def stem(word: str) -> str:
    """A word without its ending, at most seven letters of it."""
    if len(word) > 4 and word.isalpha():
        for suffix in _SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= 4:
                word = word[: -len(suffix)]
                break
    return word[:MAX_STEM]


def detect_language(text: str) -> Literal["en", "es"] | None:
    """The language of a text when it is clearly English or Spanish, else None."""
    if "¿" in text or "¡" in text or "ñ" in text.lower():
        return "es"
    words = re.findall(r"[a-z]+(?:'[a-z]+)?", fold(text))
    spanish = sum(0.4 if word in _SHARED else 1.0 for word in words if word in _ES)
    english = sum(0.4 if word in _SHARED else 1.0 for word in words if word in _EN)
    spanish += 0.7 * len(re.findall(r"[áéíóú]", text.lower())) + 0.5 * sum(map(_looks_spanish, words))
    english += 0.3 * sum(word.endswith(("ing", "tion", "ght", "'s", "n't")) for word in words)
    if spanish >= english + 0.3:
        return "es"
    if english >= spanish + 0.3:
        return "en"
    return None


def _looks_spanish(word: str) -> bool:
    return len(word) > 5 and word.endswith(
        ("cion", "ciones", "mente", "idad", "ando", "iendo", "arlo", "ado", "ados")
    )


# Common words of languages that are not answered in, without those that English or Spanish share.
_OTHERS = tuple(
    frozenset(words.split())
    for words in (
        "welchen welcher welche welches ich und ist nicht wie warum soll kann mein meine meinen fur mit ein eine einen auf verwenden senden versenden der die das uber zum zur wird bitte nutzen kein keine",
        "quel quelle quels quelles je pour est dois utiliser mon ma mes pourquoi une avec sur ne pas envoyer les des du peux comment faut vous nous dans qui",
        "quale quali che sono della il per posta porta come perche uso mio mia devo non gli una con inviare posso cosa server",
        "qual quais nao voce meu minha porta portas uma em com devo usar enviar mails posso sao como da do dos das porque",
        "welke poort ik het een van voor niet mijn hoe waarom moet gebruiken verzenden wat zijn naar mijn kan",
        "jaki jaka jest nie czy dla moj moja poczty serwer wysylania uzyc jak dlaczego port",
    )
)


def other_language(text: str) -> bool:
    """Whether a text plainly is in a language other than English and Spanish."""
    letters = [character for character in text if character.isalpha()]
    if letters and sum(character > "\u024f" for character in letters) > len(letters) / 2:
        return True
    words = re.findall(r"[a-z]+", fold(text.replace("\u00df", "ss")))
    known = [word for word in words if word not in _SHARED]
    for theirs in _OTHERS:
        only = sum(word in theirs and word not in _EN and word not in _ES for word in known)
        ours = sum((word in _EN or word in _ES) and word not in theirs for word in known)
        if only >= 2 and len({word for word in words if word in theirs}) >= 3 and only > ours:
            return True
    return False


def nearest(word: str, known: dict[int, list[str]]) -> str | None:
    """The first known word that one slip of the fingers leads to; see `slips`."""
    return next(slips(word, known), None)


def slips(word: str, known: dict[int, list[str]]) -> Iterator[str]:
    """The known words that one slip of the fingers away: one letter more, less, other, or two swapped.

    Args:
        known: Words by their length.
    """
    size = len(word)
    for length in (size, size + 1, size - 1):
        for candidate in known.get(length, ()):
            if (
                candidate[0] == word[0] or candidate[1:3] == word[1:3] or candidate[:2] == word[1::-1]
            ) and _one_slip(word, candidate):
                yield candidate


def _one_slip(left: str, right: str) -> bool:
    if len(left) > len(right):
        left, right = right, left
    start = 0
    while start < len(left) and left[start] == right[start]:
        start += 1
    if len(left) < len(right):
        return left[start:] == right[start + 1 :]
    if left[start + 1 :] == right[start + 1 :]:
        return True
    swapped = left[start : start + 2][::-1] == right[start : start + 2]
    return swapped and left[start + 2 :] == right[start + 2 :]
