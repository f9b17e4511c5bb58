"""Which topic a question belongs to: learnt weights, then a gate for what is no mail question."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from bot.knowledge.data import read_data, read_table
from bot.knowledge.entities import Entities, find_entities
from bot.knowledge.features import BEGINNING, concepts, features, sentences, words_of
from bot.knowledge.outside import flat, is_outside
from bot.knowledge.words import WORD, nearest
from bot.model.value import frozen, replace
from bot.typed import Any

REMEMBERED_WORDS = 10_000
SHARPNESS = 6.0
PRIOR = 0.8
# From which chance of off-topic on a text is declined, by how plainly it speaks of mail (see
# `speaks_of_mail`). Found by cross-validation: declining wrongly costs as much as answering wrongly,
# and nearly all texts that speak of mail are for us; 3 stands for texts with a reply code or the name
# of a mail server's program.
DECLINE_FROM = (0.01, 0.15, 0.6, 0.97)
# How sure of its topic a text must be to be answered, by the same measure.
SURE_WITH = (0.8, 0.6, 0.0, 0.0)
KNOWN_ERROR = 0.9
UNSURE_TOPIC = 0.45  # below this the words of an error, if there are any, say more
CERTAIN = 0.97  # from this chance of off-topic on not even the words of an error help
MENTIONED = 0.04  # below this chance of being the topic a provider is only scenery
SURE_REQUEST = 0.6  # from when words of a request that no rule understood are asked back about
OF_WHOLE = 0.6  # weight of the whole text beside its clearest sentence
# Weight of the whole text beside the sentences that ask, by how many sentences tell something.
OF_STORY = (1.0, 1.0, 0.9, 0.5, 0.3)
TEMPERATURE = 1.7  # the learnt chances are too bold by this; found by cross-validation
REQUESTS = frozenset(
    (
        "probe-request",
        "settings-request",
        "watch-request",
        "report-request",
        "history-request",
        "keys-request",
    )
)


# General topics that give way to the settings of a provider that is named.
_YIELDS_TO_PROVIDER = frozenset(
    (
        "submission-port",
        "port-25",
        "port-465",
        "port-587",
        "port-2525",
        "imap-ports",
        "pop3-ports",
        "imap-vs-pop3",
        "smtp-basics",
        "starttls-vs-implicit",
        "ssl-vs-tls",
        "blocked-port",
        "self-hosting",
        "autodiscovery",
    )
)
# Services that do nothing but send mail.
_SENDERS = frozenset(
    (
        "ses",
        "sendgrid",
        "mailgun",
        "postmark",
        "brevo",
        "mailjet",
        "resend",
        "sparkpost",
        "mailtrap",
        "smtp2go",
        "mandrill",
    )
)
# Ideas that only mail has: one of them is enough.
_MAIL_IDEAS = frozenset(
    ("apppw", "mtasts", "dane", "tlsrpt", "keyfind", "sieve", "startt", "smtp", "imap", "pop", "relayh")
)


@frozen
class Guess:
    """A topic and how sure (0 to 1); `others` are the next best, each with its own chance."""

    topic: str
    confidence: float
    others: tuple[tuple[str, float], ...] = ()


class Classifier:
    """Weights by feature, read once."""

    def __init__(self, data: Mapping[str, object]) -> None:
        self.topics: list[str] = data["topics"]  # type: ignore[assignment]  # our own file
        self._weights: dict[str, str] = data["weights"]  # type: ignore[assignment]
        self._vocabulary = f" {data['vocabulary']} "
        self._corrected: dict[str, str] = {}

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for word in sorted(set(self._vocabulary.split())):
            if len(word) > 3:
                found.setdefault(len(word), []).append(word)
        return found

    def _weights_of(self, name: str) -> str | None:
        alike = self._weights.get(name[:BEGINNING], "")
        start = alike.find(f"|{name}=") + len(name) + 2
        return alike[start : alike.index("|", start)] if start > len(name) + 1 else None

    def correct(self, word: str) -> str:
        """The known word that a mistyped one most likely is; itself when there is none."""
        if len(word) < 5 or len(word) > 16 or not word.isalpha():
            return word
        known = self._corrected.get(word)
        if known is None:
            # Looked up in the text as it was read: making a set of it costs more than a question's words.
            known = word if f" {word} " in self._vocabulary else nearest(word, self._by_length) or word
            if len(self._corrected) >= REMEMBERED_WORDS:
                self._corrected.clear()
            self._corrected[word] = known
        return known

    def scores(self, names: Iterable[str]) -> list[float]:
        """A score per topic, as the weights were learnt for."""
        totals = [0.0] * len(self.topics)
        count = 0
        for name in dict.fromkeys(names):
            row = self._weights_of(name)
            if row is None:
                continue
            count += 1
            for pair in row.split(" "):
                position, _, weight = pair.partition(":")
                totals[int(position)] += int(weight)
        norm = SHARPNESS / (100 * math.sqrt(count or 1))
        return [total * norm for total in totals]


@cache
def classifier() -> Classifier:
    """The classifier of `model.json`."""
    return Classifier(json.loads(read_data("model.json")))


def ranked(text: str, entities: Entities, model: Classifier | None = None) -> list[tuple[float, str]]:
    """Topics with their probability, best first; what the entities rule out is left out.

    A long message is judged whole and by sentence; the clearest sentence counts as much as the whole.
    """
    model = model or classifier()
    parts = _telling(text, model)
    if parts:
        entities = replace(entities, marked=" . ".join(inside.marked for _, inside in parts))
    words = words_of(entities.marked, model.correct)
    scores = model.scores(features(words, entities))
    _add_priors(scores, words, entities, model)
    if len(parts) > 1 and len(words) > 10:
        scores = _with_sentences(scores, parts, model)
    return _normal(
        [
            (score, topic)
            for score, topic in zip(scores, model.topics, strict=True)
            if _possible(topic, entities)
        ]
    )


def _telling(text: str, model: Classifier) -> list[tuple[str, Entities]]:
    """The sentences that speak of mail, each with what it names: greetings and stories around them go."""
    parts = sentences(text)
    if len(parts) < 2:
        return []
    read = [(part, find_entities(part)) for part in parts]
    return [pair for pair in read if speaks_of_mail(pair[1], model)]


def _add_priors(scores: list[float], words: list[str], entities: Entities, model: Classifier) -> None:
    priors = _tables()["priors"]
    for idea in concepts(words):
        for topic, bonus in priors.get(idea, {}).items():
            if topic in model.topics:
                scores[model.topics.index(topic)] += PRIOR * bonus


_ASKING = (  # compiled when first used, as the others are
    r"[?\u00bf]|^\W*(?:so |and |but |y |pero )?(?:which|what|why|how|where|when|who|is|are|does|do|did|can|could|should|would|will|may|any|has"
    r"|que|cual|cuales|por que|como|donde|cuando|quien|puedo|puede|debo|deberia|hay|es|sirve|necesito|quiero|i (?:need|want|would like)|need|looking for|please|help)\b"
)


def _with_sentences(whole: list[float], parts: list[tuple[str, Entities]], model: Classifier) -> list[float]:
    """Scores in which what is asked says more than the story around it."""
    asked = [inside for _, inside in parts if re.search(_ASKING, inside.marked.strip())]
    if not asked:
        return _clearest(whole, [inside for _, inside in parts], model)
    share = OF_STORY[min(len(parts), len(OF_STORY) - 1)]
    mixed = _mixed(whole, asked, share, model)
    return mixed if len(asked) == 1 and len(parts) > 2 else _clearest(mixed, asked, model)


def _mixed(whole: list[float], asked: list[Entities], share: float, model: Classifier) -> list[float]:
    inside = replace(asked[0], marked=" . ".join(one.marked for one in asked))
    words = words_of(inside.marked, model.correct)
    told = model.scores(features(words, inside))
    _add_priors(told, words, inside, model)
    return [share * score + (1 - share) * main for score, main in zip(whole, told, strict=True)]


def _clearest(whole: list[float], parts: list[Entities], model: Classifier) -> list[float]:
    best = [-math.inf] * len(whole)
    for inside in parts:
        scores = model.scores(features(words_of(inside.marked, model.correct), inside))
        best = [max(pair) for pair in zip(best, scores, strict=True)]
    off = model.topics.index("off-topic") if "off-topic" in model.topics else -1
    return [
        score if position == off else OF_WHOLE * score + (1 - OF_WHOLE) * clear
        for position, (score, clear) in enumerate(zip(whole, best, strict=True))
    ]


def _normal(scored: list[tuple[float, str]]) -> list[tuple[float, str]]:
    top = max(score for score, _ in scored)
    powers = [(math.exp(score - top), topic) for score, topic in scored]
    total = sum(power for power, _ in powers)
    return sorted(((power / total, topic) for power, topic in powers), reverse=True)


def _possible(topic: str, entities: Entities) -> bool:
    if topic == "provider":
        return bool(entities.providers)
    if topic == "keys-request":
        return bool(entities.addresses)
    if topic in REQUESTS and topic not in ("watch-request", "report-request"):
        return bool(entities.targets or entities.addresses or entities.provider_hosts)
    return True


def _tables() -> dict[str, Any]:
    return read_table("entities.json")


@cache
def _gate() -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(_tables()["evidence"]), frozenset(_tables()["weak"])


def speaks_of_mail(entities: Entities, model: Classifier | None = None) -> int:
    """2 when a text plainly is about mail, 1 when it may be, 0 when nothing says so."""
    strong, weak = _gate()
    correct = (model or classifier()).correct
    words = {correct(word) for word in WORD.findall(entities.marked)} | set(WORD.findall(entities.marked))
    codes = () if entities.elsewhere else entities.codes  # a gateway's 502 is none of SMTP's
    named = entities.providers or entities.clouds or entities.isps or codes
    if set(concepts(list(WORD.findall(entities.marked)))) & _MAIL_IDEAS or "@blocklist" in words:
        return 2
    if any(_stands_in(term, entities.marked) for term in _tables()["terms"]):
        return 2
    if words & strong or named or any(word[:2] == "@p" and word[2:].isdigit() for word in words):
        return 2
    return 1 if words & weak or entities.targets else 0


def _is_known_error(text: str) -> bool:
    """Whether a text holds what a mail program or server says when something fails."""
    from bot.knowledge.explain import is_known  # seldom needed: of what is unsure or would be declined

    return is_known(text, KNOWN_ERROR)


def _is_of_the_trade(entities: Entities, model: Classifier | None) -> bool:
    """Whether a reply code, a mail server's program or a sending service stands in a text."""
    if entities.codes or _SENDERS & set(entities.providers):
        return True
    return "mtaprog" in concepts(words_of(entities.marked, (model or classifier()).correct))


