"""What a neural language model answers: the next token, the parts of a sentence, a text that goes on."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from groundswell.data.corpus.document_tokens import DocumentTokens
from groundswell.model.language_answers import Generated, NextWords, Part, Sentence
from groundswell.model.neural_lm.generation import Limits, beam_search, write
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.sampling import Sampling
from groundswell.model.text_surprise import text_surprises
from groundswell.text.subwords import WORD_MARK

END = "</s>"
_SHOWN_BEFORE = 3


class NeuralAnswers:
    """Answers of a model by its tokens; texts come cleaned."""

    def __init__(self, model: LanguageModel, tokens: DocumentTokens) -> None:
        self.model, self.tokens = model, tokens
        self._unknown_id = -1 if tokens.unknown_id is None else tokens.unknown_id
        self._marked = any(piece.startswith(WORD_MARK) for piece in tokens.pieces)

    @torch.inference_mode()
    def next_words(self, text: str, count: int) -> NextWords:
        """The `count` likeliest next tokens after the beginning of a text."""
        ids = self._begun(text)
        read = ids if self.model.positions is None else ids[-self.model.positions :]
        device = self.model.output.weight.device
        logits = self.model.output(self.model.states(torch.tensor([read], device=device))[:, -1]).double()
        probs = logits.softmax(dim=1)[0].cpu()
        never = [number for number in self.tokens.special_ids if number not in self._shown]
        probs[never] = 0
        best, numbers = probs.topk(min(count, len(probs) - len(never)))
        words = tuple(
            (self._named(number), chance) for number, chance in zip(numbers.tolist(), best.tolist(), strict=True)
        )
        return NextWords(words, self._unknown(text), len(ids) - len(read))

    def sentence(self, text: str) -> Sentence:
        """The probability of each token of a text and of its end."""
        ids = self.tokens.ids([text])[0]
        costs = text_surprises(self.model, [ids])[0]
        names = ["<s>", *(self._named(number) for number in ids[1:])]
        parts = []
        for place, cost in enumerate(costs.tolist(), start=1):
            before = names[max(0, place - _SHOWN_BEFORE) : place]
            context = before if place <= _SHOWN_BEFORE else ["…", *before]
            known = ids[place] != self.tokens.unknown_id
            parts.append(Part(names[place], known, tuple(context), -cost / math.log(10)))
        return Sentence(tuple(parts))

    def generate(
        self, start: str, num_tokens: int, sampling: Sampling, on_text: Callable[[str], None] = lambda text: None
    ) -> Generated:
        """Up to `num_tokens` tokens that go on with a text; `on_text` is called with what is new as it comes."""
        ids = self._begun(start)
        written = self.tokens.text(ids[1:])
        new: list[int] = []
        shown = len(written)

        def tell(token: int) -> None:
            nonlocal shown
            new.append(token)
            text = self.tokens.text([*ids[1:], *new])
            if not text.endswith("\ufffd"):  # a character whose last bytes are still to come
                on_text(text[shown:])
                shown = len(text)

        found = write(self.model, ids, self._limits(num_tokens), sampling, tell)
        return self._generated(start, ids, found.token_ids, found.ended, found.unread)

    def search(self, start: str, num_tokens: int, beams: int) -> Generated:
        """The best text of a beam search."""
        ids = self._begun(start)
        best = beam_search(self.model, ids, self._limits(num_tokens), beams=beams)[0]
        return self._generated(start, ids, best.token_ids, best.ended, best.unread)

    @property
    def _shown(self) -> set[int | None]:
        return {self.tokens.end_id, self.tokens.unknown_id}

    def _generated(self, start: str, ids: list[int], new: tuple[int, ...], ended: bool, unread: int) -> Generated:
        text = self.tokens.text([*ids[1:], *new])
        return Generated(text, tuple(map(self._named, new)), ended, self._unknown(start), unread)

    def _limits(self, num_tokens: int) -> Limits:
        forbidden = tuple(sorted(self.tokens.special_ids - {self.tokens.end_id}))
        return Limits(num_tokens, self.tokens.end_id, forbidden)

    def _begun(self, text: str) -> list[int]:
        """The ids of the beginning of a text, without the mark of its end."""
        return self.tokens.ids([text])[0][:-1]

    def _unknown(self, text: str) -> tuple[str, ...]:
        """The different pieces of a text that no token knows, as they come."""
        ids, places = self.tokens.tokens.located([text])[0]
        found = [text[slice(*place)] for number, place in zip(ids, places, strict=True) if number == self._unknown_id]
        return tuple(dict.fromkeys(found))

    def _named(self, number: int) -> str:
        """A token for people: `room`, `…s`, `</s>`."""
        if number == self.tokens.end_id:
            return END
        piece = self.tokens.pieces[number]
        if not self._marked:
            return piece
        return piece.removeprefix(WORD_MARK) or piece if piece.startswith(WORD_MARK) else f"…{piece}"
