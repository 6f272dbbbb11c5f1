"""Text from our decoder with its cache beside `generate` of transformers on the same weights, by turns.

python benchmarks/generation_vs_transformers.py --tokens 200     tokens a second, greedy; both must write the same
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from rows import print_row

from groundswell.model.neural_lm.decoder import Decoder, DecoderSettings
from groundswell.model.neural_lm.generation import Limits, write
from groundswell.model.neural_lm.saved_lm import save_language_model
from groundswell.model.sampling import Sampling

NUM_TOKENS, WIDTH, LAYERS, HEADS, POSITIONS = 10_000, 256, 6, 8, 512
BEGIN_ID, END_ID = 2, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    ours = Decoder(DecoderSettings(NUM_TOKENS, WIDTH, LAYERS, HEADS, 8 * WIDTH // 3, POSITIONS)).eval()
    for part in ours.parameters():
        part.data += 0.05 * torch.randn_like(part)  # an untrained model repeats itself at once
    with tempfile.TemporaryDirectory() as folder:
        save_language_model(ours, Path(folder), begin_id=BEGIN_ID, end_id=END_ID)
        theirs: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
    start = torch.randint(4, NUM_TOKENS, (20,)).tolist()
    limits = Limits(options.tokens, END_ID, (END_ID,))
    speeds: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(options.turns + 1):
        began = time.perf_counter()
        written = write(ours, start, limits, Sampling(temperature=0))
        middle = time.perf_counter()
        with torch.inference_mode():
            found = theirs.generate(
                torch.tensor([start]), do_sample=False, max_new_tokens=options.tokens, min_new_tokens=options.tokens,
                pad_token_id=0, attention_mask=torch.ones(1, len(start), dtype=torch.int64),
            )  # fmt: skip
        ended = time.perf_counter()
        same = found[0, len(start) :].tolist() == list(written.token_ids)
        if not same:
            raise SystemExit("the two texts differ, so their speeds do not compare")
        if turn:  # the first turn warms up
            speeds["ours"].append(options.tokens / (middle - began))
            speeds["theirs"].append(options.tokens / (ended - middle))
    ratios = [mine / other for mine, other in zip(speeds["ours"], speeds["theirs"], strict=True)]
    print_row(
        "generation_vs_transformers", tokens=options.tokens, ratio=round(statistics.median(ratios), 2),
        each=[round(ratio, 2) for ratio in ratios],
        tokens_per_second={name: [round(one, 1) for one in found] for name, found in speeds.items()},
        shape={"vocabulary": NUM_TOKENS, "width": WIDTH, "layers": LAYERS, "heads": HEADS},
    )  # fmt: skip


if __name__ == "__main__":
    main()