def _stands_in(term: str, text: str) -> bool:
    start = text.find(term)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(term) : start + len(term) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        start = text.find(term, start + 1)
    return False


def classify(text: str, entities: Entities, model: Classifier | None = None) -> Guess:
    """The topic of a question, with what is no mail question told apart."""
    order = ranked(text, entities, model)
    topic = order[0][1]
    plain = speaks_of_mail(entities, model)
    if entities.ranges or (entities.elsewhere and plain < 2):
        return Guess("off-topic", 0.95)
    if is_outside(entities):
        return Guess("off-topic", 0.9)
    told = _calibrated(order)
    if told[0][0] in REQUESTS and told[0][1] < SURE_REQUEST:
        order = [pair for pair in order if pair[1] not in REQUESTS]
        topic = order[0][1]
    if topic not in REQUESTS and _declines(order, 3 if _is_of_the_trade(entities, model) else plain):
        if plain and order[0][0] < CERTAIN and _is_known_error(text):
            return Guess("error-diagnosis", 0.7, tuple(told[:1]))
        return Guess("off-topic", max(0.6, 1 - told[0][1] if topic != "off-topic" else told[0][1]))
    told = [
        pair
        for pair in told
        if pair[0] != "off-topic" and (pair[0] not in REQUESTS or pair[1] >= SURE_REQUEST)
    ]
    if told[0][1] < UNSURE_TOPIC and plain and _is_known_error(text):
        return Guess("error-diagnosis", 0.6, tuple(told[:2]))
    topic, chance = told[0]
    if topic != "provider" and entities.providers and _asks_for_settings(topic, order, entities, model):
        return Guess("provider", max(0.6, 1 - chance), tuple(told[:1]))
    return Guess(topic, chance, tuple(told[1:3]))


