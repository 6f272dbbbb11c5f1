"""A language model from a recipe: texts become a corpus, the one loop trains on it, what comes out is measured."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from groundswell import assembly, run_folder, runtime
from groundswell.data.accounting import Accounting
from groundswell.data.corpus.building import DEV, REPORT, CorpusSettings, build_corpus
from groundswell.data.corpus.document_tokens import DocumentTokens, load_document_tokens
from groundswell.data.corpus.documents import TextSource
from groundswell.data.corpus.filters import NO_QUALITY, Quality
from groundswell.data.corpus.token_file import open_tokens
from groundswell.data.language_texts import LanguageTexts, read_language_texts
from groundswell.data.splits import Splits, source_sha256
from groundswell.errors import BaseModelError
from groundswell.language_objectives import Causal, Corpus, Masked, open_corpus
from groundswell.model.base_models import BaseModel, find_base_model
from groundswell.model.fresh_bert import fresh_bert
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.neural_lm.kinds import make_language_model
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.saved_lm import load_language_model
from groundswell.model.pretrained import load_encoder, load_tokenizer
from groundswell.model.saved_language_model import SavedLanguageModel, check_vocabulary
from groundswell.recipe import Recipe
