"""The tokenizer of a pretrained model with fewer tokens; a text made of the kept ones gets the same tokens as before.

WordPiece takes the longest piece that fits: a piece that is kept and was the longest still is. Byte-pair encoding joins
pairs in the order of its merges: with every token on the way to a kept one, and all merges between kept tokens, a word
made of kept tokens goes the same way. Unigram takes the most probable pieces: those that were best among all are best
among fewer. What a text with other tokens loses is spelt by its characters, which are kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from groundswell.errors import InputError
from groundswell.text.pretrained_tokens import PretrainedTokens

_NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_CARRIED = ("model_max_length", "padding_side", "truncation_side", "model_input_names", "clean_up_tokenization_spaces")


def smaller_vocabulary(tokens: PretrainedTokens, seen: Collection[int]) -> tuple[PretrainedTokens, list[int]]:
    """The tokens with these ids, special ones, and single characters; and the old id of each new one, in order.

    Raises InputError for a kind of tokenizer of which it is not known that texts keep their tokens.
    """
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    whole: dict[str, Any] = json.loads(tokens.tokenizer.backend_tokenizer.to_str())
    model = whole["model"]
    _check_kind(model)
    old_ids = _ids(model)
    names = {number: name for name, number in old_ids.items()}
    wanted = {names[number] for number in seen if number in names} | _always(model, old_ids)
    if model["type"] == "BPE":
        wanted = _with_parts(wanted, model)
    added = {found["id"] for found in whole["added_tokens"]}
    kept = sorted({old_ids[name] for name in wanted} | added)
    new_ids = {old: new for new, old in enumerate(kept)}
    _shrink(whole, {name: new_ids[old_ids[name]] for name in old_ids if old_ids[name] in new_ids}, new_ids)
    old = tokens.tokenizer
    smaller = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer.from_str(json.dumps(whole)),
        **{name: getattr(old, name) for name in _NAMED if getattr(old, name, None) is not None},
        **{name: getattr(old, name) for name in _CARRIED if getattr(old, name, None) is not None},
    )
    return PretrainedTokens(smaller), kept


def _check_kind(model: Mapping[str, Any]) -> None:
    kind, found = model["type"], ""
    if kind not in ("WordPiece", "BPE", "Unigram", "WordLevel"):
        found = f"a tokenizer of kind {kind}"
    elif kind == "BPE" and (model.get("continuing_subword_prefix") or model.get("end_of_word_suffix")):
        found = "byte-pair encoding with marks inside or behind words"
    if found:
        raise InputError(
            f"--vocabulary: found {found}, expected WordPiece, WordLevel, Unigram, or byte-pair encoding without "
            "marks: only there a text is known to keep its tokens. Leave the option out"
        )


def _ids(model: Mapping[str, Any]) -> dict[str, int]:
    """The number of each token; Unigram lists pieces with scores in the order of their numbers."""
    if model["type"] == "Unigram":
        return {name: number for number, (name, _) in enumerate(model["vocab"])}
    return dict(model["vocab"])


def _always(model: Mapping[str, Any], ids: Mapping[str, int]) -> set[str]:
    """Tokens that are kept whatever the texts hold: characters, bytes, the unknown one."""
    prefix = model.get("continuing_subword_prefix") or ""
    kept = {name for name in ids if len(name.removeprefix(prefix) if prefix else name) == 1}
    kept |= {name for name in ids if len(name) == 6 and name.startswith("<0x") and name.endswith(">")}
    if model["type"] == "Unigram":
        # What an unknown character costs is counted from the least probable piece.
        kept.add(min(model["vocab"], key=lambda piece: float(piece[1]))[0])
        if model["unk_id"] is not None:
            kept.add(model["vocab"][model["unk_id"]][0])
    elif model.get("unk_token") is not None:
        kept.add(model["unk_token"])
    return kept & ids.keys()


def _merges(model: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The pairs that are joined, in order; older files write each as one text."""
    pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"])
    return [(left, right) for left, right in pairs]


def _with_parts(wanted: Collection[str], model: Mapping[str, Any]) -> set[str]:
    """The tokens and every token on the way to one of them."""
    order = {merge: number for number, merge in enumerate(_merges(model))}
    found: set[str] = set()
    for token in wanted:
        parts = list(token)
        found |= {*parts, token}
        while len(parts) > 1:
            ranked = [(order[pair], place) for place, pair in enumerate(pairwise(parts)) if pair in order]
            if not ranked:
                break
            _, place = min(ranked)
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
            found.add(parts[place])
    return found & dict(model["vocab"]).keys()


def _shrink(whole: dict[str, Any], vocabulary: Mapping[str, int], new_ids: Mapping[int, int]) -> None:
    """Put the smaller vocabulary into the description of a tokenizer, in place."""
    model = whole["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [piece for number, piece in enumerate(model["vocab"]) if number in new_ids]
        model["unk_id"] = None if model["unk_id"] is None else new_ids[model["unk_id"]]
    else:
        model["vocab"] = dict(vocabulary)
    if model["type"] == "BPE":
        model["merges"] = [
            [left, right]
            for left, right in _merges(model)
            if left in vocabulary and right in vocabulary and left + right in vocabulary
        ]
    whole["added_tokens"] = [{**found, "id": new_ids[found["id"]]} for found in whole["added_tokens"]]
    whole["truncation"] = whole["padding"] = None
    if whole["post_processor"] is not None:
        _renumber(whole["post_processor"], new_ids)


def _renumber(processor: dict[str, Any], new_ids: Mapping[int, int]) -> None:
    """Give the special tokens around a text their new numbers, in place."""
    for inner in processor.get("processors", ()):
        _renumber(inner, new_ids)
    if processor["type"] == "TemplateProcessing":
        for found in processor["special_tokens"].values():
            found["ids"] = [new_ids[number] for number in found["ids"]]
    for name in ("sep", "cls"):  # BertProcessing and RobertaProcessing: a token and its number
        if isinstance(processor.get(name), list):
            processor[name][1] = new_ids[processor[name][1]]