def _calibrated(order: list[tuple[float, str]]) -> list[tuple[str, float]]:
    """Topics with chances that come true as often as they say, best first."""
    powers = [(topic, chance ** (1 / TEMPERATURE)) for chance, topic in order]
    total = sum(power for _, power in powers)
    return [(topic, power / total) for topic, power in powers]


def _declines(order: list[tuple[float, str]], plain: int) -> bool:
    """Whether the chance that a text is not for us is too high."""
    off = next((chance for chance, topic in order if topic == "off-topic"), 0.0)
    best = next((chance for chance, topic in order if topic != "off-topic"), 0.0)
    return off >= DECLINE_FROM[plain] or best < SURE_WITH[plain]


# What 2525 is asks nobody for a provider's settings, though providers are why it is asked.
_MENTIONED = {"port-2525": 0.3}
# A provider's names that are also a cloud's or a network's.
_ALSO_CLOUDS = frozenset(("ovh", "ionos", "oracle", "comcast", "other"))
# The server is the asker's own, or the trouble is the network's.
_OWN_SERVER = (
    r"\b(?:my|our|mi|nuestr[oa]) (?:own |propio )?(?:mail ?|postfix |exim )?(?:server|servidor|mta|mx)\b.*\b(?:to|with|for|a|con|de) @prov"
    r"|@prov (?:deliver|send|connect|entrega|envia|conecta)\w* .*\b(?:my|our|mi|nuestr)"
)
_NETWORK = r"\b(?:telnet|nc|hangs?|timed out|times? out|reach|network|red|no responde|se queda|se agota|agota|wifi|router|office|oficina)\b"


def _asks_for_settings(
    topic: str, order: list[tuple[float, str]], entities: Entities, model: Classifier | None
) -> bool:
    """Whether the settings of the provider that is named are the better answer."""
    likely = next((chance for chance, other in order if other == "provider"), 0.0)
    if topic in _YIELDS_TO_PROVIDER - {"blocked-port"} and likely < _MENTIONED.get(topic, MENTIONED):
        return False
    ideas = set(concepts(words_of(entities.marked, (model or classifier()).correct)))
    server_side = bool(ideas & {"server2server", "roles", "mtaprog", "ownserver", "path"}) or bool(
        re.search(_OWN_SERVER, flat(entities))
    )
    if topic in ("relayhost", "error-diagnosis"):
        return "settings" in ideas and not server_side and not (topic == "error-diagnosis" and entities.codes)
    if server_side:
        return False
    if topic == "cloud-port-25":
        return bool(set(entities.providers) - _ALSO_CLOUDS)
    if topic == "blocked-port":
        return not re.search(_NETWORK, flat(entities)) and "relayh" not in ideas
    return topic in _YIELDS_TO_PROVIDER and "relayh" not in ideas and not entities.clouds
