"""The sections of a recipe: every key with its default, its range and its meaning."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from groundswell.recipe_corpus import CorpusSection, LanguageModelSection
from groundswell.recipe_defaults import BASELINES, LANGUAGE_SHAPES, SHAPES
from groundswell.recipe_fields import LabelName, Number, Section, Whole

CleaningStep = Literal[
    "html",
    "urls",
    "user_names",
    "control_characters",
    "repeated_characters",
    "full_width",
    "traditional_to_simplified",
    "lower_case",
    "blanks",
]
HeadTask = Literal["single_label", "multi_label", "regression", "opinions"]
Task = Literal["single_label", "multi_label", "regression", "opinions", "multi_task", "language_model"]
Element = Literal["aspect", "opinion", "category", "polarity"]
Pooling = Literal["mean", "cls", "last", "max", "attention"]
Truncation = Literal["head", "tail", "head_tail", "windows"]
TuningMethod = Literal["full", "head", "lora"]
LossName = Literal["auto", "cross_entropy", "focal", "bce", "mse", "opinions", "language_model"]
Precision = Literal["auto", "float32", "bfloat16"]
FindingName = Literal["behaviour", "errors", "evidence", "robustness"]
Tracker = Literal["tensorboard", "wandb", "mlflow"]
TokenKind = Literal["words", "jieba", "characters", "blanks", "bpe", "unigram"]


class DataSection(Section):
    """Which rows are read, and how they are split."""

    train: str = Field(min_length=1, description="file, `-`, `sample:en`, `hub:owner/name#split`, or `FILE#split`")
    dev: str | None = Field(None, description="without it a seeded share of train is held out")
    test: str | None = Field(None, description="measured once, after training")
    text: str = Field("text", min_length=1, description="column of the text")
    label: str = Field("label", min_length=1, description="column of the label")
    id: str | None = Field(
        None, description="column of the id; without it `id` where there is one, else the row number"
    )
    group: str | None = Field(None, description="column whose equal values stay in one split")
    time: str | None = Field(None, description="column of an ISO 8601 time")
    split_column: str = Field("split", description="column that `FILE#name` selects on")
    split: Literal["stratified", "group", "time", "text"] = Field(
        "stratified",
        description="how dev is held out of train; text: by the text itself, as heads do by default",
    )
    dev_share: Number = Field(0.1, gt=0, lt=1, description="share of train held out when `dev` is missing")
    limit: Whole | None = Field(None, ge=2, description="number of training rows, a seeded stratified draw")
    labels: dict[LabelName, LabelName] = Field(default_factory=dict, description="label in the file -> name it gets")
    format: str | None = Field(None, description="of opinions, such as aste or acos; without it it is detected")
    repair: bool = Field(False, description="opinions whose offsets are wrong are put where their words stand")
    encoding: str | None = Field(None, description="without it the encoding is detected")
    max_characters: Whole = Field(1_000_000, ge=1, description="longer texts are dropped and counted")
    max_bad_share: Number = Field(0.01, ge=0, le=1, description="share of unreadable rows above which reading stops")
    overlap: Literal["warn", "refuse", "ignore"] = Field("warn", description="texts shared by two splits")

    @model_validator(mode="after")
    def split_has_its_column(self) -> Self:
        for kind, column in (("group", self.group), ("time", self.time)):
            if self.dev is None and self.split == kind and column is None:
                raise ValueError(f"split={kind!r} needs data.{kind}: set it to the column of the {kind}")
        return self


class TextSection(Section):
    """What happens to a text before the encoder; nothing happens that is not written here."""

    cleaning: tuple[CleaningStep, ...] = Field((), description="steps, in this order")
    max_tokens: Whole = Field(256, ge=8, le=1_000_000, description="tokens per text (per window), specials included")
    truncation: Truncation = Field("head", description="which part of a longer text is read")
    window_overlap: Whole = Field(32, ge=0, description="tokens shared by neighbouring windows")
    tokens: TokenKind | None = Field(None, description="of an encoder trained from scratch; default: words")
    min_count: Whole | None = Field(None, ge=1, description="rarer tokens are unknown (from scratch); default: 2")
    vocabulary_size: Whole | None = Field(None, ge=3, description="most tokens (from scratch); default: 30000")
    user_dictionary: str | None = Field(None, description="file of words that jieba keeps whole, one a line")

    @model_validator(mode="after")
    def windows_move_on(self) -> Self:
        if self.truncation == "windows" and self.window_overlap > self.max_tokens // 2:
            raise ValueError(
                f"window_overlap={self.window_overlap} is more than half of max_tokens={self.max_tokens}; "
                "lower text.window_overlap or raise text.max_tokens"
            )
        return self


class ScratchSection(Section):
    """The shape of an encoder trained from scratch; each encoder reads the keys that concern it."""

    width: Whole | None = Field(None, ge=1, le=4096, description="of a token's vector; default: bag 64, others 128")
    hidden: Whole | None = Field(None, ge=1, le=4096, description="of a recurrent state, each way; default: 128")
    layers: Whole | None = Field(None, ge=1, le=48, description="recurrent: default 1; transformer: default 2")
    bidirectional: bool | None = Field(None, description="recurrent: read from both ends; default: true")
    heads: Whole | None = Field(None, ge=1, description="of the transformer's attention; default: 4")
    filters: Whole | None = Field(None, ge=1, le=4096, description="cnn: of each kernel size; default: 128")
    kernel_sizes: tuple[Annotated[Whole, Field(ge=1, le=64)], ...] | None = Field(
        None, min_length=1, description="cnn: tokens that a filter sees; default: 3, 4, 5"
    )
    ngrams: Whole | None = Field(None, ge=1, le=5, description="bag: longest n-gram with a vector; default: 2")
    buckets: Whole | None = Field(None, ge=1, description="bag: vectors that all n-grams share; default: 200000")
    token_dropout: Number | None = Field(
        None, ge=0, lt=1, description="share of tokens that read as unknown while training; default: 0"
    )
    vectors: str | None = Field(None, description="file of word vectors to start from, in word2vec's format")
    static: bool | None = Field(None, description="token vectors are never tuned; default: false")
    window: Whole | None = Field(None, ge=1, le=64, description="window: tokens that are read; default: 4")
    tied: bool | None = Field(
        None, description="language models: one matrix reads tokens and predicts them; default: true"
    )


class LinearSection(Section):
    """A baseline: features of a text and how they are weighed; each baseline reads the keys that concern it."""

    ngrams: Whole | None = Field(None, ge=1, le=6, description="longest n-gram; default: nb_svm 3, others 2")
    weighting: Literal["binary", "counts", "tfidf"] | None = Field(
        None, description="of an n-gram; default: tfidf, naive_bayes and nb_svm binary"
    )
    strength: Number | None = Field(
        None, gt=0, description="of the fit against the penalty on weights; default: 10, nb_svm 1, linear_svm 0.5"
    )
    lexicon: str | None = Field(None, min_length=1, description="`en`, `zh`, or a CSV file: word, kind, value")


class OpinionsSection(Section):
    """What of an opinion is looked for (task: opinions)."""

    elements: tuple[Element, ...] = Field(
        ("aspect", "opinion", "polarity"), min_length=1, description="what tells two opinions apart"
    )
    finder: Literal["spans", "tags", "given"] = Field(
        "spans",
        description="spans: every piece of a text for itself; tags: B I O under a conditional random field; given: "
        "aspects come with the text",
    )
    units: Literal["words", "clauses"] = Field(
        "words", description="what a span is made of: words, or one whole clause, as for emotions and their causes"
    )
    intensity: bool = Field(False, description="how strong each opinion is, from 0 to 1, is learned too")
    longest_span: Whole | None = Field(
        None, ge=1, le=64, description="in tokens; without it the shortest that holds 99.5 % of the training spans"
    )

    @model_validator(mode="after")
    def elements_are_in_order(self) -> Self:
        if "aspect" not in self.elements and "opinion" not in self.elements:
            raise ValueError(f"elements={list(self.elements)} names no span; add aspect or opinion")
        if self.finder == "given" and tuple(self.elements) != ("aspect", "polarity"):
            raise ValueError(f"finder='given' goes with elements=['aspect', 'polarity'], found {list(self.elements)}")
        order = [name for name in ("aspect", "opinion", "category", "polarity") if name in self.elements]
        if list(self.elements) != order:
            raise ValueError(f"elements={list(self.elements)}: expected each once and in this order: {order}")
        return self


class HeadModelSection(Section):
    """How the states of a text are read; each head of a multi-task recipe may do it its own way."""

    pooling: Pooling = Field(
        "mean", description="how a text's states become one vector; default: cnn max, recurrent attention, else mean"
    )
    head_dropout: Number = Field(0.1, ge=0, lt=1, description="on the pooled vector while training")
    label_thresholds: Literal["half", "dev"] = Field(
        "half", description="multi label: from which probability on a label is given; dev: the best for its F1 there"
    )
    opinions: OpinionsSection = OpinionsSection()


class ModelSection(HeadModelSection):
    """Which encoder reads the text and how its states become one vector."""

    encoder: str = Field(
        "minilm",
        min_length=1,
        description="`minilm`, a local folder (also of a run), or a hub name; from scratch: bag, cnn, rnn, lstm, gru, "
        "transformer; a baseline: majority, lexicon, naive_bayes, nb_svm, logistic_regression, linear_svm; language "
        "models from scratch: window, rnn, lstm, gru, decoder, bert",
    )
    revision: str | None = Field(None, description="branch, tag or commit of a hub model")
    dropout: Number = Field(0.0, ge=0, lt=1, description="inside the encoder while training")
    layers: Whole | None = Field(None, ge=1, description="of a pretrained encoder only the lowest so many layers")
    scratch: ScratchSection = ScratchSection()
    linear: LinearSection = LinearSection()

    @property
    def is_from_scratch(self) -> bool:
        """Whether the encoder has no pretrained weights."""
        return self.encoder in SHAPES or self.encoder in LANGUAGE_SHAPES

    @property
    def is_baseline(self) -> bool:
        """Whether a weighted sum of features takes the place of a network."""
        return self.encoder in BASELINES


class LoraSection(Section):
    """Low-rank adaptation (https://arxiv.org/abs/2106.09685)."""

    rank: Whole = Field(8, ge=1, le=1024, description="of the two matrices that make up an update")
    alpha: Number = Field(16, gt=0, description="the update is scaled by alpha / rank")
    dropout: Number = Field(0.0, ge=0, lt=1, description="on what an update reads, while training")
    targets: tuple[str, ...] = Field((), description="names of linear layers; empty = every linear layer")


class TuningSection(Section):
    """Which weights move."""

    method: TuningMethod = Field("lora", description="all weights, the head alone, or low-rank updates and the head")
    layers: Whole | None = Field(None, ge=1, description="only the top so many layers; the states below are cached")
    cache: bool = Field(True, description="compute what is frozen once and keep it on disk")
    lora: LoraSection = LoraSection()

    @model_validator(mode="after")
    def layers_belong_to_a_method_that_moves_them(self) -> Self:
        if self.layers is not None and self.method == "head":
            raise ValueError(
                f"layers={self.layers} has no effect with method='head'; set tuning.method to full or lora, "
                "or remove it"
            )
        return self


class HeadTrainingSection(Section):
    """What is learned from; each head of a multi-task recipe may have its own."""

    loss: LossName = Field("auto", description="auto: cross_entropy, bce or mse by task")
    label_smoothing: Number = Field(0.0, ge=0, lt=1, description="share of each target spread over all labels")
    focal_gamma: Number = Field(2.0, ge=0, le=10, description="of the focal loss; 0 is plain cross-entropy")
    class_weights: Literal["none", "balanced"] | dict[LabelName, Annotated[Number, Field(gt=0)]] = Field(
        "none", description="balanced: rare labels count more; or a weight for every label"
    )
    metric: Literal["auto", "accuracy", "macro_f1", "micro_f1", "pearson", "mae", "f1", "loss", "mean"] = Field(
        "auto", description="dev metric that chooses the best epoch; of heads: the mean of their metrics"
    )


class TrainingSection(HeadTrainingSection):
    """How the weights move."""

    epochs: Whole = Field(3, ge=1, le=10_000, description="passes over the training rows")
    learning_rate: Number | None = Field(
        None, gt=0, le=1, description="default: full 1e-4, lora 1e-3, head 1e-2, from scratch 1e-3"
    )
    head_learning_rate: Number | None = Field(None, gt=0, le=1, description="default: 1e-3, or learning_rate if higher")
    batch_tokens: Whole = Field(4096, ge=8, description="padded tokens of one micro-batch")
    batch_rows: Whole = Field(32, ge=1, description="most rows of one micro-batch")
    accumulation: Whole = Field(1, ge=1, description="micro-batches of one optimizer step")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="of the rate, after the warm-up")
    warmup_share: Number = Field(0.1, ge=0, lt=1, description="share of all optimizer steps")
    weight_decay: Number = Field(0.01, ge=0, le=1, description="on matrices only, not on biases and norms")
    clip_norm: Number | None = Field(1.0, gt=0, description="longer gradients are scaled down to this norm")
    patience: Whole | None = Field(None, ge=1, description="epochs without a better dev metric before stopping")
    precision: Precision = Field("auto", description="auto: bfloat16 where the processor has it")
    activation_checkpointing: bool = Field(
        False, description="layers are computed again in the backward pass: less memory, more time"
    )
    checkpoint_minutes: Number = Field(5.0, gt=0, description="minutes between checkpoints; also at every epoch's end")
    trackers: tuple[Tracker, ...] = Field((), description="where the logged rows also go; each needs its package")
    weighting: Literal["fixed", "uncertainty"] = Field(
        "fixed", description="of the heads' losses: by their `weight`, or learned from how uncertain each task is"
    )
    mixing_temperature: Number = Field(
        1.0, ge=1, le=100, description="heads: 1 mixes batches by the size of their data; higher gives small data more"
    )


class HeadSection(Section):
    """A task of a multi-task recipe; what `data`, `model` and `training` leave out is taken from the recipe's own."""

    task: HeadTask = Field(description="what a text gets from this head")
    reads: Literal["text", "sentences", "both"] = Field(
        "text", description="what it labels of a new text: the whole, each sentence for itself, or both"
    )
    weight: Number = Field(1.0, gt=0, description="of its loss, with training.weighting=fixed")
    data: DataSection
    model: HeadModelSection = HeadModelSection()
    training: HeadTrainingSection = HeadTrainingSection()


class DomainSection(Section):
    """A first stage: the encoder reads texts of the field, without labels, before it is tuned."""

    data: DataSection
    corpus: CorpusSection = CorpusSection()
    language_model: LanguageModelSection = LanguageModelSection()
    training: TrainingSection = TrainingSection()


class EvaluationSection(Section):
    """How sure the reported numbers are, and what the report tells beside them."""

    resamples: Whole = Field(1000, ge=100, le=100_000, description="bootstrap resamples")
    level: Number = Field(0.95, gt=0.5, lt=1, description="of the intervals")
    slices: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        ("length", "language", "label"),
        description="parts of the rows that are measured for themselves: by length, language, label, time, or any "
        "column of the test file; of opinions by length and language alone",
    )
    precision: Precision = Field("float32", description="float32 gives the same scores on every machine")
    calibration: bool = Field(
        True, description="scale confidences on dev, and keep what dev allows to promise (labels only)"
    )
    findings: tuple[FindingName, ...] = Field(
        ("behaviour", "errors", "evidence"),
        description="what a model of single labels is also looked at for; more by `groundswell report run`",
    )
    report_language: Literal["auto", "en", "zh"] = Field(
        "auto", description="of report.html; auto: that of most training texts"
    )


class OutputSection(Section):
    """Where the run goes."""

    folder: str = Field("runs", min_length=1, description="where run folders are made")
    name: str | None = Field(None, pattern=r"^[\w.-]+$", description="default: the recipe's file name")
